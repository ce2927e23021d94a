//! One-second slices of a phase. A worker hands a slice over once it is settled (none of its requests is open), so
//! that memory depends on the time-out, not on the length of the phase; merging happens away from the workers.

use std::collections::{BTreeMap, VecDeque};

use tokio::sync::mpsc::UnboundedSender;

use super::clock::Mono;
use super::summary::Latency;
use super::tails::TailBook;
use crate::domain::load::{SliceRecord, SliceTails};

/// A slice of which one worker has seen every end.
#[derive(Debug)]
pub(super) struct SettledSlice {
    second: u32,
    /// By request.
    responses: Vec<Latency<u32>>,
    lag: Latency<u32>,
    /// When the last of its requests ended; none of which any has.
    ended: Option<Mono>,
}

impl SettledSlice {
    fn new(second: u32, requests: usize) -> Self {
        Self { second, responses: vec![Latency::new(); requests], lag: Latency::new(), ended: None }
    }

    fn merge(&mut self, other: &Self) {
        for (response, more) in self.responses.iter_mut().zip(&other.responses) {
            response.merge(more);
        }
        self.lag.merge(&other.lag);
        self.ended = self.ended.max(other.ended);
    }
}

#[derive(Debug)]
struct OpenSlice {
    slice: SettledSlice,
    open: u64,
}

/// One worker's slices, in order of time.
#[derive(Debug)]
pub(super) struct SliceLog {
    requests: usize,
    slices: VecDeque<OpenSlice>,
}

impl SliceLog {
    /// Of so many kinds of request.
    pub(super) fn new(requests: usize) -> Self {
        Self { requests, slices: VecDeque::new() }
    }

    /// Seconds must not decrease.
    pub(super) fn dispatch(&mut self, second: u32, lag_ns: u64) {
        if self.slices.back().is_none_or(|newest| newest.slice.second < second) {
            self.slices.push_back(OpenSlice { slice: SettledSlice::new(second, self.requests), open: 0 });
        }
        if let Some(newest) = self.slices.back_mut() {
            newest.slice.lag.record(lag_ns);
            newest.open += 1;
        }
    }

