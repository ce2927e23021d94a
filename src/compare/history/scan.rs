//! The strongest split of a series, over windows of every size.
//!
//! The windows are the seeded intervals of Kovács, Bühlmann, Li and Munk ("Seeded binary segmentation", Biometrika 110,
//! 2023) with decay 1/2: of each length those that overlap by half. A step that is alone in one of them is seen
//! whatever lies outside, and all of them together are no more than 2 n log2 n values.

/// The fewest values on either side of a split.
pub(super) const SHORTEST: usize = 5;
/// Values that are looked at together: as many as fit into the registers of any processor.
const LANES: usize = 4;

/// A split and how strong it is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Split {
    /// The position of the first value after it.
    pub(super) at: usize,
    /// The square of the standardised difference of the means on both sides, times the variance of the noise.
    pub(super) strength: f64,
}

/// The windows over a series of some length.
#[derive(Clone, Debug)]
pub(super) struct Scan {
    sizes: Vec<Windows>,
    /// 0, 1, 2...
    ramp: Vec<f64>,
}

/// The windows of one length.
#[derive(Clone, Debug)]
struct Windows {
    length: usize,
    starts: Vec<usize>,
    /// Of each split that is allowed, by how much its squared difference counts.
    weights: Vec<f64>,
}

impl Scan {
    /// Over a series of this length; too short a one has no window.
    pub(super) fn new(length: usize) -> Self {
        let mut sizes = Vec::new();
        let mut share: usize = 1;
        while length / share >= 2 * SHORTEST {
            sizes.push(Windows::new(length, share));
            share *= 2;
        }
        Self { sizes, ramp: (0..length).map(|step| step as f64).collect() }
    }

    /// The strongest split, given the sums of the first 0, 1, 2... values; none in too short a series.
    pub(super) fn best(&self, sums: &[f64]) -> Option<Split> {
        let mut best = Split { at: 0, strength: -1.0 };
        for windows in &self.sizes {
            for start in &windows.starts {
                if self.strength(windows, &sums[*start..]) > best.strength {
                    best = windows.best(&sums[*start..]);
                    best.at += start;
                }
            }
        }
        (best.strength >= 0.0).then_some(best)
    }

    /// How strong the strongest split is; 0 in too short a series.
    pub(super) fn strongest(&self, sums: &[f64]) -> f64 {
        let of = |windows: &Windows| {
            windows.starts.iter().map(|start| self.strength(windows, &sums[*start..])).fold(0.0, f64::max)
        };
        self.sizes.iter().map(of).fold(0.0, f64::max)
    }

    /// How strong the strongest split in the window at the beginning of these sums is. This is where the time goes, so
    /// it is written for the compiler to make vector instructions of.
    fn strength(&self, windows: &Windows, sums: &[f64]) -> f64 {
        let (first, slope) = windows.line(sums);
        let count = windows.weights.len();
        let (sums, ramp) = (&sums[SHORTEST..SHORTEST + count], &self.ramp[SHORTEST..SHORTEST + count]);
        let mut lanes = [0.0_f64; LANES];
        let whole = count - count % LANES;
        for at in (0..whole).step_by(LANES) {
            let (sums, ramp, weights) =
                (&sums[at..at + LANES], &ramp[at..at + LANES], &windows.weights[at..at + LANES]);
            for lane in 0..LANES {
                let off = sums[lane] - first - ramp[lane] * slope;
                let strength = off * off * weights[lane];
                lanes[lane] = if strength > lanes[lane] { strength } else { lanes[lane] };
            }
        }
        for at in whole..count {
            let off = sums[at] - first - ramp[at] * slope;
            lanes[0] = lanes[0].max(off * off * windows.weights[at]);
        }
        lanes.into_iter().fold(0.0, f64::max)
    }
}

impl Windows {
    /// Those of one part in `share` of a series.
    fn new(series: usize, share: usize) -> Self {
        let length = series / share;
        let (steps, room) = (2 * share - 2, series - length);
        let starts = (0..=steps).map(|step| (room * step + steps / 2).checked_div(steps).unwrap_or(0)).collect();
        let weight = |before: usize| length as f64 / (before as f64 * (length - before) as f64);
        Self { length, starts, weights: (SHORTEST..=length - SHORTEST).map(weight).collect() }
    }

