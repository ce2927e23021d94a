//! The plain method: a change counts when the medians are beyond the limit and the rounds of the two sides do not
//! overlap.

use crate::domain::comparison::{SideSummary, Tier};
use crate::domain::limit::{Direction, Limit};
use crate::domain::query::SeriesTerms;
use crate::domain::verdict::Verdict;

use super::movement::{Movement, Size, reaches};

/// How the method is called in reports.
pub(super) const METHOD: &str = "stored sets: medians over rounds; a change counts beyond its limit when every round \
     of one side is worse than every round of the other";

/// A single round says nothing of the noise between rounds, so from one nothing can be claimed.
const FEWEST_ROUNDS: usize = 2;

/// A verdict, with the reason where the figures do not say it.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    pub(super) reason: Option<String>,
}

impl Judgement {
    /// A verdict that speaks for itself.
    pub(super) fn plain(verdict: Verdict) -> Self {
        Self { verdict, reason: None }
    }

    /// A verdict with its reason.
    pub(super) fn because(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self { verdict, reason: Some(reason.into()) }
    }
}

/// Judges a series by its values, one a round; of a regression, with the limit that it passed.
pub(super) fn judge(
    baseline: &SideSummary,
    candidate: &SideSummary,
    direction: Direction,
    terms: &SeriesTerms,
) -> (Judgement, Option<Tier>) {
    let Some(limit) = &terms.limit else {
        // The honest one of the nine: whether it changed is not said. Such a series is never primary.
        return (Judgement::because(Verdict::Inconclusive, "no limit: reported, never judged"), None);
    };
    let movement = Movement::between(baseline, candidate, direction);
    let is_beyond = |limit: &Limit| match movement.size(limit) {
        Size::Worse(limits) => reaches(limits, 1.0),
        // From or to 0, where that is a value as any other: beyond every relative change.
        Size::Undefined => movement.is_worse(),
        Size::None | Size::Better(_) => false,
    };
    let is_better = match (&terms.improvement, movement.size(limit)) {
        (Some(improvement), _) => movement.is_better_by(improvement),
        (None, Size::Better(limits)) => reaches(limits, 1.0),
        (None, Size::Undefined) => !movement.is_worse(),
        (None, Size::None | Size::Worse(_)) => false,
    };
    if movement.size(limit) == Size::Undefined && (!terms.nullable || movement.has_turned()) {
        let what = match (movement.has_turned(), baseline.median == 0.0) {
            (true, _) => "one side is positive and the other negative",
            (false, true) => "the baseline is 0",
            (false, false) => "the candidate is 0",
        };
        let reason = format!("{what}, so there is no relative change: give the limit an absolute part");
        return (Judgement::because(Verdict::Invalid, reason), None);
    }
    let (worse, better) = (&candidate.values, &baseline.values);
    if is_beyond(limit) {
        claimed(Verdict::Regression, Some(Tier::Fail), worse, better, direction)
    } else if terms.warn.as_ref().is_some_and(is_beyond) {
        claimed(Verdict::Regression, Some(Tier::Warn), worse, better, direction)
    } else if is_better {
        claimed(Verdict::Improvement, None, better, worse, direction)
    } else {
        (Judgement::plain(Verdict::Unchanged), None)
    }
}

/// A claim of change, where the rounds bear it.
fn claimed(
    claim: Verdict,
    tier: Option<Tier>,
    worse: &[f64],
    better: &[f64],
    direction: Direction,
) -> (Judgement, Option<Tier>) {
    let fewest = worse.len().min(better.len());
    // What looks better, or within its limit, is not worse beyond it, and nobody has to measure again for that.
    let (beyond, in_doubt) = match (claim, tier) {
        (_, Some(Tier::Warn)) => ("beyond the limit that warns", Verdict::Unchanged),
        (Verdict::Improvement, _) if fewest >= FEWEST_ROUNDS => ("better beyond the limit", Verdict::Unchanged),
        _ => ("beyond the limit", Verdict::Inconclusive),
    };
    let doubt = if fewest < FEWEST_ROUNDS {
        format!("{beyond}, but {fewest} round on a side: a change needs at least {FEWEST_ROUNDS} a side")
    } else if !is_separated(worse, better, direction) {
        format!("{beyond}, but the rounds of the two sides overlap")
    } else {
        return (Judgement::plain(claim), tier);
    };
    (Judgement::because(in_doubt, doubt), None)
}

/// Whether every value of one side is worse than every value of the other.
fn is_separated(worse: &[f64], better: &[f64], direction: Direction) -> bool {
    let (above, below) = match direction {
        Direction::Lower => (worse, better),
        Direction::Higher => (better, worse),
    };
    let lowest = above.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    lowest > highest
}