    /// A request of that second has ended. Returns the slices before the newest that are settled now.
    pub(super) fn finish(
        &mut self,
        second: u32,
        request: usize,
        response_ns: Option<u64>,
        done: Mono,
    ) -> Vec<SettledSlice> {
        if let Ok(position) = self.slices.binary_search_by_key(&second, |open| open.slice.second) {
            let open = &mut self.slices[position];
            open.open -= 1;
            open.slice.ended = open.slice.ended.max(Some(done));
            if let Some(ns) = response_ns {
                open.slice.responses[request].record(ns);
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

/// Where a worker hands over its slices.
#[derive(Clone, Debug)]
pub(super) struct Outlet {
    pub(super) worker: usize,
    pub(super) book: UnboundedSender<(usize, SettledSlice)>,
}

impl Outlet {
    pub(super) fn hand_over(&self, slice: SettledSlice) {
        // Nobody listens when the phase was given up.
        let _ = self.book.send((self.worker, slice));
    }
}

/// Puts the slices of all workers together.
#[derive(Debug)]
pub(super) struct SliceBook {
    /// By worker: its latest second so far. It hands them over in order, so that nothing comes any more of those before.
    reached: Vec<Option<u32>>,
    /// By second: what has come so far.
    partial: BTreeMap<u32, SettledSlice>,
    records: Vec<SliceRecord>,
    ends: Vec<(u32, Mono)>,
    /// By request.
    tails: Vec<TailBook>,
    all: TailBook,
}

/// What the slices of a phase come to.
#[derive(Debug)]
pub(super) struct Slices {
    /// In order of time.
    pub(super) records: Vec<SliceRecord>,
    /// By second, ascending: when the last request intended in it ended.
    pub(super) ends: Vec<(u32, Mono)>,
    /// By request.
    pub(super) tails: Vec<Option<SliceTails>>,
    /// Over all requests.
    pub(super) all: Option<SliceTails>,
}

impl SliceBook {
    /// Of so many workers and kinds of request.
    pub(super) fn new(workers: usize, requests: usize) -> Self {
        Self {
            reached: vec![None; workers],
            partial: BTreeMap::new(),
            records: Vec::new(),
            ends: Vec::new(),
            tails: (0..requests).map(|_| TailBook::new()).collect(),
            all: TailBook::new(),
        }
    }

    /// The next slice of a worker.
    pub(super) fn add(&mut self, worker: usize, slice: SettledSlice) {
        self.reached[worker] = Some(slice.second);
        self.partial.entry(slice.second).and_modify(|merged| merged.merge(&slice)).or_insert(slice);
        // A worker that has handed over nothing yet is before all others.
        let Some(complete) = self.reached.iter().min().copied().flatten() else { return };
        while let Some(entry) = self.partial.first_entry().filter(|entry| *entry.key() <= complete) {
            let slice = entry.remove();
            self.settle(&slice);
        }
    }

    fn settle(&mut self, slice: &SettledSlice) {
        let mut all = Latency::<u32>::new();
        for (response, tail) in slice.responses.iter().zip(&mut self.tails) {
            all.merge(response);
            tail.add(response);
        }
        self.all.add(&all);
        self.ends.extend(slice.ended.map(|ended| (slice.second, ended)));
        self.records.push(SliceRecord {
            second: slice.second,
            count: all.count(),
            p50_ns: all.quantile(0.5),
            p99_ns: all.quantile(0.99),
            lag_p99_ns: slice.lag.quantile(0.99),
        });
    }

    /// All slices; those of which some worker had no request included.
    pub(super) fn close(mut self) -> Slices {
        for slice in std::mem::take(&mut self.partial).values() {
            self.settle(slice);
        }
        Slices {
            records: self.records,
            ends: self.ends,
            tails: self.tails.into_iter().map(TailBook::close).collect(),
            all: self.all.close(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_settles_when_its_last_request_ends_and_a_later_one_has_begun() {
        let mut log = SliceLog::new(2);
        log.dispatch(0, 1);
        log.dispatch(0, 1);
        assert!(log.finish(0, 0, Some(10), Mono::now()).is_empty());
        log.dispatch(1, 1);
        let settled = log.finish(0, 1, Some(30), Mono::now());
        assert_eq!(settled.iter().map(|slice| slice.second).collect::<Vec<_>>(), [0]);
        assert_eq!(settled[0].responses.iter().map(Latency::count).collect::<Vec<_>>(), [1, 1]);
        assert_eq!(log.close().len(), 1);
    }

    #[test]
    fn a_slow_slice_holds_back_those_after_it_but_loses_nothing() {
        let mut log = SliceLog::new(1);
        for second in 0..3 {
            log.dispatch(second, 1);
        }
        assert!(log.finish(1, 0, Some(10), Mono::now()).is_empty());
        let settled = log.finish(0, 0, None, Mono::now());
        assert_eq!(settled.iter().map(|slice| slice.second).collect::<Vec<_>>(), [0, 1]);
    }

    fn slice(second: u32, request: usize, response: u64) -> SettledSlice {
        let mut log = SliceLog::new(2);
        log.dispatch(second, 5);
        log.finish(second, request, Some(response), Mono::now());
        log.close().pop().unwrap()
    }

    #[test]
    fn the_book_merges_workers_and_keeps_slices_that_one_of_them_lacks() {
        let mut book = SliceBook::new(2, 2);
        book.add(0, slice(0, 0, 100));
        book.add(0, slice(2, 1, 500));
        book.add(1, slice(0, 1, 300));
        book.add(1, slice(1, 0, 100));
        let slices = book.close();
        let seen: Vec<_> = slices.records.iter().map(|slice| (slice.second, slice.count, slice.p99_ns)).collect();
        assert_eq!(seen, [(0, 2, 300), (1, 1, 100), (2, 1, 500)]);
        let p99s: Vec<u64> = slices.tails.iter().chain([&slices.all]).map(|tail| tail.unwrap().p99_ns).collect();
        assert_eq!(p99s, [100, 500, 500]);
    }

    #[test]
    fn a_second_is_closed_once_no_worker_can_add_to_it() {
        let mut book = SliceBook::new(2, 2);
        for second in 0..50 {
            book.add(0, slice(second, 0, 100));
        }
        assert_eq!((book.partial.len(), book.records.len()), (50, 0));
        book.add(1, slice(48, 0, 100));
        assert_eq!((book.partial.len(), book.records.len()), (1, 49));
    }
}
