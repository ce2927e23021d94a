//! Jobs: rounds as a comparison would have measured them.

use rand::Rng;
use rand::rngs::StdRng;

use super::set::MOST_PAIRS;
use crate::domain::recorded::{RecordedPair, RecordedSeries};

/// The rounds of the past that rules over history look at, and one more for the change to the last.
pub(super) const PAST: usize = 31;

/// One job: as many pairs as could be measured, and what was measured before.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Job {
    /// The series with their pairs.
    pub(super) series: Vec<RecordedSeries>,
    /// Of each series the baseline's values before the job, the oldest first.
    pub(super) past: Vec<Vec<f64>>,
    /// Of each series, whether something is planted in it.
    pub(super) planted: Vec<bool>,
    /// For what rules draw themselves.
    pub(super) seed: u64,
}

impl Job {
    /// Whole pairs of a recording, drawn with replacement, so that series keep their dependence, with the sides
    /// exchanged at random: as both are the same code, neither is special.
    pub(super) fn resampled(recorded: &[RecordedSeries], random: &mut StdRng) -> Self {
        let pairs = recorded.first().map_or(0, |series| series.pairs.len());
        if pairs == 0 {
            return Self { series: Vec::new(), past: Vec::new(), planted: Vec::new(), seed: 0 };
        }
        let drawn: Vec<(usize, bool)> =
            (0..MOST_PAIRS).map(|_| (random.random_range(0..pairs), random.random())).collect();
        let before: Vec<(usize, bool)> = (0..PAST).map(|_| (random.random_range(0..pairs), random.random())).collect();
        let series = recorded.iter().map(|series| {
            let pairs = drawn.iter().map(|(index, swap)| turned(series.pairs[*index], *swap)).collect();
            RecordedSeries { pairs, ..series.clone() }
        });
        let past = recorded.iter().map(|series| {
            before.iter().filter_map(|(index, swap)| turned(series.pairs[*index], *swap).baseline).collect()
        });
        let (series, past) = (series.collect(), past.collect());
        Self { series, past, planted: vec![false; recorded.len()], seed: random.random() }
    }
}

fn turned(pair: RecordedPair, swap: bool) -> RecordedPair {
    if !swap {
        return pair;
    }
    let totals = pair.totals.map(|(baseline, candidate)| (candidate, baseline));
    RecordedPair { baseline: pair.candidate, candidate: pair.baseline, totals }
}
