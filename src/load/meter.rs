//! Live counts of one worker, read by scrapes while it runs. Each worker writes only to its own, so that none waits
//! for another or for a scrape; the readers add them up.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::clock::SECOND_NS;
use super::tally::{End, Reading, Reply};
use crate::domain::grpc::GrpcCode;
use crate::domain::load::Ledger;

/// Upper bounds of the classic buckets in nanoseconds: by a factor of 1.1 from 100 us to 60 s. Coarser ones distort a
/// shift of 5 % at a quantile; finer ones cost a scrape more than they show.
pub(super) static BOUNDS_NS: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let growing = std::iter::successors(Some(100_000.0), |bound: &f64| Some(bound * 1.1));
    let mut bounds: Vec<u64> =
        growing.map(|bound| bound.round() as u64).take_while(|bound| *bound < 60 * SECOND_NS).collect();
    bounds.push(60 * SECOND_NS);
    bounds
});

/// Counts by bucket, with a last one for what lies beyond all bounds.
#[derive(Debug)]
struct Buckets {
    counts: Box<[AtomicU64]>,
    sum_ns: AtomicU64,
}

impl Buckets {
    fn new() -> Self {
        Self { counts: (0..=BOUNDS_NS.len()).map(|_| AtomicU64::new(0)).collect(), sum_ns: AtomicU64::new(0) }
    }

    fn record(&self, ns: u64) {
        let bucket = BOUNDS_NS.partition_point(|bound| *bound < ns);
        self.counts[bucket].fetch_add(1, Relaxed);
        self.sum_ns.fetch_add(ns, Relaxed);
    }
}

/// [`Buckets`] as read at one moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Distribution {
    /// One more than [`BOUNDS_NS`]; not cumulative.
    pub(super) counts: Vec<u64>,
    pub(super) sum_ns: u64,
}

impl Distribution {
    pub(super) fn new() -> Self {
        Self { counts: vec![0; BOUNDS_NS.len() + 1], sum_ns: 0 }
    }

    fn add(&mut self, buckets: &Buckets) {
        for (count, more) in self.counts.iter_mut().zip(&buckets.counts) {
            *count += more.load(Relaxed);
        }
        self.sum_ns += buckets.sum_ns.load(Relaxed);
    }

    pub(super) fn plus(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.sum_ns += other.sum_ns;
    }

    /// What came after `earlier`, a reading of the same buckets.
    pub(super) fn since(&self, earlier: &Self) -> Self {
        let counts = self.counts.iter().zip(&earlier.counts).map(|(now, then)| now - then).collect();
        Self { counts, sum_ns: self.sum_ns - earlier.sum_ns }
    }

    pub(super) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The upper bound of the bucket that holds the quantile, in nanoseconds; 0 if there is none.
    pub(super) fn quantile(&self, quantile: f64) -> u64 {
        let rank = ((self.count() as f64 * quantile).ceil() as u64).max(1);
        let mut seen = 0;
        let bucket = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        bucket.map_or(0, |bucket| BOUNDS_NS[bucket.min(BOUNDS_NS.len() - 1)])
    }
}

/// The live counts of one kind of request.
#[derive(Debug)]
struct RequestMeter {
    scheduled: AtomicU64,
    ends: [AtomicU64; End::ALL.len()],
    codes: [AtomicU64; GrpcCode::ALL.len()],
    response: Buckets,
    service: Buckets,
    lag: Buckets,
}

/// A [`RequestMeter`], or the sum of several, as read at one moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Totals {
    pub(super) scheduled: u64,
    ends: [u64; End::ALL.len()],
    /// By number of the gRPC status.
    pub(super) codes: [u64; GrpcCode::ALL.len()],
    pub(super) response: Distribution,
    pub(super) service: Distribution,
    pub(super) lag: Distribution,
}

impl Totals {
    pub(super) fn new() -> Self {
        let empty = Distribution::new();
        Self {
            scheduled: 0,
            ends: [0; End::ALL.len()],
            codes: [0; GrpcCode::ALL.len()],
            response: empty.clone(),
            service: empty.clone(),
            lag: empty,
        }
    }

    fn add(&mut self, meter: &RequestMeter) {
        self.scheduled += meter.scheduled.load(Relaxed);
        for (count, more) in self.ends.iter_mut().zip(&meter.ends) {
            *count += more.load(Relaxed);
        }
        for (count, more) in self.codes.iter_mut().zip(&meter.codes) {
            *count += more.load(Relaxed);
        }
        self.response.add(&meter.response);
        self.service.add(&meter.service);
        self.lag.add(&meter.lag);
    }

    /// Adds the totals of another request.
    pub(super) fn plus(&mut self, other: &Self) {
        self.scheduled += other.scheduled;
        for (count, more) in self.ends.iter_mut().zip(other.ends) {
            *count += more;
        }
        for (count, more) in self.codes.iter_mut().zip(other.codes) {
            *count += more;
        }
        self.response.plus(&other.response);
        self.service.plus(&other.service);
        self.lag.plus(&other.lag);
    }

