//! What can go wrong with a repository.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use super::access::TokenError;
use crate::domain::github::PullNumber;
use crate::domain::revision::Revision;

/// Why a revision could not be found or checked out.
#[derive(Debug, Error)]
pub enum CheckoutError {
    /// The configured folder is no git repository.
    #[error("`{path}` is not a git repository ({detail}); set `repository` to the root of one")]
    NotARepository {
        /// The folder.
        path: PathBuf,
        /// What git said.
        detail: String,
    },
    /// The configured folder lies inside a repository.
    #[error("`{path}` is inside the git repository `{root}` but not its root; write `repository: {root}`")]
    NotTheRoot {
        /// The folder.
        path: PathBuf,
        /// The repository's root.
        root: PathBuf,
    },
    /// No such revision, or a text that is none.
    #[error("revision `{name}` {reason}")]
    Revision {
        /// As asked.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A job's commit is not to be had any more.
    #[error(
        "the repository no longer has commit {}{}; ask for its newest commit instead",
        .revision.short(),
        .pull.map(|pull| format!(": pull request {pull} moved on")).unwrap_or_default()
    )]
    Gone {
        /// The commit.
        revision: Revision,
        /// The pull request it was of.
        pull: Option<PullNumber>,
    },
    /// There is no token to fetch a private repository with.
    #[error("failed to get a token to fetch the repository with; see `github` in the configuration")]
    Token(#[source] TokenError),
    /// `--dirty` needs a work tree on this host.
    #[error("uncommitted changes can only be tested from a folder on this host, and `repository` is {url}")]
    DirtyUrl {
        /// The repository.
        url: String,
    },
    /// A git command failed.
    #[error("git {command} in `{folder}` failed: {message}")]
    Git {
        /// Its first words.
        command: String,
        /// Where it was run.
        folder: PathBuf,
        /// What git wrote on standard error.
        message: String,
    },
    /// A git command took too long.
    #[error("git {command} took longer than {limit:?}; see `timeouts.fetch`")]
    TimedOut {
        /// Its first words.
        command: String,
        /// How long it may take.
        limit: Duration,
    },
    /// Git itself could not be started.
    #[error("failed to start git; is it installed?")]
    Start(#[source] io::Error),
    /// A folder of ours could not be written.
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

impl CheckoutError {
    /// Whether the configuration is to be mended: trying again would tell the same.
    pub fn is_configuration(&self) -> bool {
        matches!(self, Self::NotARepository { .. } | Self::NotTheRoot { .. })
    }
}
