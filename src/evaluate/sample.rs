//! Draws: normal deviates, counts of rare events, and what of a sample is needed.

use rand::Rng;
use rand::rngs::StdRng;

/// A standard normal deviate, by the method of Box and Muller.
pub(super) fn normal(random: &mut StdRng) -> f64 {
    let (radius, angle): (f64, f64) = (1.0 - random.random::<f64>(), random.random());
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

/// How many of `of` events happen, each with this chance: by the gaps between those that do.
pub(super) fn count(random: &mut StdRng, of: f64, chance: f64) -> f64 {
    if chance <= 0.0 {
        return 0.0;
    }
    let (mut place, mut hits) = (0.0, 0.0);
    loop {
        // The gap before the next that happens has a geometric distribution.
        place += ((1.0 - random.random::<f64>()).ln() / (1.0 - chance).ln()).floor() + 1.0;
        if place > of {
            return hits;
        }
        hits += 1.0;
    }
}

/// The value below which a share of a sample lies, interpolated; NaN of nothing.
pub(super) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = share * last as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

/// The mean of a sample and the square of its standard deviation.
pub(super) fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, squares / (n - 1.0))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn deviates_are_normal() {
        let mut random = StdRng::seed_from_u64(1);
        let drawn: Vec<f64> = (0..20_000).map(|_| normal(&mut random)).collect();
        let (mean, variance) = moments(&drawn);
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
        assert!((quantile(&drawn, 0.975) - 1.96).abs() < 0.06);
    }

    #[test]
    fn rare_events_have_their_share() {
        let mut random = StdRng::seed_from_u64(2);
        let hits: f64 = (0..1000).map(|_| count(&mut random, 1600.0, 0.005)).sum();
        // 8,000 are expected; their standard deviation is 89.
        assert!((hits - 8000.0).abs() < 360.0, "{hits}");
        assert_eq!(count(&mut random, 10.0, 0.0), 0.0);
        assert_eq!(count(&mut random, 10.0, 1.0), 10.0);
    }

    #[test]
    fn quantiles_are_interpolated() {
        assert_eq!(quantile(&[3.0, 1.0, 2.0, 4.0], 0.5), 2.5);
        assert_eq!(quantile(&[3.0, 1.0, 2.0, 4.0, 5.0], 0.75), 4.0);
        assert!(quantile(&[], 0.5).is_nan());
    }
}
