//! A worker: waits for a job's turn, runs the pipeline under its lease, ends the job.
//!
//! Comes in: a job's number. Goes out: how it ended. Must not: know how a job came into the queue, or print.
//!
//! Whatever ends a job - its result, a failure, a panic, an interruption, a lost lease - its stack is gone before
//! its slot is free.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use thiserror::Error;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::domain::ids::{JobId, RunId, WorkerId};
use crate::domain::job::{JobRequest, JobState, Wait};
use crate::domain::verdict::Outcome;
use crate::pipeline::{Failure, Measured, Pipeline, PipelineError, error_chain};
use crate::queue::{Lease, Loss, Queue, QueueError, Turn};

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
    /// What was left of other runs, or of this one, could not be removed.
    #[error(transparent)]
    CleanUp(PipelineError),
    /// The lease ended under our hands; the job goes back to the queue by itself.
    #[error(
        "the lease of job {job} was lost ({loss:?}); its results were not stored. Ask again with `loadmark jobs retry {job}`"
    )]
    LeaseLost {
        /// The job.
        job: JobId,
        /// How.
        loss: Loss,
    },
    /// It ended before its turn came.
    #[error("job {job} no longer waits: {state:?}")]
    Gone {
        /// The job.
        job: JobId,
        /// Where it stands.
        state: JobState,
    },
}

/// What a job that ended came to.
#[derive(Debug)]
pub struct Ended {
    /// The job.
    pub job: JobId,
    /// What was asked.
    pub request: JobRequest,
    /// The run that was made for it; none if it never got a turn.
    pub run: Option<RunId>,
    /// How it ended.
    pub outcome: Outcome,
    /// What came of it.
    pub result: EndResult,
    /// From its turn to its end.
    pub elapsed: Duration,
}

/// What came of a job.
#[derive(Debug)]
pub enum EndResult {
    /// Measurements, compared where there was something to compare with.
    Measured(Box<Measured>),
    /// Nothing, by an error.
    Failed(PipelineError),
    /// Nothing, by a panic, whose message this is.
    Panicked(String),
    /// Nothing: somebody stopped it.
    Stopped,
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
        on_wait: impl FnMut(&Wait),
    ) -> Result<Ended, WorkerError> {
        let turn = tokio::select! {
            turn = self.queue.await_turn(id, &self.host, self.id, on_wait) => turn?,
            () = stop.cancelled() => {
                self.queue.cancel(id).await?;
                let (outcome, result) = (Outcome::Cancelled, EndResult::Stopped);
                return Ok(Ended { job: id, request: request.clone(), run: None, outcome, result, elapsed: Duration::ZERO });
            }
        };
        match turn {
            Turn::Claimed(lease) => self.work_under(lease, stop).await,
            Turn::Gone(state) => Err(WorkerError::Gone { job: id, state }),
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
        let (outcome, detail) = conclude(&result);
        tracing::info!(%job, %run, %outcome, "job ends");
        lease.finish(outcome, detail.as_deref()).await?;
        Ok(Ended { job, request, run: Some(run), outcome, result, elapsed: began.elapsed() })
    }

    /// Removes what runs without a live lease left behind on this host.
    async fn sweep(&self) -> Result<(), WorkerError> {
        let live: BTreeSet<RunId> = self.queue.live_runs().await?.into_iter().collect();
        self.pipeline.sweep(&live).await.map_err(WorkerError::CleanUp)
    }
}

fn conclude(result: &EndResult) -> (Outcome, Option<String>) {
    match result {
        EndResult::Measured(measured) => (measured.outcome, None),
        EndResult::Failed(error) => match error.failure() {
            Failure::Service { failure, message, .. } => (Outcome::ServiceFailed(failure), Some(message)),
            Failure::Infrastructure => (Outcome::InfrastructureFailed, Some(error_chain(error))),
        },
        EndResult::Panicked(message) => (Outcome::InfrastructureFailed, Some(format!("panic: {message}"))),
        EndResult::Stopped => (Outcome::Cancelled, None),
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}
