//! A lease: a claimed job, kept ours by a heartbeat on a connection of its own.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};
use tokio_util::task::AbortOnDropHandle;
use tracing::warn;

use super::clock::LeaseClock;
use super::error::QueueError;
use crate::database::{Database, Lifeline, Lost, Patience, Renewal};
use crate::domain::job::ClaimedJob;
use crate::domain::settings::QueueSettings;
use crate::domain::verdict::Outcome;
use crate::telemetry::metrics;

/// Why work under a lease has to stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loss {
    /// Somebody asked to end the job so. The lease is kept until it is finished, and the slot stays ours while the
    /// stack goes down.
    Ended(Outcome),
    /// The database refused to renew it: it ended, or the job was claimed by another. Writes are refused, too.
    Refused,
    /// It could not be renewed in time and may have ended: the slot can't be trusted to be ours.
    Expired,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ended(Outcome::Superseded) => "a newer commit took the job's place, or its pull request was closed",
            Self::Ended(_) => "the job was cancelled",
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
    patience: Patience,
    loss: watch::Receiver<Option<Loss>>,
    heartbeat: AbortOnDropHandle<()>,
}

impl Lease {
    /// Begins the heartbeat of a claim whose attempt began at `claimed`.
    pub(super) fn start(database: Database, job: ClaimedJob, settings: &QueueSettings, claimed: Instant) -> Self {
        let clock = LeaseClock::new(settings);
        let (sender, loss) = watch::channel(None);
        let job = Arc::new(job);
        let heart = Heart {
            job: Arc::clone(&job),
            lifeline: database.lifeline(),
            clock,
            trust_until: clock.trust_until(claimed),
            loss: sender,
        };
        let patience = Patience { attempts: settings.attempts, back_off: settings.back_off.0 };
        Self { job, database, patience, loss, heartbeat: AbortOnDropHandle::new(tokio::spawn(heart.beat())) }
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
        self.finish_with(outcome, detail, None).await
    }

    /// The same, with what the job came to, as reports are made from it, stored in the same transaction. The heartbeat
    /// goes on meanwhile, so that a slow database is asked again as long as it may be.
    pub async fn finish_with(
        &self,
        outcome: Outcome,
        detail: Option<&str>,
        document: Option<&Value>,
    ) -> Result<(), QueueError> {
        self.database.finish_job(&self.job, outcome, detail, document).await?;
        self.heartbeat.abort();
        Ok(())
    }

    /// Ends the attempt, which failed by our fault, and frees the slot: the job waits a while for its next attempt, or
    /// is discarded, and then the document is stored.
    pub async fn fail(&self, reason: &str, document: Option<&Value>) -> Result<Lost, QueueError> {
        let lost = self.database.fail_job(&self.job, reason, self.patience, document).await?;
        self.heartbeat.abort();
        Ok(lost)
    }

    /// Whether this attempt is the last one.
    pub fn is_last_attempt(&self) -> bool {
        self.job.attempt >= i32::from(self.patience.attempts)
    }

    /// Says what the job is doing, for people.
    pub async fn tell_phase(&self, phase: &str) -> Result<(), QueueError> {
        Ok(self.database.write_phase(&self.job, phase).await?)
    }

    /// Gives the job back to the queue without spending an attempt.
    pub async fn release(self) -> Result<(), QueueError> {
        self.give_back().await
    }

    /// The same, to be asked again where the database did not answer.
    pub async fn give_back(&self) -> Result<(), QueueError> {
        self.database.release(&self.job).await?;
        self.heartbeat.abort();
        Ok(())
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
                Some(Renewal::EndRequested(outcome)) => self.report(Loss::Ended(outcome)),
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
        let is_news = self.loss.send_if_modified(|seen| seen.replace(loss) != Some(loss));
        match loss {
            Loss::Refused if is_news => metrics().lease_lost("refused"),
            Loss::Expired if is_news => metrics().lease_lost("expired"),
            // Asked to end, the lease is kept.
            Loss::Refused | Loss::Expired | Loss::Ended(_) => {}
        }
    }
}
