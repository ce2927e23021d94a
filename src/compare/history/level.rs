//! Values made ready for the search: logarithms where ratios make sense, and outliers cut down to what noise may do.

/// Half the width of the running median; a level that lasts longer than that survives it.
const HALF: usize = 4;
/// A value farther from the running median, in robust standard deviations, is cut to that.
const FARTHEST: f64 = 4.0;
/// From the median absolute deviation to a standard deviation, if the noise is normal: 1 / the 0.75 quantile.
pub(super) const MAD_TO_SD: f64 = 1.482_602_218_505_602;

/// A series as the search sees it.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Level {
    /// Around their mean.
    pub(super) values: Vec<f64>,
    mean: f64,
    is_log: bool,
}

impl Level {
    /// Of finite values: as logarithms if all are positive, else as they are.
    pub(super) fn of(values: &[f64]) -> Self {
        let is_log = values.iter().all(|value| *value > 0.0);
        let scaled: Vec<f64> = if is_log { values.iter().map(|value| value.ln()).collect() } else { values.to_vec() };
        let mut values = without_outliers(&scaled);
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        values.iter_mut().for_each(|value| *value -= mean);
        Self { values, mean, is_log }
    }

    /// What a difference between two levels is as a relative change; none from a level of 0.
    pub(super) fn relative(&self, from: f64, to: f64) -> Option<f64> {
        if self.is_log {
            return Some((to - from).exp_m1());
        }
        let before = self.mean + from;
        // Beside what rounding leaves of it.
        (before.abs() > self.mean.abs() * 1e-12).then(|| (to - from) / before.abs())
    }
}

/// The values, those far from their neighbours' median moved nearer (a Hampel filter that winsorises). A level of at least
/// five values is left as it is, also at the ends.
fn without_outliers(values: &[f64]) -> Vec<f64> {
    let around = |at: usize| {
        let near = &values[at.saturating_sub(HALF)..(at + HALF + 1).min(values.len())];
        median(near.to_vec()).unwrap_or(values[at])
    };
    let medians: Vec<f64> = (0..values.len()).map(around).collect();
    let off = values.iter().zip(&medians).map(|(value, median)| (value - median).abs()).collect();
    let most = FARTHEST * MAD_TO_SD * median(off).unwrap_or(0.0);
    if most == 0.0 {
        // More than half are as their neighbours: then nothing is known of the noise.
        return values.to_vec();
    }
    values.iter().zip(&medians).map(|(value, median)| value.clamp(median - most, median + most)).collect()
}

/// The median; of an even number the mean of the two in the middle. None of none.
pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    let is_even = values.len().is_multiple_of(2);
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    let lower = below.iter().copied().max_by(f64::total_cmp).filter(|_| is_even);
    Some(lower.map_or(upper, |lower| lower.midpoint(upper)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outlier_is_cut_and_a_level_is_not() {
        let wave = |at: usize| (at * 7 % 5) as f64 / 10.0;
        let mut values: Vec<f64> = (0..40).map(|at| wave(at) + if at >= 35 { 10.0 } else { 0.0 }).collect();
        assert_eq!(without_outliers(&values), values);
        values[20] = 50.0;
        let cut = without_outliers(&values);
        assert!(cut[20] < 3.0, "{}", cut[20]);
        values[20] = cut[20];
        assert_eq!(cut, values);
    }

    #[test]
    fn changes_are_relative_on_both_scales() {
        let logs = Level::of(&[1.0, 2.0]);
        assert!((logs.relative(logs.values[0], logs.values[1]).unwrap() - 1.0).abs() < 1e-12);
        let plain = Level::of(&[-1.0, 1.0]);
        assert_eq!(plain.relative(plain.values[0], plain.values[1]), Some(2.0));
        let from_zero = Level::of(&[0.0, 1.0]);
        assert_eq!(from_zero.relative(from_zero.values[0], from_zero.values[1]), None);
    }

    #[test]
    fn medians() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![4.0, 1.0, 3.0]), Some(3.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }
}
