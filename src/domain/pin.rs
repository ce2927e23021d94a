//! Pinned baselines: revisions that somebody said tests are to be compared with.

use time::OffsetDateTime;

use super::revision::Revision;

/// A revision that a benchmark's candidates are compared with, whatever the default branch's tip is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pin {
    /// The benchmark.
    pub benchmark: String,
    /// The revision.
    pub revision: Revision,
    /// Why.
    pub reason: String,
    /// Who pinned it.
    pub by: String,
    /// When.
    pub at: OffsetDateTime,
    /// Who took it back, or pinned another in its place; none while it holds.
    pub ended: Option<PinEnd>,
}

/// How a pin ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PinEnd {
    /// Who ended it.
    pub by: String,
    /// When.
    pub at: OffsetDateTime,
}

impl Pin {
    /// What a comparison says of the baseline that it chose.
    pub fn note(&self) -> String {
        let Self { revision, reason, by, at, .. } = self;
        format!("the baseline {} is pinned, by {by} on {}: {reason}", revision.short(), at.date())
    }
}
