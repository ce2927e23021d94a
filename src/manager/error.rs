//! What can go wrong with the manager.

use std::time::Duration;

use thiserror::Error;

use crate::database::DatabaseError;
use crate::domain::github::PullNumber;
use crate::github::GithubError;
use crate::queue::QueueError;

/// A failure of the manager; fits "failed to ...".
#[derive(Debug, Error)]
pub enum ManagerError {
    /// GitHub failed or refused; its own message says what was tried.
    #[error(transparent)]
    Github(#[from] GithubError),
    /// The queue failed; its own message says what was tried.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The database failed; its own message says what was tried.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// No project of that name has a repository on GitHub.
    #[error("find project `{project}`: it is not served here, or has no `github` in its configuration; known: {known}")]
    NoProject {
        /// The project.
        project: String,
        /// Those that are served.
        known: String,
    },
    /// The configuration has no such benchmark.
    #[error("find benchmark `{name}`: the configuration has {known}")]
    NoBenchmark {
        /// The benchmark.
        name: String,
        /// Those of the configuration.
        known: String,
    },
    /// Only an open pull request is measured.
    #[error("measure pull request {pull}: it is closed; reopen it, or measure its commit by `loadmark test`")]
    Closed {
        /// The pull request.
        pull: PullNumber,
    },
    /// Its head comes from outside the repository, and nobody let it run.
    #[error("measure pull request {pull}: {how}")]
    Unapproved {
        /// The pull request.
        pull: PullNumber,
        /// Why, and how to let it run.
        how: String,
    },
}

impl ManagerError {
    /// Whether the same may work later, without the event's being wrong.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Github(error) => error.may_pass(),
            // An event is never wrong because our own memory fails: somebody mends that, and then it is acted upon.
            Self::Queue(QueueError::Database(_)) | Self::Database(_) => true,
            Self::Queue(error) => error.may_pass(),
            Self::NoProject { .. } | Self::NoBenchmark { .. } | Self::Closed { .. } | Self::Unapproved { .. } => false,
        }
    }

    /// How long GitHub wants no more calls, where it said so.
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::Github(error) => error.wait(),
            _ => None,
        }
    }
}
