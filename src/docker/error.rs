//! What can go wrong with Docker and compose.

use std::io;
use std::time::Duration;

use thiserror::Error;

/// Why a call to the engine or the compose tool failed.
#[derive(Debug, Error)]
pub enum DockerError {
    /// No engine answers.
    #[error("failed to reach the Docker engine at {address}; is it running, and may this user use it?")]
    Unreachable {
        /// Where it was looked for.
        address: String,
        /// What the client said.
        #[source]
        source: bollard::errors::Error,
    },
    /// The engine refused or failed.
    #[error("failed to {operation}")]
    Engine {
        /// What was tried, on what.
        operation: String,
        /// What the engine said.
        #[source]
        source: bollard::errors::Error,
    },
    /// The engine or a tool did not answer in time.
    #[error("{operation} took longer than {limit:?}")]
    TimedOut {
        /// What was tried, on what.
        operation: String,
        /// How long it may take.
        limit: Duration,
    },
    /// A tool was killed under us.
    #[error("{operation} was ended by a signal from outside; did the host run out of memory?")]
    Killed {
        /// What was tried, on what.
        operation: String,
    },
    /// None of an image's candidates is here or can be pulled.
    #[error(
        "image `{name}`: none of {candidates} is here, and none can be pulled ({reason}); pull or build one of them, or name another under `images.{name}`"
    )]
    NoImage {
        /// Its name in the configuration.
        name: String,
        /// The candidates.
        candidates: String,
        /// Why the last one can't be pulled.
        reason: String,
    },
    /// A tool could not be started.
    #[error("failed to start `{program}`; is it installed?")]
    Start {
        /// The tool.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The compose tool is absent or too old.
    #[error(
        "`{command}` is not compose v2 or later ({found}); install the compose plug-in of Docker 20.10 or later (package docker-compose-plugin or docker-compose-v2), or set `compose_command`"
    )]
    ComposeVersion {
        /// The command.
        command: String,
        /// What it answered.
        found: String,
    },
    /// Buildx is absent.
    #[error("`docker buildx` does not work: {found}")]
    NoBuildx {
        /// What it answered.
        found: String,
    },
    /// An archive to or from a container could not be read or written.
    #[error("failed to {operation}")]
    Archive {
        /// What was tried.
        operation: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl DockerError {
    /// Whether the configuration is to be mended: trying again would tell the same.
    pub fn is_configuration(&self) -> bool {
        matches!(self, Self::NoImage { .. })
    }
}
