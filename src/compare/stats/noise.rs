//! How noisy paired differences are, and what could be seen through the noise.

use statrs::distribution::{ContinuousCDF, Normal};

/// Makes the median of absolute pairwise differences that of the standard deviation of a normal distribution.
const TO_NORMAL: f64 = 1.048_358;
/// What ranks lose against means where noise is normal: 3/pi of the pairs.
const EFFICIENCY: f64 = 3.0 / std::f64::consts::PI;
/// How often an effect is to be found to count as seen.
const FOUND: f64 = 0.8;

/// The standard deviation of differences between pairs, as little moved by outliers as the estimate is: the median of
/// |x - y| over all pairs of them (Shamos 1976; Rousseeuw and Croux 1993, <https://doi.org/10.2307/2291267>), as
/// efficient as 86 % of the plain one where noise is normal. Where more than half of them are equal, the plain one. None
/// of fewer than two.
pub(in super::super) fn spread(differences: &[f64]) -> Option<f64> {
    let mut apart: Vec<f64> = Vec::with_capacity(differences.len() * differences.len() / 2);
    for (index, one) in differences.iter().enumerate() {
        apart.extend(differences[index + 1..].iter().map(|other| (one - other).abs()));
    }
    let middle = apart.len().checked_sub(1)? / 2;
    let (_, median, _) = apart.select_nth_unstable_by(middle, f64::total_cmp);
    if *median > 0.0 {
        return Some(TO_NORMAL * *median);
    }
    let count = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / count;
    Some((differences.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt())
}

/// What a comparison can see: its noise, and how sure it has to be.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Power {
    /// The standard deviation of the differences.
    pub(in super::super) spread: f64,
    /// The chance of a false claim that a series has, its share among all that are judged together.
    pub(in super::super) claim: f64,
    /// The chance of error of the bound that shows that nothing changed.
    pub(in super::super) bound: f64,
    /// How far a series may move.
    pub(in super::super) limit: f64,
}

impl Power {
    /// The smallest effect that is found beyond the limit four times in five, with so many pairs. An effect of just the
    /// limit is estimated below it half of the time, so it takes more than that even without a test.
    pub(in super::super) fn detectable(&self, pairs: usize) -> f64 {
        let error = self.spread / (pairs as f64 * EFFICIENCY).sqrt();
        let (claim, found) = (quantile(1.0 - self.claim), quantile(FOUND));
        ((claim + found) * error).max(self.limit + found * error)
    }

    /// About how many pairs decide a series, by `((z_a + z_b) sd / limit)^2`; and where the estimate lies closer to the
    /// limit than to 0, so many that it can be told from the limit. None: more than anybody measures.
    pub(in super::super) fn needed(&self, estimate: f64) -> Option<u32> {
        let pairs = |z: f64, effect: f64| (z * self.spread / effect).powi(2) / EFFICIENCY;
        let claimed = pairs(quantile(1.0 - self.claim) + quantile(FOUND), self.limit.max(estimate));
        let bounded =
            if estimate < self.limit { pairs(quantile(1.0 - self.bound), self.limit - estimate.max(0.0)) } else { 0.0 };
        let most = claimed.max(bounded).ceil();
        (most <= MOST_NEEDED).then_some(most as u32)
    }
}

/// From here on a number of pairs says nothing but that there are too many.
const MOST_NEEDED: f64 = 10_000.0;

fn quantile(chance: f64) -> f64 {
    Normal::standard().inverse_cdf(chance.clamp(1e-12, 1.0 - 1e-12))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By numpy: 1.048358 times the median of the ten pairwise distances.
    #[test]
    fn the_spread_is_that_of_pairwise_distances_and_shrugs_at_an_outlier() {
        let spread = |values: &[f64]| spread(values).unwrap();
        assert!((spread(&[1.0, 2.0, 4.0, 7.0]) - TO_NORMAL * 3.0).abs() < 1e-12);
        assert!((spread(&[1.0, 2.0, 3.0, 4.0, 5.0, 1e9]) / spread(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]) - 1.0).abs() < 0.6);
        assert!((spread(&[0.0, 0.0, 0.0, 0.0, 5.0]) - 5f64.sqrt()).abs() < 1e-12);
        assert_eq!(super::spread(&[1.0]), None);
    }

    /// ((1.960 + 0.842) 10 / 10)^2 = 7.85 pairs by means, as in every textbook; a 1.047th more by ranks.
    #[test]
    fn pairs_are_those_of_the_textbook() {
        let power = Power { spread: 0.1, claim: 0.025, bound: 0.05, limit: 0.1 };
        assert_eq!(power.needed(0.1), Some(9));
        assert_eq!(Power { limit: 0.01, ..power }.needed(0.0), Some(822));
        assert_eq!(Power { limit: 1e-6, ..power }.needed(0.0), None);
        assert_eq!(Power { limit: 0.0, ..power }.needed(-0.1), None);
    }

    #[test]
    fn an_estimate_close_to_the_limit_takes_more_pairs() {
        let power = Power { spread: 0.1, claim: 0.025, bound: 0.05, limit: 0.1 };
        assert!(power.needed(0.08) > power.needed(0.02));
    }

    #[test]
    fn what_was_detectable_takes_exactly_the_pairs_at_hand() {
        let power = Power { spread: 0.026, claim: 0.0025, bound: 0.0125, limit: 0.0 };
        let effect = power.detectable(32);
        assert_eq!(Power { limit: effect, ..power }.needed(effect), Some(32));
        // Half of all effects of just the limit are estimated below it.
        assert!(Power { limit: 0.03, ..power }.detectable(1000) > 0.03);
    }
}
