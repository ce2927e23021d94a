//! Commands that people write in comments.

use serde::{Deserialize, Serialize};

use super::procedure::CompareMethod;
use super::revision::Revision;

/// One command of a comment, from a line that begins with the prefix.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// Measure the pull request's head, now.
    Test(TestOptions),
    /// Measure again what was measured last.
    Rerun,
    /// End the pull request's jobs.
    Cancel,
    /// Say where they stand.
    Status,
    /// Say what there is.
    Help,
    /// Let exactly this commit of a stranger run.
    Approve(Revision),
    /// None of these: why not, in words for who wrote it.
    Unknown(String),
}

/// What `test` may be told.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct TestOptions {
    /// One benchmark; none: those of the configuration.
    pub benchmark: Option<String>,
    /// Rounds, 1 to 100; none: the benchmark's.
    pub rounds: Option<u16>,
    /// Compared with stored sets, in pairs, or both; none: as the benchmark says.
    #[serde(default)]
    pub compare: Option<CompareMethod>,
    /// What to compare with: a full commit SHA, or else a branch by its name; none: as configured.
    pub base: Option<String>,
}
