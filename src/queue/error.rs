//! What can go wrong with the queue.

use thiserror::Error;

use crate::database::DatabaseError;
use crate::domain::ids::JobId;

/// A failure of the queue; fits "failed to ...".
#[derive(Debug, Error)]
pub enum QueueError {
    /// The database failed or refused; its own message says what was tried.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Somebody is at it.
    #[error("retry job {job}: {state}; wait for it, or run `loadmark jobs cancel {job}` first")]
    NotRetryable {
        /// The job.
        job: JobId,
        /// Where it stands.
        state: String,
    },
    /// Only a command may run it.
    #[error("order job {job} again: a command asked for it; `loadmark jobs retry {job}` runs it")]
    NotServed {
        /// The job.
        job: JobId,
    },
}

impl QueueError {
    /// Whether the same may work a little later, without anybody's doing.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Database(error) if error.may_pass())
    }
}
