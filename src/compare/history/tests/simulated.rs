//! Against simulated histories whose truth is known. The rates that the documentation tells are of many thousands of
//! these; here there are as many as it takes to see it broken.

use super::super::{DEFAULT_LIMIT, changes};

/// Noise of 3 %, autocorrelated, around 1, of a generator of its own: Marsaglia's xorshift and Box and Muller.
struct Simulated(u64);

impl Simulated {
    fn unit(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }

    fn history(&mut self, length: usize, phi: f64) -> Vec<f64> {
        let mut noise = self.normal();
        let mut next = || {
            noise = phi * noise + (1.0 - phi * phi).sqrt() * self.normal();
            (0.03 * noise).exp()
        };
        (0..length).map(|_| next()).collect()
    }
}

/// The values, from `at` on higher by a part.
fn step(mut values: Vec<f64>, at: usize, part: f64) -> Vec<f64> {
    values[at..].iter_mut().for_each(|value| *value *= 1.0 + part);
    values
}

fn places(values: &[f64]) -> Vec<usize> {
    changes(values, DEFAULT_LIMIT, 1).points.iter().map(|point| point.at).collect()
}

#[test]
fn a_step_of_5_percent_is_placed_once_20_commits_follow_it() {
    let mut simulated = Simulated(2463534242);
    let is_placed = |_: &usize| {
        let values = step(simulated.history(120, 0.0), 100, 0.05);
        places(&values).iter().any(|at| at.abs_diff(100) <= 6)
    };
    let placed = (0..40).filter(is_placed).count();
    assert!(placed >= 34, "{placed} of 40");
}

#[test]
fn noise_makes_no_steps_with_autocorrelation_either() {
    let mut simulated = Simulated(88172645463325252);
    for phi in [0.0, 0.3, 0.6] {
        let found: usize = (0..100).map(|_| places(&simulated.history(100, phi)).len()).sum();
        // 10,000 values: one in 2,000 would be 5; it is far fewer.
        assert!(found <= 2, "{found} steps of noise with autocorrelation {phi}");
    }
}

#[test]
fn what_was_mended_soon_is_seen_as_two_steps() {
    let mut values = step(Simulated(42).history(600, 0.0), 300, 0.1);
    values = step(values, 325, 1.0 / 1.1 - 1.0);
    let found = places(&values);
    assert!(matches!(found.as_slice(), [up, down] if up.abs_diff(300) <= 2 && down.abs_diff(325) <= 2), "{found:?}");
    let sizes: Vec<_> = changes(&values, 0.03, 1).points.iter().filter_map(|point| point.magnitude).collect();
    assert!((sizes[0] - 0.1).abs() < 0.02 && (sizes[1] + 0.09).abs() < 0.02, "{sizes:?}");
}

#[test]
fn many_steps_are_seen_though_each_hides_the_others() {
    let mut simulated = Simulated(7);
    let noise = simulated.history(800, 0.0);
    let is_high = |at: usize| at / 100 % 2 == 1;
    let values: Vec<f64> = noise.iter().enumerate().map(|(at, v)| if is_high(at) { v * 1.08 } else { *v }).collect();
    let found = places(&values);
    assert_eq!(found.len(), 7, "{found:?}");
    assert!(found.iter().zip(1..).all(|(at, number)| at.abs_diff(number * 100) <= 6), "{found:?}");
}

#[test]
fn steps_below_half_the_limit_and_outliers_are_none() {
    let flat = |at: usize| 1.0 + 0.001 * (at * 7 % 5) as f64;
    let small = |at: usize| flat(at) * if at >= 30 { 1.012 } else { 1.0 };
    let values: Vec<f64> = (0..60).map(small).collect();
    assert_eq!(places(&values), Vec::<usize>::new());
    assert_eq!(changes(&values, 0.02, 1).points.len(), 1);
    let mut values: Vec<f64> = (0..60).map(flat).collect();
    values[20] = 50.0;
    values[41] = 0.01;
    assert_eq!(places(&values), Vec::<usize>::new());
}

#[test]
fn a_drift_without_noise_is_told_though_its_logarithms_curve() {
    let values: Vec<f64> = (100..160).map(f64::from).collect();
    let found = changes(&values, DEFAULT_LIMIT, 1);
    assert!(found.drift.is_some() || !found.points.is_empty(), "{found:?}");
}

#[test]
fn a_slow_drift_is_told_where_it_makes_no_step() {
    let mut simulated = Simulated(99);
    let noise = simulated.history(60, 0.0);
    let drifting = |part: f64| -> Vec<f64> {
        noise.iter().enumerate().map(|(at, value)| value.powf(0.3) * (part * at as f64 / 59.0).exp()).collect()
    };
    let found = changes(&drifting(0.02), DEFAULT_LIMIT, 1);
    let drift = found.drift.as_ref().unwrap_or_else(|| panic!("{found:?}"));
    assert_eq!(drift.from + drift.points, 60);
    assert!(drift.p <= 0.001 && drift.magnitude.unwrap() > 0.015, "{drift:?}");
    assert_eq!(changes(&drifting(0.0), DEFAULT_LIMIT, 1).drift, None);
}

#[test]
fn what_is_flat_short_zero_or_negative_is_answered_too() {
    for values in [vec![], vec![1.0], vec![5.0; 9], vec![5.0; 200], vec![0.0; 50]] {
        assert_eq!(changes(&values, DEFAULT_LIMIT, 1), Default::default());
    }
    let shares: Vec<f64> = (0..60).map(|at| if at < 40 { 0.0 } else { 0.01 }).collect();
    let found = changes(&shares, DEFAULT_LIMIT, 1).points;
    assert_eq!((found[0].at, found[0].magnitude, found.len()), (40, None, 1));
    let negative: Vec<f64> = (0..60).map(|at| if at < 40 { -2.0 } else { -1.0 }).collect();
    let found = changes(&negative, DEFAULT_LIMIT, 1).points;
    assert_eq!((found[0].at, found.len()), (40, 1));
    assert!((found[0].magnitude.unwrap() - 0.5).abs() < 1e-9);
}

#[test]
fn the_seed_decides_all_that_is_drawn() {
    let values = step(Simulated(5).history(80, 0.3), 50, 0.06);
    assert_eq!(changes(&values, DEFAULT_LIMIT, 3), changes(&values, DEFAULT_LIMIT, 3));
}
