//! One served job, from its claim to its end in the queue.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::attempt::{Attempt, Halt};
use super::crew::Site;
use super::error::WorkerError;
use super::phases::Phases;
use super::tidy::Tidier;
use crate::domain::chain::error_chain;
use crate::domain::ids::RunId;
use crate::domain::verdict::Outcome;
use crate::pipeline::{EndResult, Ended, Failure, document_of};
use crate::queue::{Lease, Loss, Lost, QueueError};
use crate::telemetry::{Dependency, failpoint, metrics};

/// A database that is away when a job ends is asked again after this, as long as the lease holds.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// What serves one job.
pub(super) struct Serving {
    pub(super) site: Arc<dyn Site>,
    pub(super) tidier: Arc<Mutex<Tidier>>,
    /// Stops it: the job is given back.
    pub(super) stop: CancellationToken,
}

/// How a job left our hands.
#[derive(Debug)]
enum Left {
    Finished(Outcome),
    /// It waits for another attempt.
    Requeued(String),
    GivenBack,
}

impl Serving {
    /// Brings a claimed job to an end, whatever it takes, and says so in the log.
    pub(super) async fn serve(self, lease: Lease) {
        let job = lease.job().id;
        match self.run(&lease).await {
            Ok(Left::Finished(outcome)) => tracing::info!(%job, %outcome, "job {job} ends: {outcome}"),
            Ok(Left::Requeued(reason)) => tracing::warn!(%job, "job {job} is tried again later: {reason}"),
            Ok(Left::GivenBack) => tracing::info!(%job, "job {job} is given back to the queue"),
            Err(error) => tracing::warn!(%job, "job {job}: {}", error_chain(&error)),
        }
    }

    async fn run(&self, lease: &Lease) -> Result<Left, WorkerError> {
        let (began, run, job) = (Instant::now(), RunId::random(), lease.job().id);
        let tidied = async { self.tidier.lock().await.tidy_before(job).await };
        // What is left half done is swept by the next one.
        let halt = tokio::select! {
            () = tidied => self.attempt(lease, run).await,
            halt = self.halted(lease) => halt,
        };
        match halt {
            Halt::Ended(result) => self.conclude(lease, run, result, began).await,
            Halt::Asked(outcome) => {
                let ended = self.ended(lease, run, outcome, EndResult::Stopped, began);
                self.finish(lease, &ended, None).await
            }
            Halt::Stopped => {
                persist(lease, async || lease.give_back().await).await?;
                Ok(Left::GivenBack)
            }
            Halt::Lost(loss) => Err(WorkerError::LeaseLost { job, loss }),
        }
    }

    /// Opens the project's rooms and runs the pipeline.
    async fn attempt(&self, lease: &Lease, run: RunId) -> Halt {
        let (phases, listener) = Phases::new();
        let pipeline = tokio::select! {
            opened = self.site.pipeline(&lease.job().request, listener) => match opened {
                Ok(pipeline) => pipeline,
                Err(error) => return Halt::Ended(EndResult::Failed(error)),
            },
            halt = self.halted(lease) => return halt,
        };
        Attempt { pipeline: &pipeline, lease, run, stop: &self.stop }.make(phases.write(lease)).await
    }

    /// Waits until the job has to be left, for ever as long as it hasn't.
    async fn halted(&self, lease: &Lease) -> Halt {
        tokio::select! {
            loss = lease.lost() => match loss {
                Loss::Ended(outcome) => Halt::Asked(outcome),
                loss => Halt::Lost(loss),
            },
            () = self.stop.cancelled() => Halt::Stopped,
        }
    }

    /// A result ends the job; a failure of ours ends the attempt, unless the next would fail the same.
    async fn conclude(
        &self,
        lease: &Lease,
        run: RunId,
        result: EndResult,
        began: Instant,
    ) -> Result<Left, WorkerError> {
        if let EndResult::Failed(error) = &result
            && let Some(dependency) = error.dependency()
        {
            metrics().failed(dependency);
        }
        let (outcome, detail) = result.conclude();
        if !may_be_tried_again(&result) {
            let ended = self.ended(lease, run, outcome, result, began);
            return self.finish(lease, &ended, detail.as_deref()).await;
        }
        let reason = detail.unwrap_or_default();
        let ended = self.ended(lease, run, Outcome::Discarded, result, began);
        let document = lease.is_last_attempt().then(|| document_of(&ended));
        Ok(match persist(lease, async || lease.fail(&reason, document.as_ref()).await).await? {
            Lost::Requeued => Left::Requeued(reason),
            Lost::Finished(outcome) => {
                metrics().job_ended(lease.job().request.kind, outcome, began.elapsed());
                Left::Finished(outcome)
            }
        })
    }

    async fn finish(&self, lease: &Lease, ended: &Ended, detail: Option<&str>) -> Result<Left, WorkerError> {
        let document = document_of(ended);
        persist(lease, async || lease.finish_with(ended.outcome, detail, Some(&document)).await).await?;
        failpoint("committed");
        metrics().job_ended(ended.request.kind, ended.outcome, ended.elapsed);
        Ok(Left::Finished(ended.outcome))
    }

    fn ended(&self, lease: &Lease, run: RunId, outcome: Outcome, result: EndResult, began: Instant) -> Ended {
        let (job, request) = (lease.job().id, lease.job().request.clone());
        let run = Some(result.stored_run().unwrap_or(run));
        Ended { job, request, run, outcome, result, elapsed: began.elapsed() }
    }
}

/// Whether it was our fault, or our environment's, and another time may be better.
fn may_be_tried_again(result: &EndResult) -> bool {
    match result {
        EndResult::Failed(error) => error.failure() == Failure::Infrastructure && !error.is_lasting(),
        EndResult::Panicked(_) => true,
        EndResult::Measured(_) | EndResult::Stopped => false,
    }
}

/// Writes a job's end; asks a database that is away again, as long as the lease may hold.
async fn persist<T>(lease: &Lease, write: impl AsyncFn() -> Result<T, QueueError>) -> Result<T, WorkerError> {
    loop {
        let error = match write().await {
            Ok(done) => return Ok(done),
            Err(error) if error.may_pass() => error,
            Err(error) => return Err(error.into()),
        };
        metrics().failed(Dependency::Postgres);
        let job = lease.job().id;
        tracing::warn!(%job, "the end of job {job} is not stored yet: failed to {}", error_chain(&error));
        match timeout(ASK_AGAIN, lease.lost()).await {
            // To be ended is what we are at.
            Ok(Loss::Ended(_)) => sleep(ASK_AGAIN).await,
            Ok(loss) => return Err(WorkerError::LeaseLost { job, loss }),
            Err(_) => {}
        }
    }
}
