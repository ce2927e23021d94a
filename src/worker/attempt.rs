//! One attempt at a job: the pipeline under a lease, until it ends, the lease does, or somebody stops it.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use tokio_util::sync::CancellationToken;

use crate::domain::chain::error_chain;
use crate::domain::ids::RunId;
use crate::domain::verdict::Outcome;
use crate::pipeline::{EndResult, Pipeline};
use crate::queue::{Lease, Loss};

/// An attempt that is about to be made.
pub(super) struct Attempt<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) lease: &'a Lease,
    /// The run that it makes.
    pub(super) run: RunId,
    /// Stops it.
    pub(super) stop: &'a CancellationToken,
}

/// What ended an attempt.
#[derive(Debug)]
pub(super) enum Halt {
    /// It came to its end: a result, an error, a panic.
    Ended(EndResult),
    /// Somebody asked the queue to end the job so.
    Asked(Outcome),
    /// We were stopped.
    Stopped,
    /// The lease is no longer ours, and nothing more can be written for the job.
    Lost(Loss),
}

impl Attempt<'_> {
    /// Runs the pipeline, with `beside` beside it, and takes down what it made, whatever ends it.
    pub(super) async fn make(&self, beside: impl Future<Output = ()>) -> Halt {
        let (job, run) = (self.lease.job(), self.run);
        tracing::info!(job = %job.id, %run, revision = %job.request.revision, "job begins");
        let halt = tokio::select! {
            result = AssertUnwindSafe(self.pipeline.run(job, run)).catch_unwind() => Halt::Ended(match result {
                Ok(Ok(measured)) => EndResult::Measured(Box::new(measured)),
                Ok(Err(error)) => EndResult::Failed(error),
                Err(panic) => EndResult::Panicked(panic_message(&*panic)),
            }),
            loss = self.lease.lost() => match loss {
                Loss::Ended(outcome) => Halt::Asked(outcome),
                loss => Halt::Lost(loss),
            },
            () = self.stop.cancelled() => Halt::Stopped,
            // Ends only after the others, if ever.
            () = async { beside.await; std::future::pending().await } => Halt::Stopped,
        };
        if let Err(error) = self.pipeline.clean_up(run).await {
            self.pipeline.note(error_chain(&error));
        }
        halt
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}