    /// What the sums would be without any change: where they begin, and how much they grow a value.
    fn line(&self, sums: &[f64]) -> (f64, f64) {
        (sums[0], (sums[self.length] - sums[0]) / self.length as f64)
    }

    /// The strongest split in the window at the beginning of these sums, counted from there.
    fn best(&self, sums: &[f64]) -> Split {
        let (first, slope) = self.line(sums);
        let split = |(index, weight): (usize, &f64)| {
            let at = index + SHORTEST;
            let off = sums[at] - first - at as f64 * slope;
            Split { at, strength: off * off * weight }
        };
        let stronger = |one: Split, other: Split| if other.strength > one.strength { other } else { one };
        self.weights.iter().enumerate().map(split).fold(Split { at: 0, strength: -1.0 }, stronger)
    }
}

/// The sums of the first 0, 1, 2... values.
pub(super) fn sums(values: &[f64], into: &mut Vec<f64>) {
    into.clear();
    into.push(0.0);
    let mut sum = 0.0;
    into.extend(values.iter().map(|value| {
        sum += value;
        sum
    }));
}

/// The strongest split of a stretch seen as one window; none in too short a one.
pub(super) fn best_of_whole(sums: &[f64]) -> Option<Split> {
    let length = sums.len() - 1;
    (length >= 2 * SHORTEST).then(|| Windows::new(length, 1).best(sums))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(values: &[f64]) -> Option<Split> {
        let mut all = Vec::new();
        sums(values, &mut all);
        let scan = Scan::new(values.len());
        let found = scan.best(&all);
        assert!((found.map_or(0.0, |split| split.strength) - scan.strongest(&all)).abs() < 1e-9);
        found
    }

    /// By the definition: n1 n2 / (n1 + n2) (mean1 - mean2)^2, over all windows.
    fn by_definition(values: &[f64]) -> f64 {
        let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
        let mut strongest: f64 = 0.0;
        for windows in Scan::new(values.len()).sizes {
            for start in windows.starts {
                for at in start + SHORTEST..=start + windows.length - SHORTEST {
                    let (before, after) = (&values[start..at], &values[at..start + windows.length]);
                    let (n, m) = (before.len() as f64, after.len() as f64);
                    strongest = strongest.max(n * m / (n + m) * (mean(before) - mean(after)).powi(2));
                }
            }
        }
        strongest
    }

    #[test]
    fn it_is_the_standardised_difference_of_means() {
        let values: Vec<f64> = (0..97_u32).map(|n| f64::from(n * n * 7919 % 101) / 10.0).collect();
        assert!((best(&values).unwrap().strength - by_definition(&values)).abs() < 1e-9);
    }

    #[test]
    fn a_bump_is_seen_in_a_window_of_its_size() {
        let values: Vec<f64> = (0..1000).map(|n| f64::from(u8::from((500..530).contains(&n)))).collect();
        let found = best(&values).unwrap();
        assert!([500, 530].contains(&found.at), "{found:?}");
        // As one window, the whole shows a seventh of that.
        let mut all = Vec::new();
        sums(&values, &mut all);
        assert!(best_of_whole(&all).unwrap().strength * 7.0 < found.strength);
    }

    #[test]
    fn windows_of_every_size_overlap_and_reach_both_ends() {
        for length in [10, 11, 37, 64, 1000] {
            for windows in Scan::new(length).sizes {
                let (first, last) = (windows.starts[0], windows.starts[windows.starts.len() - 1]);
                assert_eq!((first, last + windows.length), (0, length));
                let steps = windows.starts.windows(2).map(|pair| pair[1] - pair[0]);
                assert!(steps.max().unwrap_or(0) <= windows.length / 2 + 1, "{windows:?}");
            }
        }
        assert_eq!(best(&[1.0; 9]), None);
    }
}
