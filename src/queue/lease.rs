//! A lease: a claimed job, kept ours by a heartbeat on a connection of its own.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};
use tokio_util::task::AbortOnDropHandle;
use tracing::warn;

use super::clock::LeaseClock;
use super::error::QueueError;
use crate::database::{Database, Lifeline, Renewal};
use crate::domain::job::ClaimedJob;
use crate::domain::verdict::Outcome;

/// Why work under a lease has to stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loss {
    /// Somebody cancelled the job. The lease is kept until it is finished, so that the slot stays ours while the
    /// stack goes down.
    Cancelled,
    /// The database refused to renew it: it ended, or the job was claimed by another. Writes are refused, too.
    Refused,
    /// It could not be renewed in time and may have ended: the slot can't be trusted to be ours.
    Expired,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Cancelled => "the job was cancelled",
            Self::Refused => "the database refused to renew it",
            Self::Expired => "it could not be renewed in time",
        })
    }
}

/// A job under our claim. Dropped without [`Lease::finish`] or [`Lease::release`], its heartbeat stops, and the job
/// goes back to the queue with an attempt spent when the lease ends.
#[derive(Debug)]
pub struct Lease {
    job: Arc<ClaimedJob>,
    database: Database,
    loss: watch::Receiver<Option<Loss>>,
    heartbeat: AbortOnDropHandle<()>,
}

impl Lease {
    /// Begins the heartbeat of a claim whose attempt began at `claimed`.
    pub(super) fn start(database: Database, job: ClaimedJob, clock: LeaseClock, claimed: Instant) -> Self {
        let (sender, loss) = watch::channel(None);
        let job = Arc::new(job);
        let heart = Heart {
            job: Arc::clone(&job),
            lifeline: database.lifeline(),
            clock,
            trust_until: clock.trust_until(claimed),
            loss: sender,
        };
        Self { job, database, loss, heartbeat: AbortOnDropHandle::new(tokio::spawn(heart.beat())) }
    }

    /// The job; every write for it names this.
    pub fn job(&self) -> &ClaimedJob {
        &self.job
    }

    /// Waits until work under the lease has to stop; for ever, as long as it doesn't.
    pub async fn lost(&self) -> Loss {
        let mut loss = self.loss.clone();
        match loss.wait_for(Option::is_some).await {
            Ok(seen) => seen.unwrap_or(Loss::Expired),
            // The heartbeat ended without a word: nobody keeps the lease.
            Err(_) => Loss::Expired,
        }
    }

    /// Ends the job and frees the slot.
    pub async fn finish(self, outcome: Outcome, detail: Option<&str>) -> Result<(), QueueError> {
        self.heartbeat.abort();
        Ok(self.database.finish_job(&self.job, outcome, detail).await?)
    }

    /// Gives the job back to the queue without spending an attempt.
    pub async fn release(self) -> Result<(), QueueError> {
        self.heartbeat.abort();
        Ok(self.database.release(&self.job).await?)
    }
}

/// The task that keeps a lease.
struct Heart {
    job: Arc<ClaimedJob>,
    lifeline: Lifeline,
    clock: LeaseClock,
    trust_until: Instant,
    loss: watch::Sender<Option<Loss>>,
}

impl Heart {
    /// Renews until the lease is lost. A cancelled job's lease is renewed further: its holder is taking things down.
    async fn beat(mut self) {
        let period = self.clock.heartbeat;
        let mut ticks = interval_at(Instant::now(), period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = sleep_until(self.trust_until) => return self.report(Loss::Expired),
                _ = ticks.tick() => {}
                // Perhaps a cancellation; the renewal tells.
                () = self.lifeline.changed() => {}
            }
            match self.renew().await {
                Some(Renewal::Refused) => return self.report(Loss::Refused),
                Some(Renewal::CancelRequested) => self.report(Loss::Cancelled),
                Some(Renewal::Renewed) | None => {}
            }
        }
    }

    /// One attempt, given up when the next one is due. None: it failed, and the lease runs on as it did.
    async fn renew(&mut self) -> Option<Renewal> {
        let started = Instant::now();
        let (job, lease) = (self.job.id, self.clock.lease);
        match timeout(self.clock.heartbeat, self.lifeline.renew(&self.job, lease)).await {
            Ok(Ok(renewal)) => {
                if renewal != Renewal::Refused {
                    self.trust_until = self.clock.trust_until(started);
                }
                return Some(renewal);
            }
            Ok(Err(error)) => warn!(%job, error = &error as &dyn std::error::Error, "heartbeat of job {job} failed"),
            Err(_) => warn!(%job, "heartbeat of job {job} was not answered in time"),
        }
        None
    }

    fn report(&self, loss: Loss) {
        self.loss.send_if_modified(|seen| seen.replace(loss) != Some(loss));
    }
}
