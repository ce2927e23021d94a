//! What a verdict rests on, in a few words: for headlines, columns and circumstances.

use crate::domain::comparison::{Comparison, Evidence, SeriesComparison};
use crate::domain::procedure::{Arrangement, PairsTold};
use crate::domain::verdict::Verdict;

use super::figures::{self, NONE};

/// A job measures at most so many pairs.
pub(super) const MOST_PAIRS: u32 = 100;

/// The end of a headline: `; by 16 pairs in turns`. Empty where nothing was compared.
pub(super) fn decided_by(comparison: &Comparison) -> String {
    let is_compared = !matches!(comparison.verdict, Verdict::Invalid | Verdict::NoData | Verdict::NoBaseline);
    if !is_compared || judged(comparison).next().is_none() {
        return String::new();
    }
    if let Some(pairs) = &comparison.pairs {
        let by = if comparison.verdict == Verdict::Inconclusive { "not decided by" } else { "by" };
        let looked = pairs.looks.last().copied().unwrap_or(pairs.valid);
        return format!("; {by} {}{}", figures::count(usize::from(looked), "pair"), arranged(pairs));
    }
    match master_sets(comparison) {
        Some(sets) => format!("; passed on history ({sets})"),
        None if comparison.verdict == Verdict::Inconclusive => "; not decided by medians of stored sets".to_owned(),
        None => "; by medians of stored sets".to_owned(),
    }
}

/// Of what history passed: the master sets of the past, each of which stands as a round of the baseline. `27 master sets`.
pub(super) fn master_sets(comparison: &Comparison) -> Option<String> {
    let is_history = judged(comparison).all(|series| series.evidence == Evidence::History);
    judged(comparison).next()?;
    let sets = comparison.baseline.as_ref().filter(|_| is_history)?.rounds.0;
    Some(figures::count(usize::from(sets), "master set"))
}

/// The series that decide, as far as their verdicts were read from figures.
fn judged(comparison: &Comparison) -> impl Iterator<Item = &SeriesComparison> {
    comparison.series.iter().filter(|series| series.primary && is_by_figures(series.verdict))
}

/// Whether a verdict was read from figures of both sides.
fn is_by_figures(verdict: Verdict) -> bool {
    use Verdict::{Improvement, Inconclusive, Regression, Unchanged};
    matches!(verdict, Regression | Improvement | Inconclusive | Unchanged)
}

/// The pairs as a circumstance: `16 valid of 17 measured in turns, looked at after 10 and 16`.
pub(super) fn pairs(pairs: &PairsTold) -> String {
    let looks: Vec<String> = pairs.looks.iter().map(ToString::to_string).collect();
    let looked = match looks.split_last() {
        None => "too few for a look".to_owned(),
        Some((only, [])) => format!("looked at after {only}"),
        Some((last, before)) => format!("looked at after {} and {last}", before.join(", ")),
    };
    format!("{} valid of {} measured{}, {looked}", pairs.valid, pairs.measured, arranged(pairs))
}

fn arranged(pairs: &PairsTold) -> &'static str {
    match pairs.arrangement {
        Some(Arrangement::Turns) => " in turns",
        Some(Arrangement::Twins) => " of twin stacks",
        None => "",
    }
}

/// What one series' verdict rests on: `16 pairs`, `history`, `medians`.
pub(super) fn basis(series: &SeriesComparison) -> String {
    match (series.evidence, &series.estimate) {
        _ if !is_by_figures(series.verdict) || series.limit.is_none() => NONE.to_owned(),
        (Evidence::Paired, Some(estimate)) => figures::count(usize::from(estimate.pairs), "pair"),
        (Evidence::Paired, None) => "pairs".to_owned(),
        (Evidence::History, _) => "history".to_owned(),
        (Evidence::Medians, _) => "medians".to_owned(),
    }
}

/// Whether a table needs a column for that: else the headline says it of all.
pub(super) fn needs_basis(comparison: &Comparison) -> bool {
    comparison.pairs.is_some() || comparison.series.iter().any(|series| series.evidence != Evidence::Medians)
}

/// About so many pairs would decide what is undecided and decides the whole; none where that is not known.
pub(super) fn pairs_needed(comparison: &Comparison) -> Option<u32> {
    let undecided = comparison.series.iter().filter(|one| one.primary && one.verdict == Verdict::Inconclusive);
    undecided.filter_map(|series| series.estimate.as_ref()?.pairs_needed).max()
}
