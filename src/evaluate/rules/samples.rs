//! Rules over samples of rounds that are not paired: thresholds, Welch's t-test, randomisation.

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::View;
use crate::domain::verdict::Verdict;
use crate::evaluate::distribution::student_two_sided;
use crate::evaluate::sample::{moments, quantile};

/// What Welch's test calls significant.
const WELCH_LEVEL: f64 = 0.05;
/// Random divisions, and the share of them that a difference must exceed.
const DIVISIONS: usize = 1000;
const BEYOND: f64 = 0.99;

/// The medians differ by more than the limit.
pub(super) fn beyond_limit(view: &View<'_>) -> Verdict {
    let change = view.change(quantile(&view.baseline, 0.5), quantile(&view.candidate, 0.5));
    view.verdict(change.abs() > view.limit, change)
}

/// The means differ, by a t-test that allows for unequal variances. B. L. Welch, Biometrika 34 (1947), 28.
pub(super) fn welch(view: &View<'_>) -> Verdict {
    let (before, variance_before) = moments(&view.baseline);
    let (after, variance_after) = moments(&view.candidate);
    let parts = (variance_before / view.baseline.len() as f64, variance_after / view.candidate.len() as f64);
    let error = (parts.0 + parts.1).sqrt();
    if error == 0.0 || !error.is_finite() {
        return view.verdict(error == 0.0 && before != after, after - before);
    }
    let freedom = (parts.0 + parts.1).powi(2)
        / (parts.0.powi(2) / (view.baseline.len() as f64 - 1.0)
            + parts.1.powi(2) / (view.candidate.len() as f64 - 1.0));
    let p = student_two_sided((after - before) / error, freedom);
    view.verdict(p < WELCH_LEVEL, after - before)
}

/// The medians differ by more than the limit, and by more than in 99 % of random divisions of all rounds in two halves.
pub(super) fn randomised(view: &View<'_>) -> Verdict {
    let observed = quantile(&view.candidate, 0.5) - quantile(&view.baseline, 0.5);
    let change = view.change(quantile(&view.baseline, 0.5), quantile(&view.candidate, 0.5));
    if change.abs() <= view.limit {
        return Verdict::Unchanged;
    }
    let mut random = StdRng::seed_from_u64(view.seed);
    let mut all: Vec<f64> = view.baseline.iter().chain(&view.candidate).copied().collect();
    let half = view.baseline.len();
    let mut divided = || {
        all.shuffle(&mut random);
        (quantile(&all[half..], 0.5) - quantile(&all[..half], 0.5)).abs()
    };
    let differences: Vec<f64> = (0..DIVISIONS).map(|_| divided()).collect();
    view.verdict(observed.abs() > quantile(&differences, BEYOND), observed)
}
