//! Slow drift: a trend over the last values of a series that makes no step.

use statrs::distribution::{ContinuousCDF, Normal};

use super::level::{Level, median};
use super::noise::autocorrelation;
use crate::domain::change::Drift;

/// A drift is looked for in so many values at the end, at most.
const MOST: usize = 60;
/// In fewer, a trend is a matter of chance.
const FEWEST: usize = 20;
/// How sure a trend has to be.
const LEVEL: f64 = 0.001;
/// Where the values lie so near to their line, by the share of variance that it leaves, what is left is the line's own
/// curve, as that of logarithms, and no noise whose autocorrelation means anything.
const SMOOTH: f64 = 0.01;
/// No more autocorrelation is allowed for: beyond it there are hardly any independent values left.
const MOST_PHI: f64 = 0.95;

/// The drift of what lies behind the last step, at `since`, if it is sure and as large as `least` in all.
pub(super) fn drift(level: &Level, since: usize, least: f64) -> Option<Drift> {
    let from = since.max(level.values.len().saturating_sub(MOST));
    let values = &level.values[from..];
    if values.len() < FEWEST {
        return None;
    }
    let slope = slope(values)?;
    let p = trend(values, slope)?;
    let steps = (values.len() - 1) as f64;
    // The line goes through the middle.
    let middle = median(values.to_vec())?;
    let magnitude = level.relative(middle - slope * steps / 2.0, middle + slope * steps / 2.0);
    let is_large = magnitude.is_none_or(|magnitude| magnitude.abs() >= least);
    (p <= LEVEL && is_large).then_some(Drift { from, points: values.len(), magnitude, p })
}

/// The slope of Theil and Sen: the median of the slopes between all pairs of values.
pub(super) fn slope(values: &[f64]) -> Option<f64> {
    let pairs = (0..values.len()).flat_map(|first| {
        let slope = move |second: usize| (values[second] - values[first]) / (second - first) as f64;
        (first + 1..values.len()).map(slope)
    });
    median(pairs.collect())
}

/// The two-sided p-value of the test of Mann and Kendall, its variance enlarged for autocorrelation as by Yue and Wang
/// (Water Resources Management 18, 2004), that of the values without their trend being of first order. None where all
/// values are equal.
pub(super) fn trend(values: &[f64], slope: f64) -> Option<f64> {
    let (score, variance) = score(values);
    let middle = (values.len() - 1) as f64 / 2.0;
    let mut flat: Vec<f64> =
        values.iter().enumerate().map(|(at, value)| value - slope * (at as f64 - middle)).collect();
    let mean = flat.iter().sum::<f64>() / flat.len() as f64;
    flat.iter_mut().for_each(|value| *value -= mean);
    let is_smooth = deviation(&flat) <= SMOOTH * deviation(values);
    let phi = if is_smooth { 0.0 } else { autocorrelation(&flat, 2).clamp(0.0, MOST_PHI) };
    let variance = variance * inflation(values.len(), phi);
    (variance > 0.0).then(|| 2.0 * Normal::standard().sf((score.abs() - 1.0).max(0.0) / variance.sqrt()))
}

/// The sum of squares around the mean.
fn deviation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| (value - mean).powi(2)).sum()
}

/// How often a later value is higher less how often it is lower, over all pairs; and the variance of that in any order,
/// ties counted.
pub(super) fn score(values: &[f64]) -> (f64, f64) {
    let mut score = 0.0;
    for (first, value) in values.iter().enumerate() {
        score += values[first + 1..].iter().map(|later| sign(later - value)).sum::<f64>();
    }
    let of = |count: f64| count * (count - 1.0) * (2.0 * count + 5.0);
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let ties: f64 = sorted.chunk_by(|one, other| one == other).map(|tie| of(tie.len() as f64)).sum();
    (score, (of(values.len() as f64) - ties) / 18.0)
}

fn sign(difference: f64) -> f64 {
    if difference == 0.0 { 0.0 } else { difference.signum() }
}

/// By how much the variance of a mean of so many values grows by autocorrelation: 1 + 2 sum (1 - k / n) phi^k.
pub(super) fn inflation(count: usize, phi: f64) -> f64 {
    let mut share = 1.0;
    let lags = (1..count).map(|lag| {
        share *= phi;
        (1.0 - lag as f64 / count as f64) * share
    });
    1.0 + 2.0 * lags.sum::<f64>()
}
