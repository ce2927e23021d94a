//! How a benchmark's candidates are compared: with stored sets, in pairs of rounds, or with both in turn.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::units::Span;

/// The chance that a job may have to claim a change that there is not, in each direction and over all of its primary
/// series together.
pub const JOB_ERROR: f64 = 0.05;

/// What a candidate is compared with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CompareMethod {
    /// Its own rounds with the stored master set; what would alert is measured a second time.
    Stored,
    /// Rounds of baseline and candidate, measured in pairs by the same job.
    Paired,
    /// Stored sets where they suffice to pass it; pairs for whatever they do not pass.
    #[default]
    Auto,
}

impl CompareMethod {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Stored, Self::Paired, Self::Auto];

    /// As it is written and stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Paired => "paired",
            Self::Auto => "auto",
        }
    }
}

impl fmt::Display for CompareMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for CompareMethod {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|method| method.as_str() == text)
            .ok_or_else(|| format!("`{text}` is none of stored, paired, auto"))
    }
}

/// How the two rounds of a pair lie in time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arrangement {
    /// One stack after the other, in a seeded random order.
    Turns,
    /// Both stacks up, the load alternating between them in slices, A B B A, the idle one at rest.
    #[default]
    Twins,
}

impl Arrangement {
    /// As it is written and stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Turns => "turns",
            Self::Twins => "twins",
        }
    }
}

impl fmt::Display for Arrangement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Arrangement {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = [Self::Turns, Self::Twins].into_iter().find(|one| one.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is no arrangement of pairs"))
    }
}

/// How many pairs a paired comparison measures, and how.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PairSettings {
    /// The pairs before the first look, at least; more where fewer could reject nothing.
    pub min: u16,
    /// The pairs at the last look, at most 100.
    pub max: u16,
    /// No further pair is begun once so long was measured; none: only `max` ends it.
    pub budget: Option<Span>,
    /// How the two rounds of a pair lie in time.
    pub arrangement: Arrangement,
    /// Seed of the order within pairs.
    pub seed: u64,
}

impl Default for PairSettings {
    fn default() -> Self {
        Self { min: 10, max: 32, budget: None, arrangement: Arrangement::default(), seed: 1 }
    }
}

/// The pairs of a comparison as they were measured, for its reports.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PairsTold {
    /// Pairs of which both rounds are valid.
    pub valid: u16,
    /// Pairs measured.
    pub measured: u16,
    /// The pairs at which was looked, in order; the last is where it ended.
    pub looks: Vec<u16>,
    /// How the two rounds of a pair lay in time; none where it is not known.
    pub arrangement: Option<Arrangement>,
}
