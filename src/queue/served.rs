//! The workers' side: being there, and the next job.

use tokio::time::{Instant, timeout};

use super::error::QueueError;
use super::lease::Lease;
use super::turns::Queue;
use crate::database::Lifeline;
use crate::domain::ids::{JobId, RunId, WorkerId};

/// A worker that misses so many polls is no longer counted upon.
const MISSED_POLLS: u32 = 5;

/// A worker's place at the queue: it is called when something changes, and takes the next job.
pub struct Counter {
    queue: Queue,
    host: String,
    worker: WorkerId,
    projects: Vec<String>,
    lifeline: Lifeline,
}

impl Queue {
    /// A place at the queue for the jobs of these projects, on this host.
    pub fn counter(&self, host: &str, worker: WorkerId, projects: Vec<String>) -> Counter {
        let lifeline = self.database.lifeline();
        Counter { queue: self.clone(), host: host.to_owned(), worker, projects, lifeline }
    }

    /// Whether a job other than this one is under way on the host that has not said yet which run it is.
    pub async fn has_unknown_runs(&self, host: &str, except: Option<JobId>) -> Result<bool, QueueError> {
        Ok(self.database.has_unknown_runs(host, except).await?)
    }

    /// Runs under a live lease, see [`crate::database::Database::live_runs`].
    pub async fn live_runs(&self) -> Result<Vec<RunId>, QueueError> {
        Ok(self.database.live_runs().await?)
    }
}

impl Counter {
    /// Takes the next job, if there is one that may begin here. Whatever changes from now on wakes
    /// [`Counter::changed`], so nothing falls between the two. Until a few polls later commands on this host wait
    /// behind jobs that are more urgent or were asked earlier.
    pub async fn next(&mut self) -> Result<Option<Lease>, QueueError> {
        self.lifeline.register().await?;
        self.stay().await?;
        let (queue, database) = (&self.queue, &self.queue.database);
        queue.reap_aloud().await?;
        let started = Instant::now();
        let seat = queue.seat(&self.host, self.worker);
        let claimed = database.claim_next(&seat, &self.projects).await?;
        Ok(claimed.map(|job| Lease::start(database.clone(), job, &queue.settings, started)))
    }

    /// Stays at the queue without taking a job.
    pub async fn stay(&self) -> Result<(), QueueError> {
        let (queue, database) = (&self.queue, &self.queue.database);
        let seen_for = queue.settings.poll.0 * MISSED_POLLS;
        Ok(database.see_worker(self.worker, &self.host, &self.projects, seen_for).await?)
    }

    /// Waits until something changed in the queue, one poll at most: leases and waits that end tell nobody.
    pub async fn changed(&mut self) {
        let _ = timeout(self.queue.settings.poll.0, self.lifeline.changed()).await;
    }

    /// Takes no more jobs, and says so.
    pub async fn close(&self) -> Result<(), QueueError> {
        Ok(self.queue.database.forget_worker(self.worker).await?)
    }
}
