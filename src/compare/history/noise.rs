//! The noise of a series, and histories that it could have made without any step.
//!
//! Noise is taken for an autoregression of first order, x(t) = phi x(t-1) + e(t). A permuted history is one of the e in
//! another order, with phi put in again. With phi = 0 that is the plain permutation of the values.

use super::scan::{Scan, sums};

/// More autocorrelation than this is no noise around a level any more, and could not be told from steps.
const MOST_PHI: f64 = 0.9;

/// What the values of a series vary by when nothing happens.
#[derive(Clone, Debug)]
pub(super) struct Noise {
    phi: f64,
    /// The e.
    innovations: Vec<f64>,
}

impl Noise {
    /// Of `residuals`, which hold every step that is not proven yet. Their autocorrelation is that of `flat`, from which
    /// every possible step is removed, so many in all.
    pub(super) fn of(residuals: &[f64], flat: &[f64], removed: usize) -> Self {
        let phi = autocorrelation(flat, 2 * removed + 1);
        // As far as it is surely more than none: among few values half of all chance would count as autocorrelation,
        // and steps be lost to it.
        let phi = (phi - 1.0 / (flat.len() as f64).sqrt()).clamp(0.0, MOST_PHI);
        // The first has the variance of the series.
        let first = residuals.first().map(|value| value * (1.0 - phi * phi).sqrt());
        let others = residuals.windows(2).map(|pair| pair[1] - phi * pair[0]);
        Self { phi, innovations: first.into_iter().chain(others).collect() }
    }

    /// How strong, in variances of its values, the strongest split is in each of so many permuted histories, until more
    /// than `allowed` of them reach `bar`: then there is no need to know the others.
    pub(super) fn strengths(&self, scan: &Scan, bar: f64, draws: usize, allowed: usize, seed: u64) -> Vec<f64> {
        let mut stream = Stream(seed);
        let (mut order, mut all, mut values) = (self.innovations.clone(), Vec::new(), Vec::new());
        let (mut strengths, mut reached) = (Vec::with_capacity(draws), 0);
        while strengths.len() < draws && reached <= allowed {
            stream.shuffle(&mut order);
            self.colour(&order, &mut values);
            sums(&values, &mut all);
            let spread = variance(&values);
            let strength = if spread > 0.0 { scan.strongest(&all) / spread } else { 0.0 };
            reached += usize::from(strength >= bar);
            strengths.push(strength);
        }
        strengths
    }

    fn colour(&self, innovations: &[f64], values: &mut Vec<f64>) {
        values.clear();
        let Some(first) = innovations.first() else { return };
        let mut value = first / (1.0 - self.phi * self.phi).sqrt();
        values.push(value);
        values.extend(innovations[1..].iter().map(|innovation| {
            value = self.phi * value + innovation;
            value
        }));
    }
}

/// The variance of values around their mean.
pub(super) fn variance(values: &[f64]) -> f64 {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count
}

/// The autocorrelation of successive values whose mean is 0, without the bias that it has where `fitted` means (and
/// places of steps) were fitted to them: (1 + 3 phi) / n for each, after Marriott and Pope (Biometrika 41, 1954).
pub(super) fn autocorrelation(values: &[f64], fitted: usize) -> f64 {
    let squares: f64 = values.iter().map(|value| value * value).sum();
    if squares == 0.0 {
        return 0.0;
    }
    let found = values.windows(2).map(|pair| pair[0] * pair[1]).sum::<f64>() / squares;
    found + (1.0 + 3.0 * found) * fitted as f64 / values.len() as f64
}

/// A stream of random numbers, the same on every machine (SplitMix64).
struct Stream(u64);

impl Stream {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// All orders alike (Fisher and Yates).
    fn shuffle(&mut self, values: &mut [f64]) {
        for last in (1..values.len()).rev() {
            // The high half of the product is uniform up to 2^-64 of its range.
            let chosen = (u128::from(self.next()) * (last as u128 + 1)) >> 64;
            values.swap(last, chosen as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_autocorrelation_it_is_a_permutation() {
        let values = [1.0, -1.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5];
        let noise = Noise::of(&values, &values, 0);
        assert_eq!(noise.phi, 0.0);
        let mut coloured = Vec::new();
        noise.colour(&noise.innovations, &mut coloured);
        assert_eq!(coloured, values);
    }

    #[test]
    fn autocorrelation_is_taken_out_and_put_in_again() {
        let values: Vec<f64> = (0..200).map(|at| (f64::from(at) / 20.0).sin()).collect();
        let noise = Noise::of(&values, &values, 0);
        assert_eq!(noise.phi, MOST_PHI);
        let mut coloured = Vec::new();
        noise.colour(&noise.innovations, &mut coloured);
        assert!(values.iter().zip(&coloured).all(|(one, other)| (one - other).abs() < 1e-9));
    }

    #[test]
    fn every_order_comes_as_often() {
        let mut stream = Stream(7);
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..6000 {
            let mut values = [1.0, 2.0, 3.0];
            stream.shuffle(&mut values);
            *counts.entry(values.map(|value| value as u8)).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 6);
        assert!(counts.values().all(|count| (900..1100).contains(count)), "{counts:?}");
    }
}
