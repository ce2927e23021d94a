//! Errors and outcomes to exit codes.

use thiserror::Error;

use super::global::Global;
use crate::app::{AppError, Blame, Ended, blame_of};
use crate::config::ConfigError;
use crate::domain::chain::error_chain;
use crate::domain::verdict::{Outcome, exit_code};

/// Loadmark or its environment failed.
const ENVIRONMENT: u8 = 1;
/// What was typed makes no sense; clap's own code, too.
const USAGE: u8 = 2;
/// The configuration is invalid or absent.
const CONFIGURATION: u8 = 3;
/// A signal stopped it.
pub(super) const INTERRUPTED: u8 = 130;
/// The order in which the codes of several benchmarks are joined: the first that occurs.
const WORST_FIRST: [u8; 8] = [INTERRUPTED, ENVIRONMENT, CONFIGURATION, USAGE, 98, 99, 4, 0];

/// Why a command ended without a result.
#[derive(Debug, Error)]
pub(super) enum CliError {
    /// The configuration can't be used.
    #[error("{}", describe(.0))]
    Config(#[from] ConfigError),
    /// A use case failed.
    #[error(transparent)]
    App(#[from] AppError),
    /// The log filter does not parse.
    #[error("log.level `{level}` is no filter ({reason}); expected one such as `info` or `loadmark=debug`")]
    LogLevel {
        /// As configured.
        level: String,
        /// What is wrong with it.
        reason: String,
    },
    /// One file for the reports of several benchmarks.
    #[error("--output takes one report, and there are several benchmarks: {benchmarks}; choose one by --benchmark")]
    OneReport {
        /// Their names.
        benchmarks: String,
    },
    /// Looks out of order.
    #[error("--looks are numbers of pairs that grow, such as `10,16,24`")]
    Looks,
    /// A table of all measurements is nothing to read.
    #[error("an export is CSV or JSON, not Markdown: use `--as csv` or `--as json`")]
    NoMarkdown,
    /// Something of the system failed.
    #[error("failed to {operation}")]
    Io {
        /// What was tried.
        operation: String,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
}

/// A mistake at a place begins with the place, as compilers write it.
fn describe(error: &ConfigError) -> String {
    match error {
        ConfigError::At { .. } | ConfigError::Unset(_) => error.to_string(),
        _ => format!("failed to {error}"),
    }
}

impl CliError {
    /// The code that tells it.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::LogLevel { .. } => CONFIGURATION,
            Self::App(error) => code_of(error.blame()),
            Self::OneReport { .. } | Self::Looks | Self::NoMarkdown => USAGE,
            Self::Io { .. } => ENVIRONMENT,
        }
    }

    /// With its causes, in one piece.
    pub(super) fn text(&self) -> String {
        error_chain(self)
    }
}

fn code_of(blame: Blame) -> u8 {
    match blame {
        Blame::Usage => USAGE,
        Blame::Configuration => CONFIGURATION,
        Blame::Environment => ENVIRONMENT,
        Blame::Nobody => INTERRUPTED,
    }
}

/// The code of a job that ended.
pub(super) fn code_of_job(ended: &Ended, global: &Global) -> u8 {
    match blame_of(ended) {
        Some(blame) => code_of(blame),
        None => exit_code(&ended.outcome, global.fail_on),
    }
}

/// The code of a comparison of stored runs.
pub(super) fn code_of_outcome(outcome: &Outcome, global: &Global) -> u8 {
    exit_code(outcome, global.fail_on)
}

/// The code of a command that ended several jobs.
pub(super) fn worst(codes: &[u8]) -> u8 {
    WORST_FIRST.into_iter().find(|code| codes.contains(code)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_benchmarks_the_worst_counts() {
        assert_eq!(worst(&[0, 99, 4]), 99);
        assert_eq!(worst(&[99, 98]), 98);
        assert_eq!(worst(&[0, 130, 1]), 130);
        assert_eq!(worst(&[0, 0]), 0);
    }
}
