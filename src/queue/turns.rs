//! Asking, and waiting for one's turn.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::error::QueueError;
use super::lease::Lease;
use crate::database::{Attempt, Database, Lost, Patience, Seat};
use crate::domain::ids::{JobId, WorkerId};
use crate::domain::job::{Cancellation, JobRequest, JobState, Wait};
use crate::domain::settings::QueueSettings;

/// A waiting command that misses so many polls has gone away, and its job is passed over.
const MISSED_POLLS: u32 = 3;

/// So long may a database be silent while a turn is waited for; a restart takes seconds.
const OUTAGE: Duration = Duration::from_secs(120);

/// What a try to claim a job came to.
#[derive(Debug)]
pub enum Claim {
    /// It is ours.
    Claimed(Lease),
    /// Another one goes first.
    Wait(Wait),
    /// It no longer waits: cancelled, or claimed by somebody else.
    Gone(JobState),
}

/// What a command that waits for its turn waits for.
#[derive(Debug)]
pub enum Waiting<'a> {
    /// Another job goes first.
    Turn(&'a Wait),
    /// The database does not answer, as this says; it is asked again.
    Database(&'a QueueError),
}

/// How the wait for a turn ended.
#[derive(Debug)]
pub enum Turn {
    /// It is ours.
    Claimed(Lease),
    /// It no longer waits: cancelled, or claimed by somebody else.
    Gone(JobState),
}

/// A handle on the queue.
#[derive(Clone, Debug)]
pub struct Queue {
    pub(super) database: Database,
    pub(super) settings: QueueSettings,
    concurrency: u16,
}

impl Queue {
    /// The queue in this database.
    pub fn new(database: Database, settings: QueueSettings) -> Self {
        Self { database, settings, concurrency: 1 }
    }

    /// The same where so many jobs may run on a host at a time, in place of one.
    pub fn with_concurrency(self, concurrency: u16) -> Self {
        Self { concurrency, ..self }
    }

    /// How many jobs may run on a host at a time.
    pub fn concurrency(&self) -> u16 {
        self.concurrency
    }

    /// The clockwork.
    pub fn settings(&self) -> &QueueSettings {
        &self.settings
    }

    pub(super) fn seat<'a>(&self, host: &'a str, worker: WorkerId) -> Seat<'a> {
        Seat { host, worker, lease: self.settings.lease.0, concurrency: self.concurrency }
    }

    /// Puts a request into the queue; committed when this returns.
    pub async fn enqueue(&self, request: &JobRequest) -> Result<JobId, QueueError> {
        Ok(self.database.enqueue(request).await?)
    }

    /// Tries once to claim a job for this host, after jobs whose holder fell silent were taken back. A job that has
    /// to wait counts as waited for during the next three polls.
    pub async fn claim(&self, id: JobId, host: &str, worker: WorkerId) -> Result<Claim, QueueError> {
        self.reap_aloud().await?;
        let patience = self.settings.poll.0 * MISSED_POLLS;
        let started = Instant::now();
        Ok(match self.database.claim(id, &self.seat(host, worker), patience).await? {
            Attempt::Claimed(job) => Claim::Claimed(Lease::start(self.database.clone(), job, &self.settings, started)),
            Attempt::Wait(wait) => Claim::Wait(wait),
            Attempt::Gone(state) => Claim::Gone(state),
        })
    }

    /// Claims a job as soon as it is its turn on this host. `on_wait` hears what it waits for, at every look. A
    /// database that does not answer is asked again for two minutes: it may be starting anew. Dropped while it waits,
    /// it leaves the job in the queue: cancel it, or others wait for it a few polls more.
    pub async fn await_turn(
        &self,
        id: JobId,
        host: &str,
        worker: WorkerId,
        mut on_wait: impl FnMut(Waiting<'_>),
    ) -> Result<Turn, QueueError> {
        let mut lifeline = self.database.lifeline();
        let mut answered = Instant::now();
        loop {
            // Registered before the look, so that no change falls between the two.
            let look = async {
                lifeline.register().await?;
                self.claim(id, host, worker).await
            };
            match look.await {
                Ok(Claim::Claimed(lease)) => return Ok(Turn::Claimed(lease)),
                Ok(Claim::Gone(state)) => return Ok(Turn::Gone(state)),
                Ok(Claim::Wait(wait)) => {
                    answered = Instant::now();
                    on_wait(Waiting::Turn(&wait));
                }
                Err(error) if error.may_pass() && answered.elapsed() < OUTAGE => on_wait(Waiting::Database(&error)),
                Err(error) => return Err(error),
            }
            // Woken or not, it looks again: a lease that ends tells nobody, and a waiting command has to be seen.
            let _ = timeout(self.settings.poll.0, lifeline.changed()).await;
        }
    }

    /// Ends a waiting job, or asks the holder of a running one to end it.
    pub async fn cancel(&self, id: JobId) -> Result<Cancellation, QueueError> {
        Ok(self.database.cancel(id).await?)
    }

    /// The job to run in order to have this one done again: a fresh one of the same request for a finished job, the
    /// job itself if it waits and nobody waits for it.
    pub async fn retry(&self, id: JobId) -> Result<JobId, QueueError> {
        let job = self.database.job(id).await?;
        let state = match job.state {
            JobState::Finished { .. } => return self.enqueue(&job.request).await,
            JobState::Queued { awaited: false, .. } => return Ok(id),
            JobState::Queued { awaited: true, .. } => "another command waits for it already".to_owned(),
            JobState::Running { host, .. } => format!("it is running on {host}"),
        };
        Err(QueueError::NotRetryable { job: id, state })
    }

    /// Takes jobs whose lease ended from their holders: back into the queue, or over after as many attempts as are
    /// configured, as they probably take their holders down.
    pub async fn reap(&self) -> Result<Vec<(JobId, Lost)>, QueueError> {
        let patience = Patience { attempts: self.settings.attempts, back_off: self.settings.back_off.0 };
        Ok(self.database.reap(patience).await?)
    }

    /// As [`Queue::reap`], and says so: for whoever is about to take the next job, and not for whoever only looks.
    pub(super) async fn reap_aloud(&self) -> Result<(), QueueError> {
        let lost = self.reap().await?;
        for (job, lost) in &lost {
            tracing::warn!(%job, ?lost, "the lease of job {job} ended without a word of its holder");
        }
        Ok(())
    }
}
