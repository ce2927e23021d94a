//! What can be wrong with recorded data.

use thiserror::Error;

/// Recorded data that can't be read.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum RecordingError {
    /// At a line.
    #[error("{file}:{line}: {problem}")]
    At {
        /// The file, as it was named.
        file: String,
        /// From 1.
        line: u64,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// As a whole.
    #[error("{file}: {problem}")]
    Whole {
        /// The file, as it was named.
        file: String,
        /// What is wrong, and what to do.
        problem: String,
    },
}

impl RecordingError {
    /// Of a line.
    pub(super) fn at(file: &str, line: u64, problem: impl Into<String>) -> Self {
        Self::At { file: file.to_owned(), line, problem: problem.into() }
    }

    /// Of the file.
    pub(super) fn whole(file: &str, problem: impl Into<String>) -> Self {
        Self::Whole { file: file.to_owned(), problem: problem.into() }
    }
}
