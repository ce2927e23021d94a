//! Steps in a series: found in passes, then put where they fit best.
//!
//! A pass measures the noise around the steps that are proven so far, finds how strong a split such noise makes by itself,
//! and accepts every split that is stronger; then there is less noise than it seemed, and the next pass may find more.

use super::level::Level;
use super::noise::{Noise, variance};
use super::scan::{Scan, Split, best_of_whole, sums};

/// Permuted histories a pass.
const DRAWS: usize = 1999;
/// So many of them may hold a split as strong as an accepted one: p = (1 + 1) / (1 + 1999) = 0.001 at most.
const ALLOWED: usize = 1;
/// Passes at most; each but the last finds a step, most find all that they can.
const PASSES: usize = 10;
/// A split this strong, in variances, may be a step; more than that is not asked of one that is left out when the
/// autocorrelation is measured.
const LOOSE: f64 = 12.25;
/// Values that a step costs: the level behind it and its place, each with what of the noise goes into choosing it.
const COST: usize = 3;

/// A step that is proven.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Step {
    /// The position of the first value after it.
    pub(super) at: usize,
    /// What was proven.
    pub(super) p: f64,
}

/// The steps of a series, whose relative size is at least `least` where there is one.
pub(super) fn steps(level: &Level, least: f64, seed: u64) -> Vec<Step> {
    let series = Series::new(&level.values);
    let mut steps: Vec<Step> = Vec::new();
    let mut bar = f64::INFINITY;
    for pass in 0..PASSES {
        let Some(found) = series.pass(&steps, seed.wrapping_add(pass as u64)) else { break };
        bar = found.bar;
        steps.extend(found.steps);
        steps.sort_by_key(|step| step.at);
    }
    series.settle(&mut steps);
    series.drop_weak(&mut steps, bar);
    series.drop_small(&mut steps, level, least);
    steps
}

/// A series with what is needed of it again and again.
struct Series<'a> {
    values: &'a [f64],
    sums: Vec<f64>,
    scan: Scan,
}

/// What a pass accepts.
struct Pass {
    steps: Vec<Step>,
    /// Every one is stronger than this, in variances.
    bar: f64,
}

impl<'a> Series<'a> {
    fn new(values: &'a [f64]) -> Self {
        let mut all = Vec::new();
        sums(values, &mut all);
        Self { values, sums: all, scan: Scan::new(values.len()) }
    }

    /// The steps that can be proven beside those that are; none if there are none.
    fn pass(&self, proven: &[Step], seed: u64) -> Option<Pass> {
        let places: Vec<usize> = proven.iter().map(|step| step.at).collect();
        let residuals = self.without(&places);
        let spread = self.spread(&residuals, proven.len());
        let segments = || self.segments(&places);
        let best = segments().filter_map(|(from, to)| self.best(from, to)).max_by(by_strength)?;
        if spread == 0.0 || best.strength <= 0.0 {
            return None;
        }
        let mut flat = Vec::new();
        segments().for_each(|(from, to)| self.split(from, to, LOOSE * spread, &mut flat));
        if flat.is_empty() {
            flat.push(best);
        }
        let mut flat: Vec<usize> = flat.iter().map(|split| split.at).chain(places.iter().copied()).collect();
        flat.sort_unstable();
        let noise = Noise::of(&residuals, &self.without(&flat), flat.len());
        let mut strengths = noise.strengths(&self.scan, best.strength / spread, DRAWS, ALLOWED, seed);
        if strengths.len() < DRAWS {
            return None;
        }
        strengths.sort_by(|one, other| other.total_cmp(one));
        let bar = strengths[ALLOWED];
        if best.strength <= bar * spread {
            return None;
        }
        let mut accepted = Vec::new();
        segments().for_each(|(from, to)| self.split(from, to, bar * spread, &mut accepted));
        let step = |split: &Split| {
            let reached = strengths.iter().take_while(|strength| **strength * spread >= split.strength).count();
            Step { at: split.at, p: (1 + reached) as f64 / (1 + DRAWS) as f64 }
        };
        Some(Pass { steps: accepted.iter().map(step).collect(), bar })
    }

    /// Every split that is stronger than this, the strongest first, then those on either side of it.
    fn split(&self, from: usize, to: usize, bar: f64, into: &mut Vec<Split>) {
        let mut open = vec![(from, to)];
        while let Some((from, to)) = open.pop() {
            if let Some(split) = self.best(from, to).filter(|split| split.strength > bar) {
                into.push(split);
                open.extend([(from, split.at), (split.at, to)]);
            }
        }
    }

