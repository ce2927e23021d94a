//! One-second slices of a phase. A worker hands a slice over once it is settled (none of its requests is open), so
//! that memory depends on the time-out, not on the length of the phase; merging happens away from the workers.

use std::collections::{BTreeMap, VecDeque};

use super::summary::Latency;
use crate::domain::load::SliceRecord;

/// A slice of which one worker has seen every end.
#[derive(Debug)]
pub(super) struct SettledSlice {
    second: u32,
    response: Latency<u32>,
    lag: Latency<u32>,
}

#[derive(Debug)]
struct OpenSlice {
    slice: SettledSlice,
    open: u64,
}

/// One worker's slices, in order of time.
#[derive(Debug, Default)]
pub(super) struct SliceLog {
    slices: VecDeque<OpenSlice>,
}

impl SliceLog {
    /// Seconds must not decrease.
    pub(super) fn dispatch(&mut self, second: u32, lag_ns: u64) {
        if self.slices.back().is_none_or(|newest| newest.slice.second < second) {
            let slice = SettledSlice { second, response: Latency::new(), lag: Latency::new() };
            self.slices.push_back(OpenSlice { slice, open: 0 });
        }
        if let Some(newest) = self.slices.back_mut() {
            newest.slice.lag.record(lag_ns);
            newest.open += 1;
        }
    }

    /// A request of that second has ended. Returns the slices before the newest that are settled now.
    pub(super) fn finish(&mut self, second: u32, response_ns: Option<u64>) -> Vec<SettledSlice> {
        if let Ok(position) = self.slices.binary_search_by_key(&second, |open| open.slice.second) {
            let open = &mut self.slices[position];
            open.open -= 1;
            if let Some(ns) = response_ns {
                open.slice.response.record(ns);
            }
        }
        let mut settled = Vec::new();
        // The newest may still get requests.
        while self.slices.len() > 1 && self.slices[0].open == 0 {
            settled.extend(self.slices.pop_front().map(|open| open.slice));
        }
        settled
    }

    /// What is left at the end of the phase.
    pub(super) fn close(self) -> Vec<SettledSlice> {
        self.slices.into_iter().map(|open| open.slice).collect()
    }
}

/// Puts the slices of all workers together.
#[derive(Debug)]
pub(super) struct SliceBook {
    workers: usize,
    /// By second: what has come so far, and from how many workers.
    partial: BTreeMap<u32, (SettledSlice, usize)>,
    records: BTreeMap<u32, SliceRecord>,
}

impl SliceBook {
    pub(super) fn new(workers: usize) -> Self {
        Self { workers, partial: BTreeMap::new(), records: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, slice: SettledSlice) {
        let second = slice.second;
        let (merged, seen) = match self.partial.remove(&second) {
            None => (slice, 1),
            Some((mut merged, seen)) => {
                merged.response.merge(&slice.response);
                merged.lag.merge(&slice.lag);
                (merged, seen + 1)
            }
        };
        if seen == self.workers {
            self.records.insert(second, record(&merged));
        } else {
            self.partial.insert(second, (merged, seen));
        }
    }

    /// All slices in order of time; those in which some worker had no request included.
    pub(super) fn close(mut self) -> Vec<SliceRecord> {
        let rest = self.partial.iter().map(|(second, (slice, _))| (*second, record(slice)));
        self.records.extend(rest);
        self.records.into_values().collect()
    }
}

fn record(slice: &SettledSlice) -> SliceRecord {
    SliceRecord {
        second: slice.second,
        count: slice.response.count(),
        p50_ns: slice.response.quantile(0.5),
        p99_ns: slice.response.quantile(0.99),
        lag_p99_ns: slice.lag.quantile(0.99),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_settles_when_its_last_request_ends_and_a_later_one_has_begun() {
        let mut log = SliceLog::default();
        log.dispatch(0, 1);
        log.dispatch(0, 1);
        assert!(log.finish(0, Some(10)).is_empty());
        log.dispatch(1, 1);
        let settled = log.finish(0, Some(30));
        assert_eq!(settled.iter().map(|slice| slice.second).collect::<Vec<_>>(), [0]);
        assert_eq!(settled[0].response.count(), 2);
        assert_eq!(log.close().len(), 1);
    }

    #[test]
    fn a_slow_slice_holds_back_those_after_it_but_loses_nothing() {
        let mut log = SliceLog::default();
        for second in 0..3 {
            log.dispatch(second, 1);
        }
        assert!(log.finish(1, Some(10)).is_empty());
        let settled = log.finish(0, None);
        assert_eq!(settled.iter().map(|slice| slice.second).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn the_book_merges_workers_and_keeps_slices_that_one_of_them_lacks() {
        let slice = |second, response: u64| {
            let mut log = SliceLog::default();
            log.dispatch(second, 5);
            log.finish(second, Some(response));
            log.close().pop().unwrap()
        };
        let mut book = SliceBook::new(2);
        book.add(slice(1, 100));
        book.add(slice(0, 100));
        book.add(slice(0, 300));
        let records = book.close();
        let seen: Vec<_> = records.iter().map(|slice| (slice.second, slice.count, slice.p99_ns)).collect();
        assert_eq!(seen, [(0, 2, 300), (1, 1, 100)]);
    }
}
