//! What can go wrong with GitHub, and whether to try again.

use std::time::Duration;

use thiserror::Error;

/// Why GitHub did not do as asked. No variant holds a token or a key.
#[derive(Debug, Error)]
pub enum GithubError {
    /// The client can't be made of its settings.
    #[error("failed to set up the client for GitHub: {problem}")]
    Setup {
        /// What is wrong, and what to do.
        problem: String,
    },
    /// No answer came, or only a part of one. What was asked may have been done.
    #[error("failed to {operation}: no answer from GitHub at {host}: {cause}")]
    Unreachable {
        /// What was tried.
        operation: String,
        /// Whom we asked.
        host: String,
        /// Why.
        cause: String,
    },
    /// GitHub itself failed. What was asked may have been done.
    #[error("failed to {operation}: GitHub answered {status}: {message}")]
    Failing {
        /// What was tried.
        operation: String,
        /// The status, 5xx.
        status: u16,
        /// What it said.
        message: String,
    },
    /// The answer is not what GitHub's API describes. What was asked may have been done.
    #[error("failed to {operation}: GitHub's answer can't be read: {cause}")]
    Unreadable {
        /// What was tried.
        operation: String,
        /// What is wrong with it.
        cause: String,
    },
    /// We asked too much; nothing was done.
    #[error("failed to {operation}: GitHub wants no more calls for {} s: {message}", wait.as_secs_f64().ceil())]
    Limited {
        /// What was tried.
        operation: String,
        /// How long to wait.
        wait: Duration,
        /// What it said.
        message: String,
    },
    /// Our token or key was refused; nothing was done.
    #[error("failed to {operation}: GitHub answered 401: {message}; check the app's id and key, or the token")]
    Unauthorized {
        /// What was tried.
        operation: String,
        /// What it said.
        message: String,
    },
    /// The app is not installed where it is to work.
    #[error("failed to {operation}: the app is not installed on {repository}; install it there")]
    NotInstalled {
        /// What was tried.
        operation: String,
        /// Where.
        repository: String,
    },
    /// Our token may not do this; nothing was done.
    #[error("failed to {operation}: GitHub answered 403: {message}; check what the app or the token is permitted")]
    Forbidden {
        /// What was tried.
        operation: String,
        /// What it said.
        message: String,
    },
    /// GitHub sent us elsewhere, where we don't go.
    #[error("failed to {operation}: GitHub redirects to {target}, which is not followed: {problem}")]
    Redirected {
        /// What was tried.
        operation: String,
        /// Where to.
        target: String,
        /// Why we don't follow, and what to do.
        problem: &'static str,
    },
    /// GitHub refused what we asked for; nothing was done.
    #[error("failed to {operation}: GitHub answered {status}: {message}")]
    Refused {
        /// What was tried.
        operation: String,
        /// The status, 4xx.
        status: u16,
        /// What it said.
        message: String,
    },
}

impl GithubError {
    /// Whether the same call may succeed later: GitHub recovers, a limit ends, or somebody puts a permission right.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Failing { .. } | Self::Unreadable { .. } | Self::Limited { .. } => true,
            Self::Unauthorized { .. } | Self::NotInstalled { .. } | Self::Forbidden { .. } => true,
            Self::Setup { .. } | Self::Redirected { .. } | Self::Refused { .. } => false,
        }
    }

    /// How long GitHub told us to wait at least.
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::Limited { wait, .. } => Some(*wait),
            _ => None,
        }
    }

    /// Whether what we asked about is not there (any more), or is hidden from us.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Refused { status: 404 | 410, .. })
    }

    /// Whether a read that failed so is worth asking again at once.
    pub(super) fn is_brief(&self) -> bool {
        matches!(self, Self::Failing { .. } | Self::Unreachable { .. })
    }
}