    /// The strongest split between two positions, over windows of every size.
    fn best(&self, from: usize, to: usize) -> Option<Split> {
        let split = if (from, to) == (0, self.values.len()) {
            self.scan.best(&self.sums)
        } else {
            Scan::new(to - from).best(&self.sums[from..=to])
        };
        split.map(|split| Split { at: split.at + from, ..split })
    }

    /// What lies between steps.
    fn segments(&self, places: &[usize]) -> impl Iterator<Item = (usize, usize)> {
        let starts = std::iter::once(0).chain(places.iter().copied());
        let ends = places.iter().copied().chain(std::iter::once(self.values.len()));
        starts.zip(ends).collect::<Vec<_>>().into_iter()
    }

    fn mean(&self, from: usize, to: usize) -> f64 {
        (self.sums[to] - self.sums[from]) / (to - from).max(1) as f64
    }

    /// The values without the steps at these places.
    fn without(&self, places: &[usize]) -> Vec<f64> {
        let segment = |(from, to)| {
            let mean = self.mean(from, to);
            self.values[from..to].iter().map(move |value| value - mean)
        };
        self.segments(places).flat_map(segment).collect()
    }

    /// The variance of what is left beside so many steps.
    fn spread(&self, residuals: &[f64], steps: usize) -> f64 {
        let count = residuals.len();
        let left = count.saturating_sub(COST * steps).max(1);
        // Beside what rounding leaves of a series that is flat.
        let spread = variance(residuals) * count as f64 / left as f64;
        let scale = variance(self.values);
        if spread > scale * f64::EPSILON { spread } else { 0.0 }
    }

    /// The split of the whole stretch around a step, from the step before to that after.
    fn around(&self, steps: &[Step], index: usize) -> Option<Split> {
        let from = index.checked_sub(1).map_or(0, |before| steps[before].at);
        let to = steps.get(index + 1).map_or(self.values.len(), |after| after.at);
        best_of_whole(&self.sums[from..=to]).map(|split| Split { at: split.at + from, ..split })
    }

    /// Moves each step to where it fits best between its neighbours.
    fn settle(&self, steps: &mut [Step]) {
        // Twice, as a neighbour may have moved.
        for _ in 0..2 {
            for index in 0..steps.len() {
                if let Some(split) = self.around(steps, index) {
                    steps[index].at = split.at;
                }
            }
        }
    }

    /// Drops steps that were strong only as long as they stood for another, the weakest first.
    fn drop_weak(&self, steps: &mut Vec<Step>, bar: f64) {
        loop {
            let places: Vec<usize> = steps.iter().map(|step| step.at).collect();
            let spread = self.spread(&self.without(&places), steps.len());
            let strength = |index: usize| self.around(steps, index).map_or(0.0, |split| split.strength);
            let weakest = (0..steps.len()).map(|index| (index, strength(index)));
            match weakest.min_by(|one, other| one.1.total_cmp(&other.1)) {
                Some((index, strength)) if strength <= bar * spread => steps.remove(index),
                _ => return,
            };
            self.settle(steps);
        }
    }

    /// Drops steps that are too small to matter, the smallest first.
    fn drop_small(&self, steps: &mut Vec<Step>, level: &Level, least: f64) {
        loop {
            let sizes = (0..steps.len()).filter_map(|index| {
                let size = self.size(steps, index, level)?;
                Some((index, size.abs()))
            });
            match sizes.min_by(|one, other| one.1.total_cmp(&other.1)) {
                Some((index, size)) if size < least => steps.remove(index),
                _ => return,
            };
            self.settle(steps);
        }
    }

    /// The relative size of a step; none from a level of 0.
    fn size(&self, steps: &[Step], index: usize, level: &Level) -> Option<f64> {
        let at = steps[index].at;
        let from = index.checked_sub(1).map_or(0, |before| steps[before].at);
        let to = steps.get(index + 1).map_or(self.values.len(), |after| after.at);
        level.relative(self.mean(from, at), self.mean(at, to))
    }
}

/// The relative size of each step, from the mean level before it to that after it.
pub(super) fn sizes(level: &Level, steps: &[Step]) -> Vec<Option<f64>> {
    let series = Series::new(&level.values);
    (0..steps.len()).map(|index| series.size(steps, index, level)).collect()
}

fn by_strength(one: &Split, other: &Split) -> std::cmp::Ordering {
    one.strength.total_cmp(&other.strength)
}
