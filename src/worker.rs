//! A worker: waits for a job's turn, or takes the next one; runs the pipeline under its lease, ends the job.
//!
//! Comes in: a job's number, or what the queue has next. Goes out: how it ended. Must not: know how a job came into the
//! queue, or print.
//!
//! Whatever ends a job - its result, a failure, a panic, an interruption, a lost lease - its stack is gone before
//! its slot is free, or what resists removal is noted.

mod attempt;
mod crew;
mod error;
mod phases;
mod serving;
mod shift;
mod tidy;

use std::collections::BTreeSet;
use std::future::pending;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::domain::chain::error_chain;
use crate::domain::ids::{JobId, RunId, WorkerId};
use crate::domain::job::{JobRequest, JobState};
use crate::domain::verdict::Outcome;
use crate::pipeline::{EndResult, Ended, Pipeline, document_of};
use crate::queue::{Lease, Queue, Turn, Waiting};

use attempt::{Attempt, Halt};
use tidy::sweep;

pub use crew::{Crew, Site};
pub use error::WorkerError;
pub use shift::Shift;

/// Runs jobs of a queue on this host.
pub struct Worker {
    queue: Queue,
    pipeline: Pipeline,
    host: String,
    id: WorkerId,
}

impl Worker {
    /// A worker with a fresh identity.
    pub fn new(queue: Queue, pipeline: Pipeline, host: String) -> Self {
        Self { queue, pipeline, host, id: WorkerId::random() }
    }

    /// The pipeline that it runs.
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// The queue that it serves.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Waits for a job's turn, runs it, and ends it. `stop` ends it early, as cancelled.
    ///
    /// # Errors
    /// The queue fails, the lease is lost, or remains can't be removed.
    pub async fn work(
        &self,
        id: JobId,
        request: &JobRequest,
        stop: &CancellationToken,
        on_wait: impl FnMut(Waiting<'_>),
    ) -> Result<Ended, WorkerError> {
        let turn = tokio::select! {
            turn = self.queue.await_turn(id, &self.host, self.id, on_wait) => turn?,
            () = stop.cancelled() => {
                self.queue.cancel(id).await?;
                return Ok(Ended::before_its_turn(id, request));
            }
        };
        match turn {
            Turn::Claimed(lease) => self.work_under(lease, stop).await,
            Turn::Gone(state) => end_without_turn(id, request, state),
        }
    }

    async fn work_under(&self, lease: Lease, stop: &CancellationToken) -> Result<Ended, WorkerError> {
        let began = Instant::now();
        let (job, request) = (lease.job().id, lease.job().request.clone());
        self.sweep(job).await;
        let attempt = Attempt { pipeline: &self.pipeline, lease: &lease, run: RunId::random(), stop };
        let result = match attempt.make(pending()).await {
            Halt::Ended(result) => result,
            Halt::Asked(_) | Halt::Stopped => EndResult::Stopped,
            Halt::Lost(loss) => return Err(WorkerError::LeaseLost { job, loss }),
        };
        let run = attempt.run;
        let (outcome, detail) = result.conclude();
        tracing::info!(%job, %run, %outcome, "job ends");
        let run = result.stored_run().unwrap_or(run);
        let ended = Ended { job, request, run: Some(run), outcome, result, elapsed: began.elapsed() };
        lease.finish_with(outcome, detail.as_deref(), Some(&document_of(&ended))).await?;
        Ok(ended)
    }

    /// Removes what dead runs left behind on this host. What resists is noted: it belongs to nobody, and a job must
    /// not be lost to it.
    async fn sweep(&self, job: JobId) {
        let sweeper = self.pipeline.sweeper();
        let swept = sweep(&self.queue, &sweeper, &self.host, Some(job), &BTreeSet::new()).await;
        let notes = match swept {
            Ok(swept) => {
                let resisting = swept.resisting.iter().map(|(_, error)| error_chain(error));
                swept.notes.iter().cloned().chain(resisting).collect()
            }
            Err(error) => vec![error_chain(&error)],
        };
        let images = sweeper.remove_old_images().await.unwrap_or_else(|error| vec![error_chain(&error)]);
        notes.into_iter().chain(images).for_each(|note| self.pipeline.note(note));
    }
}

/// What the end of a wait without a turn means: somebody cancelled the job, or another command has it.
fn end_without_turn(job: JobId, request: &JobRequest, state: JobState) -> Result<Ended, WorkerError> {
    let state = match state {
        JobState::Finished { outcome: Outcome::Cancelled, .. } => return Ok(Ended::before_its_turn(job, request)),
        JobState::Finished { outcome, .. } => format!("it is over, {outcome}"),
        JobState::Running { host, .. } => format!("it is running on {host}"),
        JobState::Queued { .. } => "it is back in the queue".to_owned(),
    };
    Err(WorkerError::Gone { job, state })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::domain::job::JobKind;

    fn end(state: JobState) -> Result<Ended, WorkerError> {
        let revision = "a".repeat(40).parse().unwrap();
        let request = JobRequest::new(JobKind::Experiment, "shop", "browse", &revision, "main");
        end_without_turn(JobId(7), &request, state)
    }

    #[test]
    fn a_job_that_was_cancelled_while_it_waited_ended_and_did_not_fail() {
        let at = datetime!(2026-03-04 05:06:07 UTC);
        let ended = end(JobState::Finished { outcome: Outcome::Cancelled, detail: None, at }).unwrap();
        assert!(matches!(ended.result, EndResult::Stopped));
        assert_eq!((ended.job, ended.run, ended.outcome), (JobId(7), None, Outcome::Cancelled));
    }

    #[test]
    fn a_job_that_another_command_has_is_told_in_words() {
        let since = datetime!(2026-03-04 05:06:07 UTC);
        let error =
            end(JobState::Running { host: "alpha".to_owned(), since, lease_until: since, phase: None }).unwrap_err();
        let expected = "job 7 no longer waits: it is running on alpha; `loadmark jobs show 7` tells more";
        assert_eq!(error.to_string(), expected);
    }
}
