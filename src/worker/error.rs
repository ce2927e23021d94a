//! What can keep a worker from bringing a job to its end.

use thiserror::Error;

use crate::domain::ids::JobId;
use crate::pipeline::PipelineError;
use crate::queue::{Loss, QueueError};

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
