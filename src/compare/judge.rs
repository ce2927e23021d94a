//! The plain method: a change counts when the medians are beyond the limit and the rounds of the two sides do not
//! overlap.

use crate::domain::limit::{Direction, Limit};
use crate::domain::verdict::Verdict;

use super::movement::{Movement, Size};

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

    /// Whether it was read from the values of both sides.
    pub(super) fn is_by_figures(&self) -> bool {
        use Verdict::{Improvement, Inconclusive, Regression, Unchanged};
        matches!(self.verdict, Regression | Improvement | Unchanged | Inconclusive)
    }

    /// A verdict with its reason.
    pub(super) fn because(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self { verdict, reason: Some(reason.into()) }
    }
}

/// Judges a series by its values, one a round, of which `movement` holds the medians.
pub(super) fn judge(baseline: &[f64], candidate: &[f64], movement: Movement, limit: &Limit) -> Judgement {
    let (claim, worse, better) = match movement.size(limit) {
        Size::None => return Judgement::plain(Verdict::Unchanged),
        Size::Undefined => {
            let reason = "the baseline is 0, so there is no relative change: give the limit an absolute part";
            return Judgement::because(Verdict::Invalid, reason);
        }
        Size::Worse(limits) if limits >= 1.0 => (Verdict::Regression, candidate, baseline),
        Size::Better(limits) if limits >= 1.0 => (Verdict::Improvement, baseline, candidate),
        Size::Worse(_) | Size::Better(_) => return Judgement::plain(Verdict::Unchanged),
    };
    let fewest = baseline.len().min(candidate.len());
    if fewest < FEWEST_ROUNDS {
        let reason =
            format!("beyond the limit, but {fewest} round on a side: a change needs at least {FEWEST_ROUNDS} a side");
        Judgement::because(Verdict::Inconclusive, reason)
    } else if is_separated(worse, better, movement.direction) {
        Judgement::plain(claim)
    } else if claim == Verdict::Improvement {
        // What looks better is not worse, and nobody has to measure again for that.
        Judgement::because(Verdict::Unchanged, "better beyond the limit, but the rounds of the two sides overlap")
    } else {
        Judgement::because(Verdict::Inconclusive, "beyond the limit, but the rounds of the two sides overlap")
    }
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
