//! What can end a job early, and whose fault it is.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::build::BuildError;
use crate::checkout::CheckoutError;
use crate::compare::TooFewPairs;
use crate::database::DatabaseError;
use crate::domain::placement::PlacementError;
use crate::domain::revision::Revision;
use crate::domain::run::{Arm, NewRun};
use crate::domain::verdict::ServiceFailure;
use crate::measure::MeasureError;
use crate::stack::StackError;
use crate::telemetry::Dependency;

/// Why a job ended before its comparison.
#[derive(Debug, Error)]
pub enum PipelineError {
    /// The repository.
    #[error(transparent)]
    Checkout(#[from] CheckoutError),
    /// The image.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The stack.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// Prometheus.
    #[error(transparent)]
    Measure(#[from] MeasureError),
    /// Postgres, or a claim that is no longer ours.
    #[error("failed to {0}")]
    Database(#[from] DatabaseError),
    /// The configuration has no such benchmark.
    #[error("there is no benchmark `{name}`; the configuration has {known}")]
    NoBenchmark {
        /// As asked.
        name: String,
        /// Those there are.
        known: String,
    },
    /// The baseline of pairs does not build, does not start, or does not hold out: not the candidate's fault.
    #[error(
        "the baseline {} can't be measured, and in pairs there is nothing else to compare with; choose another by `--base`",
        revision.short()
    )]
    Baseline {
        /// Its revision.
        revision: Revision,
        /// What is wrong with it.
        source: Box<PipelineError>,
    },
    /// So few pairs of rounds that they could show nothing.
    #[error("{0}, by `pairs.max` or `--rounds`")]
    TooFewPairs(#[from] TooFewPairs),
    /// The job asks kept samples, and the command that asked is gone.
    #[error("a requery measures nothing and can't be run again; ask anew with `loadmark runs requery`")]
    NothingToMeasure,
    /// The configuration places the stack on cores that this host does not give.
    #[error("failed to {0}")]
    Placement(#[from] PlacementError),
    /// The rooms of the project could not be opened on this host.
    #[error("failed to make project `{project}` ready: {message}")]
    NotReady {
        /// The project.
        project: String,
        /// What happened.
        message: String,
        /// Whether its configuration is to be mended.
        is_configuration: bool,
    },
    /// A file of the run could not be written or removed.
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

/// Whose fault a failure is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The commit's: a result, not to be tried again.
    Service {
        /// How.
        failure: ServiceFailure,
        /// What was seen.
        message: String,
        /// The last lines of the log that tells.
        log: String,
        /// That whole log, where it is one file.
        log_file: Option<PathBuf>,
    },
    /// Ours or our environment's: to be tried again.
    Infrastructure,
}

impl PipelineError {
    /// Whose fault it is.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Build(error @ BuildError::Failed { log, log_file, .. }) => Failure::Service {
                failure: ServiceFailure::Build,
                message: error.to_string(),
                log: log.clone(),
                log_file: Some(log_file.clone()),
            },
            Self::Stack(StackError::Service { failure, message, log }) => {
                Failure::Service { failure: *failure, message: message.clone(), log: log.clone(), log_file: None }
            }
            _ => Failure::Infrastructure,
        }
    }

    /// The same with its side told: that the baseline fails is no fault of the commit under test.
    pub(super) fn of_side(self, run: &NewRun) -> Self {
        match (run.arm, self.failure()) {
            (Arm::Baseline, Failure::Service { .. }) if run.pair_of.is_some() => {
                Self::Baseline { revision: run.revision.clone(), source: Box::new(self) }
            }
            _ => self,
        }
    }

    /// What we stand on that failed us, where that is what ended the job.
    pub fn dependency(&self) -> Option<Dependency> {
        match self {
            Self::Build(BuildError::Docker(_)) | Self::Stack(StackError::Docker(_)) => Some(Dependency::Docker),
            Self::Database(error) if error.may_pass() => Some(Dependency::Postgres),
            _ => None,
        }
    }

    /// Whether trying again would tell the same.
    pub fn is_lasting(&self) -> bool {
        let told = matches!(self, Self::NoBenchmark { .. } | Self::NothingToMeasure | Self::Baseline { .. });
        told || self.is_configuration()
    }

    /// Whether the configuration, or the compose file it names, is to be mended: trying again would tell the same.
    pub fn is_configuration(&self) -> bool {
        match self {
            Self::Placement(_) | Self::TooFewPairs(_) => true,
            Self::NotReady { is_configuration, .. } => *is_configuration,
            Self::Checkout(error) => error.is_configuration(),
            Self::Build(error) => error.is_configuration(),
            Self::Stack(error) => error.is_configuration(),
            _ => false,
        }
    }
}