    /// What came after `earlier`, a reading of the same meters.
    pub(super) fn since(&self, earlier: &Self) -> Self {
        Self {
            scheduled: self.scheduled - earlier.scheduled,
            ends: std::array::from_fn(|end| self.ends[end] - earlier.ends[end]),
            codes: std::array::from_fn(|code| self.codes[code] - earlier.codes[code]),
            response: self.response.since(&earlier.response),
            service: self.service.since(&earlier.service),
            lag: self.lag.since(&earlier.lag),
        }
    }

    /// The ends so far; balanced while nothing is under way.
    pub(super) fn ledger(&self) -> Ledger {
        let mut ledger = Ledger { scheduled: self.scheduled, ..Ledger::default() };
        for (end, count) in End::ALL.into_iter().zip(self.ends) {
            end.add_to(&mut ledger, count);
        }
        ledger
    }
}

/// All live counts of one worker, by request.
#[derive(Debug)]
pub(super) struct Meter {
    requests: Vec<RequestMeter>,
}

impl Meter {
    pub(super) fn new(requests: usize) -> Self {
        let requests = (0..requests).map(|_| RequestMeter {
            scheduled: AtomicU64::new(0),
            ends: std::array::from_fn(|_| AtomicU64::new(0)),
            codes: std::array::from_fn(|_| AtomicU64::new(0)),
            response: Buckets::new(),
            service: Buckets::new(),
            lag: Buckets::new(),
        });
        Self { requests: requests.collect() }
    }

    /// A request was taken from the schedule so long after its intended time.
    pub(super) fn dispatch(&self, request: usize, lag_ns: u64) {
        self.requests[request].scheduled.fetch_add(1, Relaxed);
        self.requests[request].lag.record(lag_ns);
    }

    /// Requests that were never dispatched: scheduled and unsent at once.
    pub(super) fn unsent(&self, request: usize) {
        self.requests[request].scheduled.fetch_add(1, Relaxed);
        self.end(request, End::Unsent, 1);
    }

    /// So many requests ended without a latency.
    pub(super) fn end(&self, request: usize, end: End, count: u64) {
        self.requests[request].ends[end as usize].fetch_add(count, Relaxed);
    }

    /// A request ended.
    pub(super) fn finish(&self, request: usize, reply: &Reply, reading: &Reading) {
        self.end(request, reply.end, 1);
        let meter = &self.requests[request];
        if let Some(code) = reply.code {
            meter.codes[code as usize].fetch_add(1, Relaxed);
        }
        if let Some(ns) = reading.response {
            meter.response.record(ns);
        }
        if let Some(ns) = reading.service {
            meter.service.record(ns);
        }
    }

    /// Adds this worker's counts to the sums, by request.
    pub(super) fn read_into(&self, sums: &mut [Totals]) {
        for (sum, meter) in sums.iter_mut().zip(&self.requests) {
            sum.add(meter);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::clock::Mono;
    use super::*;

    #[test]
    fn bounds_grow_by_a_tenth_from_100_us_to_60_s() {
        assert_eq!((BOUNDS_NS[0], BOUNDS_NS[1], *BOUNDS_NS.last().unwrap()), (100_000, 110_000, 60_000_000_000));
        let factors = BOUNDS_NS.windows(2).map(|pair| pair[1] as f64 / pair[0] as f64);
        assert!(factors.clone().all(|factor| factor > 1.0 && factor < 1.1 + 1e-4), "{:?}", factors.collect::<Vec<_>>());
    }

    #[test]
    fn a_value_on_a_bound_belongs_to_its_bucket_and_the_largest_to_none() {
        let buckets = Buckets::new();
        for ns in [0, 100_000, 100_001, u64::from(u32::MAX) * 100] {
            buckets.record(ns);
        }
        let mut read = Distribution::new();
        read.add(&buckets);
        assert_eq!((read.counts[0], read.counts[1], *read.counts.last().unwrap()), (2, 1, 1));
        assert_eq!((read.quantile(0.5), read.quantile(0.75), read.quantile(1.0)), (100_000, 110_000, 60_000_000_000));
        assert_eq!(read.since(&read).quantile(0.99), 0);
    }

    #[test]
    fn the_sum_of_the_workers_is_the_ledger() {
        let meters = [Meter::new(1), Meter::new(1)];
        let reading = Reading { response: Some(1), service: None, queue_wait: None };
        for meter in &meters {
            meter.dispatch(0, 3);
            meter.finish(0, &Reply { end: End::Timeout, code: Some(GrpcCode::Aborted), done: Mono::now() }, &reading);
            meter.unsent(0);
        }
        let mut sums = [Totals::new()];
        meters.iter().for_each(|meter| meter.read_into(&mut sums));
        let ledger = sums[0].ledger();
        assert_eq!((ledger.scheduled, ledger.timeout, ledger.unsent), (4, 2, 2));
        assert!(ledger.is_balanced());
        assert_eq!(sums[0].codes[GrpcCode::Aborted as usize], 2);
        assert_eq!((sums[0].response.count(), sums[0].service.count(), sums[0].lag.count()), (2, 0, 2));
    }
}
