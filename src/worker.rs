//! A worker: waits for a job's turn, runs the pipeline under its lease, ends the job.
//!
//! Comes in: a job's number. Goes out: how it ended. Must not: know how a job came into the queue, or print.
//!
//! Whatever ends a job - its result, a failure, a panic, an interruption, a lost lease - its stack is gone before
//! its slot is free, or what resists removal is noted.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use thiserror::Error;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::domain::chain::error_chain;
use crate::domain::ids::{JobId, RunId, WorkerId};
use crate::domain::job::{JobRequest, JobState};
use crate::domain::verdict::Outcome;
use crate::pipeline::{EndResult, Ended, Pipeline, PipelineError};
use crate::queue::{Lease, Loss, Queue, QueueError, Turn, Waiting};

/// Runs jobs of a queue on this host.
pub struct Worker {
    queue: Queue,
    pipeline: Pipeline,
    host: String,
    id: WorkerId,
}

/// Why a job could not be run to an end that the queue knows.
#[derive(Debug, Error)]
pub enum WorkerError {
    /// The queue failed.
    #[error("failed to {0}")]
    Queue(#[from] QueueError),
    /// What was left of other runs could not be removed.
    #[error(transparent)]
    CleanUp(PipelineError),
    /// The lease ended under our hands; the job goes back to the queue by itself.
    #[error(
        "the lease of job {job} was lost: {loss}; its results were not stored. Ask again with `loadmark jobs retry {job}`"
    )]
    LeaseLost {
        /// The job.
        job: JobId,
        /// How.
        loss: Loss,
    },
    /// Something else became of it before its turn came.
    #[error("job {job} no longer waits: {state}; `loadmark jobs show {job}` tells more")]
    Gone {
        /// The job.
        job: JobId,
        /// Where it stands.
        state: String,
    },
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
        // Remains that resist are noted: they belong to nobody, and a job must not be lost to them.
        if let Err(error) = self.sweep().await {
            self.pipeline.note(error_chain(&error));
        }
        let run = RunId::random();
        tracing::info!(%job, %run, revision = %request.revision, "job begins");
        let ended = tokio::select! {
            result = AssertUnwindSafe(self.pipeline.run(lease.job(), run)).catch_unwind() => Ok(result),
            loss = lease.lost() => Err(Some(loss)),
            () = stop.cancelled() => Err(None),
        };
        if let Err(error) = self.pipeline.clean_up(run).await {
            self.pipeline.note(error_chain(&error));
        }
        let result = match ended {
            Ok(Ok(Ok(measured))) => EndResult::Measured(Box::new(measured)),
            Ok(Ok(Err(error))) => EndResult::Failed(error),
            Ok(Err(panic)) => EndResult::Panicked(panic_message(&*panic)),
            Err(None | Some(Loss::Cancelled)) => EndResult::Stopped,
            Err(Some(loss)) => return Err(WorkerError::LeaseLost { job, loss }),
        };
        let (outcome, detail) = result.conclude();
        tracing::info!(%job, %run, %outcome, "job ends");
        lease.finish(outcome, detail.as_deref()).await?;
        let run = match &result {
            EndResult::Measured(measured) => measured.run.summary.id,
            _ => run,
        };
        Ok(Ended { job, request, run: Some(run), outcome, result, elapsed: began.elapsed() })
    }

    /// Removes what runs without a live lease left behind on this host.
    async fn sweep(&self) -> Result<(), WorkerError> {
        let live: BTreeSet<RunId> = self.queue.live_runs().await?.into_iter().collect();
        self.pipeline.sweep(&live).await.map_err(WorkerError::CleanUp)
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

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::domain::job::JobKind;

    fn end(state: JobState) -> Result<Ended, WorkerError> {
        let request = JobRequest {
            kind: JobKind::Experiment,
            project: "shop".to_owned(),
            benchmark: "browse".to_owned(),
            revision: "a".repeat(40).parse().unwrap(),
            asked_as: "main".to_owned(),
            base: None,
            force: false,
            pull: None,
            rounds: None,
        };
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
        let error = end(JobState::Running { host: "alpha".to_owned(), since, lease_until: since }).unwrap_err();
        let expected = "job 7 no longer waits: it is running on alpha; `loadmark jobs show 7` tells more";
        assert_eq!(error.to_string(), expected);
    }
}
