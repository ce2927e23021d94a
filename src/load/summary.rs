//! Latencies as HDR histograms: recorded, merged, summed up for the record.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::serialization::{Serializer as _, V2DeflateSerializer};
use hdrhistogram::{Counter, Histogram};

use super::clock::SECOND_NS;
use crate::domain::load::LatencySummary;

/// Values beyond are recorded as this: longer than the longest time-out and its lag.
const LONGEST_NS: u64 = 24 * 3_600 * SECOND_NS;
/// Significant decimal digits: 0.1 % of the value.
const DIGITS: u8 = 3;

/// A histogram of nanoseconds that grows with the largest value it has seen.
#[derive(Clone, Debug)]
pub(super) struct Latency<C: Counter = u64>(Histogram<C>);

impl<C: Counter> Latency<C> {
    pub(super) fn new() -> Self {
        Self(Histogram::new(DIGITS).expect("3 digits are in the range of HDR histograms"))
    }

    pub(super) fn record(&mut self, ns: u64) {
        self.0.record(ns.min(LONGEST_NS)).expect("a resizing histogram takes every value");
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.0.add(&other.0).expect("a resizing histogram takes every value");
    }

    pub(super) fn count(&self) -> u64 {
        self.0.len()
    }

    /// In nanoseconds; 0 if nothing was recorded.
    pub(super) fn quantile(&self, quantile: f64) -> u64 {
        self.0.value_at_quantile(quantile)
    }

    pub(super) fn summarize(&self) -> LatencySummary {
        let mut bytes = Vec::new();
        V2DeflateSerializer::new()
            .serialize(&self.0, &mut bytes)
            .expect("a histogram below a day fits the format, and a vector takes every write");
        LatencySummary {
            count: self.count(),
            mean_ns: self.0.mean(),
            p50_ns: self.quantile(0.5),
            p90_ns: self.quantile(0.9),
            p99_ns: self.quantile(0.99),
            max_ns: self.0.max(),
            histogram: STANDARD.encode(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use hdrhistogram::serialization::Deserializer;

    use super::*;

    #[test]
    fn a_summary_holds_the_quantiles_and_the_whole_histogram() {
        let (mut odd, mut even) = (Latency::<u64>::new(), Latency::new());
        for value in 1..=10_000_u64 {
            if value % 2 == 0 { even.record(value * 1_000) } else { odd.record(value * 1_000) }
        }
        odd.merge(&even);
        let summary = odd.summarize();
        assert_eq!(summary.count, 10_000);
        for (seen, true_value) in
            [(summary.p50_ns, 5e6), (summary.p90_ns, 9e6), (summary.p99_ns, 9.9e6), (summary.max_ns, 1e7)]
        {
            assert!((seen as f64 / true_value - 1.0).abs() < 0.001, "{summary:?}");
        }
        let bytes = STANDARD.decode(&summary.histogram).unwrap();
        let read: Histogram<u64> = Deserializer::new().deserialize(&mut bytes.as_slice()).unwrap();
        assert_eq!(read, odd.0);
    }

    #[test]
    fn nothing_recorded_is_all_zero_and_the_absurd_is_bounded() {
        let mut latency = Latency::<u64>::new();
        let empty = latency.summarize();
        assert_eq!((empty.count, empty.p99_ns, empty.max_ns, empty.mean_ns), (0, 0, 0, 0.0));
        latency.record(u64::MAX);
        assert_eq!(latency.count(), 1);
    }
}
