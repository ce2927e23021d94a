//! Rules over history: one round against those of the past.

use super::View;
use crate::domain::verdict::Verdict;
use crate::evaluate::sample::{moments, quantile};

/// So many standard deviations from the mean are a change.
const SIGMAS: f64 = 3.0;
/// So many interquartile ranges beyond the third quartile of past changes are a change.
const RANGES: f64 = 3.0;

/// The candidate's round lies too far from the mean of the past.
pub(super) fn z_score(view: &View<'_>) -> Verdict {
    let Some(value) = view.candidate.first() else { return Verdict::NoData };
    let (mean, variance) = moments(view.past);
    view.verdict((value - mean).abs() > SIGMAS * variance.sqrt(), value - mean)
}

/// The change from the last round is larger than Q3 + 3 IQR of the changes before, signs left out.
pub(super) fn iqr(view: &View<'_>) -> Verdict {
    let (Some(value), Some(last)) = (view.candidate.first(), view.past.last()) else { return Verdict::NoData };
    let changes: Vec<f64> = view.past.windows(2).map(|two| view.change(two[0], two[1]).abs()).collect();
    let (first, third) = (quantile(&changes, 0.25), quantile(&changes, 0.75));
    let change = view.change(*last, *value);
    view.verdict(change.abs() > third + RANGES * (third - first), change)
}
