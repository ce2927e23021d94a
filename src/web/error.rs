//! What can go wrong, and how it is told: to the operator by the log, to a client without what is inside.

use std::io;

use axum::http::StatusCode;
use thiserror::Error;
use tracing::error;

use crate::database::DatabaseError;
use crate::domain::chain::error_chain;
use crate::manager::ManagerError;
use crate::queue::QueueError;
use crate::telemetry::{Dependency, metrics};

/// A failure of the server itself; fits "failed to ...".
#[derive(Debug, Error)]
pub enum WebError {
    /// The address it should listen on.
    #[error("accept connections on {address}: is the address still there?")]
    Accept {
        /// Where it listens.
        address: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// Why a request is not answered with what was asked for.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// A word that programs can tell it by.
    pub(super) code: &'static str,
    /// For people: what is wrong and what to do.
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", message)
    }

    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", message)
    }

    /// Ours; what it was stays in the log.
    pub(super) fn internal(error: &dyn std::error::Error) -> Self {
        error!(error = error_chain(error), "failed to answer a request");
        let message = "Loadmark failed to answer this; its log says why";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }

    fn away(error: &dyn std::error::Error) -> Self {
        metrics().failed(Dependency::Postgres);
        error!(error = error_chain(error), "failed to answer a request: the database is away");
        let message = "the database does not answer; ask again a little later";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "database-away", message)
    }
}

impl From<DatabaseError> for Refusal {
    fn from(error: DatabaseError) -> Self {
        match &error {
            // These name what was looked for, and nothing of ours.
            DatabaseError::Unknown { what, .. } => Self::not_found(format!("there is no {what}")),
            DatabaseError::Ambiguous { what, candidates } => {
                Self::not_found(format!("{what} could be {candidates}; give more digits"))
            }
            error if error.may_pass() => Self::away(error),
            error => Self::internal(error),
        }
    }
}

impl From<QueueError> for Refusal {
    fn from(error: QueueError) -> Self {
        match error {
            QueueError::Database(error) => error.into(),
            QueueError::NotRetryable { job, state } => Self::conflict(format!("job {job}: {state}")),
            error @ QueueError::NotServed { .. } => Self::conflict(error.to_string()),
        }
    }
}

impl From<ManagerError> for Refusal {
    fn from(error: ManagerError) -> Self {
        match error {
            ManagerError::Database(error) => error.into(),
            ManagerError::Queue(error) => error.into(),
            ManagerError::Github(error) => {
                error!(error = error_chain(&error), "failed to ask GitHub for a request of the API");
                let message = "GitHub did not answer this; the log says what it said, ask again later";
                Self::new(StatusCode::BAD_GATEWAY, "github", message)
            }
            ManagerError::NoProject { .. } | ManagerError::NoBenchmark { .. } => Self::bad_request(error.to_string()),
            ManagerError::Closed { .. } | ManagerError::Unapproved { .. } => Self::conflict(error.to_string()),
        }
    }
}
