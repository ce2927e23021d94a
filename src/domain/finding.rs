//! What an examination of a host found.

use serde::{Deserialize, Serialize};

/// How much a finding matters for measuring.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Worth knowing: it may move numbers a little, or is a matter of taste.
    Note,
    /// It spoils measurements.
    Problem,
    /// Without it nothing can be measured.
    Missing,
}

impl Level {
    /// As it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Problem => "problem",
            Self::Missing => "missing",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// What was looked at.
    pub check: String,
    /// How much it matters.
    pub level: Level,
    /// What was seen.
    pub found: String,
    /// What to do about it, where there is something to do.
    pub remedy: Option<String>,
}

impl Finding {
    /// As it should be.
    pub fn ok(check: &str, found: impl Into<String>) -> Self {
        Self { check: check.to_owned(), level: Level::Ok, found: found.into(), remedy: None }
    }

    /// Worth knowing, and nothing to be done.
    pub fn note(check: &str, found: impl Into<String>) -> Self {
        Self { level: Level::Note, ..Self::ok(check, found) }
    }

    /// Something to be done about it.
    pub fn bad(check: &str, level: Level, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { level, remedy: Some(remedy.into()), ..Self::ok(check, found) }
    }
}
