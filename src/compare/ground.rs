//! Whether two runs can be compared at all, before any series is looked at.

use crate::domain::run::{Arm, RunState};

use super::side::Side;

/// Whether the two runs can be compared at all.
pub(super) enum Ground {
    /// Series by series.
    Comparable,
    /// There is nothing to compare with.
    NoBaseline,
    /// No number of theirs may be compared, and why.
    Invalid(String),
}

impl Ground {
    /// Judges the runs as wholes.
    pub(super) fn of(baseline: Option<&Side<'_>>, candidate: &Side<'_>) -> Self {
        let unusable = std::iter::once(candidate).chain(baseline).find_map(unusable);
        match (unusable, baseline) {
            (Some(reason), _) => Self::Invalid(reason),
            (None, None) => Self::NoBaseline,
            (None, Some(baseline)) => match incomparable(baseline, candidate) {
                Some(reason) => Self::Invalid(reason),
                None => Self::Comparable,
            },
        }
    }
}

/// One round in so many may be invalid; with more, what is left is a choice of rounds, not a sample of them.
const MOST_INVALID: usize = 5;

/// Why a side can't be used, if so.
fn unusable(side: &Side<'_>) -> Option<String> {
    let Side { arm, run, .. } = side;
    match (run.summary.state, arm) {
        (RunState::Invalidated, _) => return Some(format!("the {arm}'s run was invalidated")),
        (RunState::Partial, Arm::Baseline) => return Some("the baseline's run is only a part of one".to_owned()),
        (RunState::Partial, Arm::Candidate) | (RunState::Complete, _) => {}
    }
    let (valid, all) = (side.valid_rounds().len(), run.rounds.len());
    if valid > 0 && all - valid <= all / MOST_INVALID {
        return None;
    }
    let first = run.rounds.iter().find_map(|round| round.invalid.as_deref()).unwrap_or("none was measured");
    Some(match valid {
        0 => format!("the {arm} has no valid round: {first}"),
        _ => format!("only {valid} of {all} rounds of the {arm} are valid: {first}"),
    })
}

/// Why numbers of the two sides came about differently, if so.
fn incomparable(baseline: &Side<'_>, candidate: &Side<'_>) -> Option<String> {
    let (one, other) = (&baseline.run.summary, &candidate.run.summary);
    if one.measurement_hash != other.measurement_hash {
        let (one, other) = (one.measurement_hash.short(), other.measurement_hash.short());
        return Some(format!("measurement hash {one} of the baseline, {other} of the candidate"));
    }
    (one.class != other.class)
        .then(|| format!("machine class `{}` of the baseline, `{}` of the candidate", one.class, other.class))
}
