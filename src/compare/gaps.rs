//! Rounds that lack a series.

use super::side::{Observed, Side};

/// How many of a side's rounds lack a series.
pub(super) enum Gaps {
    /// None do.
    None,
    /// In how few there are values.
    Some(String),
    /// More than half: what is left is no sample of the rounds.
    Most(String),
}

impl Gaps {
    /// Of a series on one side.
    pub(super) fn of(side: &Side<'_>, observed: &Observed) -> Self {
        let (present, all) = (observed.rounds(), side.valid_rounds().len());
        let reason = || format!("in {present} of {all} rounds of the {}", side.arm);
        match present {
            _ if present == all => Self::None,
            _ if present * 2 >= all => Self::Some(reason()),
            _ => Self::Most(reason()),
        }
    }
}

/// A reason with those of the gaps added.
pub(super) fn with_gaps(reason: Option<String>, gaps: Vec<String>) -> Option<String> {
    let all: Vec<String> = reason.into_iter().chain(gaps).collect();
    (!all.is_empty()).then(|| all.join("; "))
}
