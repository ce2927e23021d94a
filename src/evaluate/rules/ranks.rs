//! The test of Mann and Whitney, over rounds and over the points of a window.

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::View;
use crate::domain::verdict::Verdict;
use crate::evaluate::distribution::normal_two_sided;
use crate::evaluate::sample::normal;

/// What it calls significant.
const LEVEL: f64 = 0.02;
/// Points of a window: one a second of a minute.
const POINTS: usize = 60;
/// The correlation of a point with the one before, as a metric averaged over a minute has it.
const MEMORY: f64 = 0.9;
/// The standard deviation of a point, relative.
const WITHIN: f64 = 0.05;

/// The rounds of the two sides are ordered differently.
pub(super) fn over_rounds(view: &View<'_>) -> Verdict {
    let (p, sign) = mann_whitney(&view.baseline, &view.candidate);
    view.verdict(p < LEVEL, sign)
}

/// The points of one window of each side are. They are made up around the round's value, each much like the one
/// before: recorded rounds hold no points.
pub(super) fn in_the_window(view: &View<'_>) -> Verdict {
    let mut random = StdRng::seed_from_u64(view.seed);
    let mut points = |values: &[f64]| -> Vec<f64> {
        let level = values.first().copied().unwrap_or(f64::NAN);
        let mut state = normal(&mut random);
        let mut next = || {
            state = MEMORY * state + (1.0 - MEMORY * MEMORY).sqrt() * normal(&mut random);
            level * (WITHIN * state).exp()
        };
        (0..POINTS).map(|_| next()).collect()
    };
    let (baseline, candidate) = (points(&view.baseline), points(&view.candidate));
    let (p, sign) = mann_whitney(&baseline, &candidate);
    view.verdict(p < LEVEL, sign)
}

/// The two-sided p-value by the normal approximation with ties and continuity corrected, and on which side the
/// candidate lies. H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics 18 (1947), 50.
pub(in crate::evaluate) fn mann_whitney(baseline: &[f64], candidate: &[f64]) -> (f64, f64) {
    let mut all: Vec<(f64, bool)> = baseline.iter().map(|value| (*value, false)).collect();
    all.extend(candidate.iter().map(|value| (*value, true)));
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut ranks, mut ties, mut place) = (0.0, 0.0, 0.0);
    for group in all.chunk_by(|a, b| a.0 == b.0) {
        let size = group.len() as f64;
        let rank = place + (size + 1.0) / 2.0;
        ranks += rank * group.iter().filter(|(_, is_candidate)| *is_candidate).count() as f64;
        ties += size.powi(3) - size;
        place += size;
    }
    let (n, m) = (candidate.len() as f64, baseline.len() as f64);
    let distance = ranks - n * (n + 1.0) / 2.0 - n * m / 2.0;
    let total = n + m;
    let sd = (n * m / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)))).sqrt();
    if sd == 0.0 {
        return (1.0, 0.0);
    }
    (normal_two_sided((distance.abs() - 0.5).max(0.0) / sd), distance)
}
