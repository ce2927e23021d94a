//! Distributions of test statistics, and bounds of shares.

use statrs::distribution::{Beta, ContinuousCDF, Normal, StudentsT};

use crate::domain::evaluation::{Bounds, Tally};

/// What lies outside the bounds on either side.
const TAIL: f64 = 0.025;

/// The chance of a standard normal deviate at least so far from 0.
pub(super) fn normal_two_sided(z: f64) -> f64 {
    2.0 * Normal::standard().sf(z.abs())
}

/// The chance of a t at least so far from 0; 1 where there is no such distribution.
pub(super) fn student_two_sided(t: f64, freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom).map_or(1.0, |student| 2.0 * student.sf(t.abs()))
}

/// How sure the shares of a tally are.
pub(super) fn bounds(tally: &Tally) -> Bounds {
    let of = |hits| clopper_pearson(hits, tally.jobs);
    Bounds {
        alarms: of(tally.alarms),
        detected: of(tally.detected),
        wrong_direction: of(tally.wrong_direction),
        wrong_unchanged: of(tally.wrong_unchanged),
        inconclusive: of(tally.inconclusive),
    }
}

/// The bounds of a share. C. J. Clopper and E. S. Pearson, Biometrika 26 (1934), 404.
fn clopper_pearson(hits: u32, of: u32) -> (f64, f64) {
    let (k, n) = (f64::from(hits), f64::from(of));
    let bound = |a: f64, b: f64, level: f64| Beta::new(a, b).map(|beta| beta.inverse_cdf(level));
    // At the ends one of the two distributions has no mass but at the end.
    let lower = if hits == 0 { 0.0 } else { bound(k, n - k + 1.0, TAIL).unwrap_or(0.0) };
    let upper = if hits >= of { 1.0 } else { bound(k + 1.0, n - k, 1.0 - TAIL).unwrap_or(1.0) };
    (lower, upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.binomtest(k, n).proportion_ci(method="exact")`.
    #[test]
    fn bounds_are_those_of_scipy() {
        for (hits, of, lower, upper) in [
            (0, 300, 0.0, 0.012_220_974_7),
            (3, 300, 0.002_067_007_2, 0.028_944_511_3),
            (150, 300, 0.441_997_720_8, 0.558_002_279_2),
            (300, 300, 0.987_779_025_3, 1.0),
        ] {
            let (found_lower, found_upper) = clopper_pearson(hits, of);
            assert!((found_lower - lower).abs() < 1e-6 && (found_upper - upper).abs() < 1e-6, "{hits}/{of}");
        }
    }

    /// `2 * scipy.stats.t.sf(t, df)` and `2 * scipy.stats.norm.sf(z)`.
    #[test]
    fn tails_are_those_of_scipy() {
        assert!((student_two_sided(2.101, 18.0) - 0.049_992_36).abs() < 1e-7);
        assert!((normal_two_sided(-1.96) - 0.049_995_790).abs() < 1e-6);
    }
}
