//! Both sides, query by query, to the verdict of the whole.

use std::cmp::Ordering;

use crate::domain::comparison::{Comparison, SeriesComparison, Sides, Tier};
use crate::domain::run::Arm;
use crate::domain::verdict::Verdict;

use super::gaps::with_gaps;
use super::ground::Footing;
use super::judge::{Judgement, METHOD, judge};
use super::movement::{Movement, Size};
use super::notes::notes;
use super::pair::{Pair, Row};
use super::rules;
use super::side::Side;

/// Compares the candidate with the baseline, series by series of the queries in force. Never fails: what can't be
/// judged has a verdict that says so, and no such verdict is a pass.
pub fn compare(sides: Sides<'_>) -> Comparison {
    let candidate = Side::new(Arm::Candidate, sides.candidate);
    let baseline = sides.baseline.map(|run| Side::new(Arm::Baseline, run));
    let notes = notes(baseline.as_ref(), &candidate, Footing::Stored);
    let pair = Pair::new(baseline, candidate, sides.today, Footing::Stored);
    let series = sides.queries.iter().flat_map(|query| pair.rows_of(query)).map(by_medians).collect();
    join(sides, series, METHOD, notes)
}

/// What the medians of both sides say of a series.
fn by_medians(row: Row<'_>) -> SeriesComparison {
    let Row { mut said, figures } = row;
    if let Some(figures) = figures {
        let judged = said.baseline.as_ref().zip(said.candidate.as_ref());
        let judged = judged.map(|(baseline, candidate)| judge(baseline, candidate, said.direction, &figures.terms));
        let (judgement, tier) = judged.unwrap_or((Judgement::plain(Verdict::NoData), None));
        said.verdict = judgement.verdict;
        said.tier = tier;
        said.counted = figures.counted(said.verdict, tier);
        said.reason = with_gaps(judgement.reason, figures.gaps);
    }
    said
}

/// The comparison of which these are the series.
pub(super) fn join(
    sides: Sides<'_>,
    mut series: Vec<SeriesComparison>,
    method: &str,
    mut notes: Vec<String>,
) -> Comparison {
    series.sort_by(worst_first);
    notes.extend(rules::without_series(sides));
    if !series.iter().any(|one| one.primary) {
        notes.push("no primary series with a limit: nothing could be judged".to_owned());
    }
    let valid = sides.candidate.rounds.iter().filter(|round| round.invalid.is_none());
    Comparison {
        verdict: whole(&series),
        method: method.to_owned(),
        baseline: sides.baseline.map(|run| run.summary.clone()),
        candidate: sides.candidate.summary.clone(),
        series,
        load: valid.flat_map(|round| round.load.iter().copied()).collect(),
        pairs: None,
        notes,
    }
}

/// The join over the primary series. Where none of them has anything to be compared with, the whole has no baseline:
/// `new` alone would read as a pass.
pub(super) fn whole(series: &[SeriesComparison]) -> Verdict {
    let primary = || series.iter().filter(|one| one.primary).map(deciding);
    match Verdict::join(primary()) {
        Verdict::New if primary().all(|verdict| verdict == Verdict::New) => Verdict::NoBaseline,
        verdict => verdict,
    }
}

/// The verdict with which a primary series joins: what only warns passes, and what may go does so like what comes.
fn deciding(series: &SeriesComparison) -> Verdict {
    match series.verdict {
        Verdict::Regression if series.tier == Some(Tier::Warn) => Verdict::Unchanged,
        Verdict::Gone if !series.required => Verdict::New,
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
