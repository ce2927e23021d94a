//! Notices: what is to stand on GitHub about our work, and is kept true to the queue.
//!
//! A notice is a place, not a message: the check of a commit, the one comment of a pull request, the issue about a
//! regression. Whenever what it tells of changes, it is due; then it is written anew, whole. Writing it twice changes
//! nothing, so a crash costs a repetition and never a double.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::github::PullNumber;
use super::revision::Revision;

/// A place on GitHub; its texts make it unique.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Notice {
    /// The project.
    pub project: String,
    /// Which place.
    pub place: Place,
}

/// Which place.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// The check of a benchmark at a commit; of a pull request, or of the default branch.
    Check {
        /// The pull request; none for the default branch.
        pull: Option<PullNumber>,
        /// The commit.
        revision: Revision,
        /// The benchmark.
        benchmark: String,
    },
    /// The one comment of a pull request.
    Comment {
        /// The pull request.
        pull: PullNumber,
    },
    /// The one open issue about regressions of a benchmark on the default branch.
    Issue {
        /// The benchmark.
        benchmark: String,
    },
}

impl Place {
    /// As it is stored and counted.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Check { .. } => "check",
            Self::Comment { .. } => "comment",
            Self::Issue { .. } => "issue",
        }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Check { revision, benchmark, .. } => write!(f, "the check `{benchmark}` of {}", revision.short()),
            Place::Comment { pull } => write!(f, "the comment of {pull}"),
            Place::Issue { benchmark } => write!(f, "the issue about regressions of `{benchmark}`"),
        }
    }
}

/// What a comment answers to a command that needs words. Texts may be foreign.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// To `help`.
    Help,
    /// To what is no command: why not.
    Unknown(String),
    /// To a command that was not carried out: why not.
    Refused(String),
}

/// Why a commit is not measured, and what stands on GitHub instead of a job.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hold {
    /// Which kind of reason.
    pub reason: HoldReason,
    /// The reason in our words, and what to do about it.
    pub text: String,
}

/// Which kind of reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HoldReason {
    /// Its commit comes from outside the repository, and nobody who may has let it run.
    Unapproved,
    /// It changes nothing that could make the service slower, by the operator's patterns.
    Ignored,
    /// Nobody asked: no label, only a draft.
    NotAsked,
}

impl HoldReason {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Unapproved, Self::Ignored, Self::NotAsked];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unapproved => "unapproved",
            Self::Ignored => "ignored",
            Self::NotAsked => "not-asked",
        }
    }
}

impl FromStr for HoldReason {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|reason| reason.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is no reason to hold a commit"))
    }
}

/// A notice that is to be written, under a claim that ends by itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DueNotice {
    /// Its row.
    pub id: i64,
    /// Which.
    pub notice: Notice,
    /// GitHub's id of what stands there already, as far as we know.
    pub github_id: Option<i64>,
    /// A digest of what we wrote there last: equal content is not written again.
    pub written: Option<String>,
    /// Counts changes of what it tells of; what is written for an older count leaves it due.
    pub change: i64,
    /// Failed tries since it was last written.
    pub tries: i32,
    /// Of a check: why its commit is not measured; then there is no job to tell of.
    pub held: Option<Hold>,
    /// Of a comment: what it answers to the last command that needs words.
    pub answer: Option<Answer>,
    /// Until when it is ours to write, by the database's clock; tells our claim from a later one.
    pub busy_until: OffsetDateTime,
}
