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

/// Why no round of a side can be used, if so.
fn unusable(side: &Side<'_>) -> Option<String> {
    let Side { arm, run, .. } = side;
    match (run.summary.state, arm) {
        (RunState::Invalidated, _) => return Some(format!("the {arm}'s run was invalidated")),
        (RunState::Partial, Arm::Baseline) => return Some("the baseline's run is only a part of one".to_owned()),
        (RunState::Partial, Arm::Candidate) | (RunState::Complete, _) => {}
    }
    if !side.valid_rounds().is_empty() {
        return None;
    }
    let first = run.rounds.iter().find_map(|round| round.invalid.as_deref());
    Some(format!("the {arm} has no valid round: {}", first.unwrap_or("none was measured")))
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
