//! What can end a use case, and whose turn it is to mend it.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

use super::judge::RecordingError;
use crate::build::BuildError;
use crate::checkout::CheckoutError;
use crate::database::DatabaseError;
use crate::docker::DockerError;
use crate::domain::ids::{JobId, RunId};
use crate::github::GithubError;
use crate::host::HostError;
use crate::load::LoadError;
use crate::manager::ManagerError;
use crate::measure::MeasureError;
use crate::pipeline::PipelineError;
use crate::queue::{Loss, QueueError};
use crate::report::PictureError;
use crate::stack::StackError;
use crate::web::WebError;
use crate::worker::WorkerError;

/// Why a command ended without a result.
#[derive(Debug, Error)]
pub enum AppError {
    /// Docker.
    #[error(transparent)]
    Docker(#[from] DockerError),
    /// Postgres.
    #[error("failed to {0}")]
    Database(#[from] DatabaseError),
    /// The queue.
    #[error("failed to {0}")]
    Queue(#[from] QueueError),
    /// The repository.
    #[error(transparent)]
    Checkout(#[from] CheckoutError),
    /// Images.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The stack.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// A Prometheus over kept samples.
    #[error(transparent)]
    Measure(#[from] MeasureError),
    /// The kept samples of a round can't be used.
    #[error("the samples of round {round} of run {} can't be asked: {problem}", run.short())]
    Samples {
        /// The run.
        run: RunId,
        /// The round.
        round: u16,
        /// What is wrong with them, and what to do.
        problem: String,
    },
    /// Pairs that tell nothing of noise.
    #[error(
        "run {} is no calibration, and none was stored: {problem}; see `loadmark runs show {}`, and calibrate again",
        run.short(),
        run.short()
    )]
    NotCalibrated {
        /// The run.
        run: RunId,
        /// Why it tells nothing.
        problem: String,
    },
    /// There is nothing to add to recorded rounds.
    #[error(
        "run {} has no pair to add to `{}`, and nothing was written to it: {problem}; see `loadmark runs show {}`",
        run.short(),
        file.display(),
        run.short()
    )]
    NoPairs {
        /// The run.
        run: RunId,
        /// The file of the rounds.
        file: PathBuf,
        /// Why there is none.
        problem: String,
    },
    /// The turn of a requery was lost under our hands.
    #[error("the lease of job {job}, a requery, was lost: {loss}; nothing was stored, ask again")]
    TurnLost {
        /// The job.
        job: JobId,
        /// How.
        loss: Loss,
    },
    /// The pipeline, outside a job.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// The worker.
    #[error(transparent)]
    Worker(#[from] WorkerError),
    /// The machine's record.
    #[error("failed to {0}")]
    Host(#[from] HostError),
    /// The load generator.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Arguments that contradict each other or the configuration.
    #[error("{0}")]
    Usage(String),
    /// GitHub.
    #[error("failed to {0}")]
    Github(#[from] GithubError),
    /// The web server.
    #[error("failed to {0}")]
    Web(#[from] WebError),
    /// An order by hand.
    #[error("failed to {0}")]
    Manager(#[from] ManagerError),
    /// The address to listen on is taken, or not ours.
    #[error("failed to listen on {address}; is another `loadmark serve` running? See `manager.listen`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A part of the manager ended by itself.
    #[error("the manager's {task} ended by itself; this is a bug of Loadmark's")]
    TaskEnded {
        /// Which.
        task: &'static str,
    },
    /// A part of the manager panicked.
    #[error("a part of the manager panicked ({message}); this is a bug of Loadmark's")]
    TaskPanicked {
        /// What it said.
        message: String,
    },
    /// Somebody stopped it before a job of its own began.
    #[error("interrupted")]
    Interrupted,
    /// The embedded Postgres did not come up.
    #[error(
        "the embedded Postgres (container `{container}`) is not usable: {reason}; see `docker logs {container}`, or set `database.url`"
    )]
    Postgres {
        /// Its container.
        container: String,
        /// What was seen.
        reason: String,
    },
    /// A job that was just asked for is not what was expected.
    #[error("job {job} belongs to project `{of}`, and this configuration is `{ours}`'s")]
    OtherProject {
        /// The job.
        job: JobId,
        /// Its project.
        of: String,
        /// Ours.
        ours: String,
    },
    /// A picture.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// Recorded data that can't be judged.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// A file could not be read or written.
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
}

/// Whose turn it is to mend an error: decides the exit code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Blame {
    /// What was typed.
    Usage,
    /// The configuration, or the compose file it names.
    Configuration,
    /// Loadmark or its environment.
    Environment,
    /// Nobody's: it was stopped.
    Nobody,
}

impl AppError {
    /// Whose turn it is.
    pub fn blame(&self) -> Blame {
        match self {
            Self::Interrupted => Blame::Nobody,
            Self::Usage(_) | Self::OtherProject { .. } | Self::Recording(_) => Blame::Usage,
            Self::Checkout(error) => blame_checkout(error),
            Self::Docker(error) => configuration_or_environment(error.is_configuration()),
            Self::Build(error) => configuration_or_environment(error.is_configuration()),
            Self::Stack(error) => configuration_or_environment(error.is_configuration()),
            Self::Pipeline(error) => blame_pipeline(error),
            Self::Database(error) | Self::Queue(QueueError::Database(error)) => blame_database(error),
            Self::Queue(QueueError::NotRetryable { .. }) => Blame::Usage,
            _ => Blame::Environment,
        }
    }
}

/// Whose turn it is to mend what ended a job.
pub fn blame_pipeline(error: &PipelineError) -> Blame {
    match error {
        PipelineError::NoBenchmark { .. } => Blame::Usage,
        PipelineError::Checkout(error) => blame_checkout(error),
        error => configuration_or_environment(error.is_configuration()),
    }
}

fn blame_database(error: &DatabaseError) -> Blame {
    match error {
        DatabaseError::Unknown { .. } | DatabaseError::Ambiguous { .. } | DatabaseError::NotComplete { .. } => {
            Blame::Usage
        }
        DatabaseError::Url(_) => Blame::Configuration,
        _ => Blame::Environment,
    }
}

fn blame_checkout(error: &CheckoutError) -> Blame {
    match error {
        CheckoutError::Revision { .. } | CheckoutError::DirtyUrl { .. } => Blame::Usage,
        error => configuration_or_environment(error.is_configuration()),
    }
}

fn configuration_or_environment(is_configuration: bool) -> Blame {
    if is_configuration { Blame::Configuration } else { Blame::Environment }
}
