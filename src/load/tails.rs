//! Tails of slices: what the quantiles were in most of a phase, whatever a single stall of the host did to the whole.
//!
//! The lower quartile of the slices' 99th percentiles repeats from round to round many times better than the 99th
//! percentile of all requests, which one bad second decides.

use super::summary::Latency;
use crate::domain::load::SliceTails;

/// A slice has so many requests beyond its quantile that one more or less is no matter.
const BEYOND: f64 = 10.0;
/// A slice stalls where its 99th percentile is so many times that of the median slice.
const STALL: f64 = 3.0;

/// The slices of one kind of request, or of all: seconds come in, and are joined with their neighbours until there are
/// enough requests for the quantile. Holds two histograms a quantile, however long the phase is.
#[derive(Debug)]
pub(super) struct TailBook {
    p90: Widened,
    p99: Widened,
}

/// Slices wide enough for one quantile.
#[derive(Debug)]
struct Widened {
    quantile: f64,
    /// A slice has at least so many requests.
    least: u64,
    /// Of the slices before `full`, in order.
    values: Vec<u64>,
    /// The last slice that has enough; what is left in the end belongs to it.
    full: Option<Latency<u32>>,
    open: Latency<u32>,
}

impl TailBook {
    pub(super) fn new() -> Self {
        Self { p90: Widened::new(0.9), p99: Widened::new(0.99) }
    }

    /// The responses of the next second.
    pub(super) fn add(&mut self, second: &Latency<u32>) {
        self.p90.add(second);
        self.p99.add(second);
    }

    /// None where nothing was answered.
    pub(super) fn close(self) -> Option<SliceTails> {
        let (p90, p99) = (self.p90.close(), self.p99.close());
        let stalled = p99.iter().filter(|value| **value > STALL * rank(&p99, 0.5)).count();
        let slices = u32::try_from(p99.len()).unwrap_or(u32::MAX);
        (slices > 0).then(|| SliceTails {
            slices,
            p90_ns: rank(&p90, 0.25).round() as u64,
            p99_ns: rank(&p99, 0.25).round() as u64,
            stall_fraction: stalled as f64 / f64::from(slices),
        })
    }
}

impl Widened {
    fn new(quantile: f64) -> Self {
        let least = (BEYOND / (1.0 - quantile)).round() as u64;
        Self { quantile, least, values: Vec::new(), full: None, open: Latency::new() }
    }

    fn add(&mut self, second: &Latency<u32>) {
        self.open.merge(second);
        if self.open.count() >= self.least {
            let full = self.full.replace(std::mem::replace(&mut self.open, Latency::new()));
            self.values.extend(full.map(|full| full.quantile(self.quantile)));
        }
    }

    /// The quantile of each slice, ascending.
    fn close(mut self) -> Vec<f64> {
        if let Some(full) = self.full {
            self.open.merge(&full);
        }
        if self.open.count() > 0 {
            self.values.push(self.open.quantile(self.quantile));
        }
        self.values.sort_unstable();
        self.values.into_iter().map(|ns| ns as f64).collect()
    }
}

/// A quantile of ascending values, interpolated between neighbours (Hyndman and Fan's type 7); 0 of none.
fn rank(ascending: &[f64], quantile: f64) -> f64 {
    let position = quantile * ascending.len().saturating_sub(1) as f64;
    let (below, above) = (position.floor() as usize, position.ceil() as usize);
    match (ascending.get(below), ascending.get(above)) {
        (Some(below), Some(above)) => below + (above - below) * position.fract(),
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many requests, all with the same response time.
    fn second(count: u64, ms: u64) -> Latency<u32> {
        let mut latency = Latency::new();
        (0..count).for_each(|_| latency.record(ms * 1_000_000));
        latency
    }

    fn tails(seconds: &[(u64, u64)]) -> SliceTails {
        let mut book = TailBook::new();
        for (count, ms) in seconds {
            book.add(&second(*count, *ms));
        }
        book.close().unwrap()
    }

    /// To the histograms' three digits.
    #[track_caller]
    fn assert_ms(ns: u64, ms: f64) {
        assert!((ns as f64 / 1e6 / ms - 1.0).abs() < 0.001, "{ns} ns are not {ms} ms");
    }

    #[test]
    fn the_quartile_is_that_of_the_slices_and_one_stall_does_not_move_it() {
        let calm = [(1_000, 10), (1_000, 30), (1_000, 20), (1_000, 40), (1_000, 50)];
        let found = tails(&calm);
        assert_eq!((found.slices, found.stall_fraction), (5, 0.0));
        assert_ms(found.p99_ns, 20.0);
        let mut stalled = calm;
        stalled[4].1 = 5_000;
        let found = tails(&stalled);
        assert_eq!(found.stall_fraction, 0.2, "5 s are more than 3 times the median slice's 30 ms");
        assert_ms(found.p99_ns, 20.0);
        assert_ms(tails(&[(1_000, 10), (1_000, 20)]).p99_ns, 12.5);
    }

    #[test]
    fn seconds_are_joined_until_there_are_enough_for_the_quantile_and_the_rest_belongs_to_the_last() {
        // 1,000 requests for a 99th percentile, 100 for a 90th: slices of 2 seconds and of 1.
        let found = tails(&[(500, 10), (500, 20), (500, 30), (500, 40), (500, 50)]);
        assert_eq!(found.slices, 2);
        // The slices' 99th percentiles are 20 ms and, with the last second in it, 50 ms.
        assert_ms(found.p99_ns, 27.5);
        assert_ms(found.p90_ns, 20.0);
        assert_eq!(tails(&[(999, 10), (1, 10), (1_000, 10)]).slices, 2);
        assert_eq!(tails(&[(999, 10), (999, 10)]).slices, 1);
    }

    #[test]
    fn fewer_requests_than_a_slice_needs_are_one_slice_and_none_have_no_tail() {
        let found = tails(&[(3, 10), (0, 1), (2, 70)]);
        assert_eq!((found.slices, found.stall_fraction), (1, 0.0));
        assert_ms(found.p99_ns, 70.0);
        assert_eq!(TailBook::new().close(), None);
    }
}
