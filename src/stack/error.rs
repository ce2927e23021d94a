//! What can go wrong with a stack.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use crate::docker::DockerError;
use crate::domain::verdict::ServiceFailure;

/// Why a stack could not be resolved, started, used or removed.
#[derive(Debug, Error)]
pub enum StackError {
    /// The engine or the compose tool failed.
    #[error(transparent)]
    Docker(#[from] DockerError),
    /// The compose file is not there.
    #[error(
        "there is no compose file `{path}`; see `compose` of the benchmark (one of the repository is looked for among \
         the committed files)"
    )]
    NoComposeFile {
        /// As configured.
        path: PathBuf,
    },
    /// The compose tool refuses the file.
    #[error("compose refuses `{path}`: {message}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What the tool said.
        message: String,
    },
    /// The file asks for what a measured stack can't have.
    #[error("compose file `{path}`: {problem}")]
    Policy {
        /// The file.
        path: PathBuf,
        /// What, where, and what to do.
        problem: String,
    },
    /// The service under test failed: the commit's fault.
    #[error("the service failed ({}): {message}", failure.as_str())]
    Service {
        /// How.
        failure: ServiceFailure,
        /// What was seen.
        message: String,
        /// The last lines of its log.
        log: String,
    },
    /// `up` failed for another reason than the service.
    #[error("failed to start the stack: {message}")]
    Up {
        /// What the compose tool said last.
        message: String,
    },
    /// Kept samples that are no snapshot of Prometheus.
    #[error("failed to open the samples of round {round}: {reason}; they can't be asked again")]
    Samples {
        /// The round.
        round: u16,
        /// What is wrong with them.
        reason: String,
    },
    /// A Prometheus over kept samples ended.
    #[error("Prometheus over the samples of round {round} ended: {log}")]
    SamplesEnded {
        /// The round.
        round: u16,
        /// Its last words.
        log: String,
    },
    /// The load generator did not answer as it should.
    #[error("failed to {operation} the load generator: {message}")]
    Generator {
        /// What was asked.
        operation: &'static str,
        /// What was seen.
        message: String,
    },
    /// Something took too long.
    #[error("{operation} took longer than {limit:?}")]
    TimedOut {
        /// What.
        operation: String,
        /// How long it may take.
        limit: Duration,
    },
    /// A file of ours could not be read or written.
    #[error("failed to {operation} `{path}`")]
    Io {
        /// What was tried.
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// Containers, networks or volumes stay in spite of repeated removal.
    #[error("failed to remove all that is labelled `{label}`: {left} left; see `docker ps -a --filter label={label}`")]
    NotRemoved {
        /// The label with its value.
        label: String,
        /// How many objects.
        left: usize,
    },
}

impl StackError {
    /// Whether the configuration, or the compose file it names, is to be mended: trying again would tell the same.
    pub fn is_configuration(&self) -> bool {
        match self {
            Self::NoComposeFile { .. } | Self::Invalid { .. } | Self::Policy { .. } => true,
            Self::Docker(error) => error.is_configuration(),
            _ => false,
        }
    }
}

pub(super) fn io_error(operation: &'static str, path: &std::path::Path) -> impl FnOnce(io::Error) -> StackError {
    let path = path.to_owned();
    move |source| StackError::Io { operation, path, source }
}
