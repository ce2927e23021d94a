//! Both sides, query by query, to the verdict of the whole.

use std::cmp::Ordering;

use crate::domain::comparison::{Comparison, SeriesComparison, Sides};
use crate::domain::run::Arm;
use crate::domain::verdict::Verdict;

use super::judge::METHOD;
use super::movement::{Movement, Size};
use super::notes::notes;
use super::pair::Pair;
use super::side::Side;

/// Compares the candidate with the baseline, series by series of the queries in force. Never fails: what can't be
/// judged has a verdict that says so, and no such verdict is a pass.
pub fn compare(sides: Sides<'_>) -> Comparison {
    let candidate = Side::new(Arm::Candidate, sides.candidate);
    let baseline = sides.baseline.map(|run| Side::new(Arm::Baseline, run));
    let mut notes = notes(baseline.as_ref(), &candidate);
    let load = candidate.valid_rounds().iter().flat_map(|round| round.load.iter().copied()).collect();
    let pair = Pair::new(baseline, candidate, sides.today);
    let mut series: Vec<_> = sides.queries.iter().flat_map(|query| pair.series_of(query)).collect();
    series.sort_by(worst_first);
    if !series.iter().any(|one| one.primary) {
        notes.push("no primary series with a limit: nothing could be judged".to_owned());
    }
    Comparison {
        verdict: whole(&series),
        method: METHOD.to_owned(),
        baseline: sides.baseline.map(|run| run.summary.clone()),
        candidate: sides.candidate.summary.clone(),
        series,
        load,
        pairs: None,
        notes,
    }
}

/// The join over the primary series. Where all of them are new, nothing was compared with anything, and the whole
/// has no baseline: `new` alone would read as a pass.
pub(super) fn whole(series: &[SeriesComparison]) -> Verdict {
    let primary = || series.iter().filter(|one| one.primary).map(|one| one.verdict);
    match Verdict::join(primary()) {
        Verdict::New if primary().all(|verdict| verdict == Verdict::New) => Verdict::NoBaseline,
        verdict => verdict,
    }
}

/// By verdict; among equals what decides first, then the furthest beyond its limit, then by name.
pub(super) fn worst_first(one: &SeriesComparison, other: &SeriesComparison) -> Ordering {
    one.verdict
        .cmp(&other.verdict)
        .then_with(|| other.primary.cmp(&one.primary))
        .then_with(|| in_limits(other).total_cmp(&in_limits(one)))
        .then_with(|| one.key.cmp(&other.key))
}

/// How far a series moved either way, in limits; -1 where that has no meaning.
fn in_limits(series: &SeriesComparison) -> f64 {
    let (Some(baseline), Some(candidate), Some(limit)) = (&series.baseline, &series.candidate, &series.limit) else {
        return -1.0;
    };
    match Movement::between(baseline, candidate, series.direction).size(limit) {
        Size::Worse(limits) | Size::Better(limits) => limits,
        Size::None => 0.0,
        Size::Undefined => -1.0,
    }
}
