//! What can go wrong with publishing.

use std::time::Duration;

use thiserror::Error;

use crate::database::DatabaseError;
use crate::github::GithubError;

/// A failure of publishing; fits "failed to ...".
#[derive(Debug, Error)]
pub enum PublishError {
    /// GitHub failed or refused; its own message says what was tried.
    #[error(transparent)]
    Github(#[from] GithubError),
    /// The database failed; its own message says what was tried.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// It took longer than our claim on the notice lasts.
    #[error("write {notice} within {} s: GitHub is slow; it is tried again", .within.as_secs())]
    TooSlow {
        /// What was to be written.
        notice: String,
        /// How long it had.
        within: Duration,
    },
}

impl PublishError {
    /// How long GitHub wants no more calls, where it said so.
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::Github(error) => error.wait(),
            Self::Database(_) | Self::TooSlow { .. } => None,
        }
    }

    /// Whether the same may work later, with nothing new to tell.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Github(error) => error.may_pass(),
            Self::Database(_) | Self::TooSlow { .. } => true,
        }
    }

    /// Whether the database, not GitHub, is the trouble.
    pub(super) fn is_of_database(&self) -> bool {
        matches!(self, Self::Database(_))
    }
}
