//! What one worker records of one phase: every request's end and its latencies.

use super::clock::{Mono, SECOND_NS};
use super::slices::{SettledSlice, SliceLog};
use super::summary::Latency;
use crate::domain::grpc::GrpcCode;
use crate::domain::load::Ledger;

/// The kinds of end, as in [`Ledger`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    Ok,
    HttpError,
    GrpcError,
    WrongAnswer,
    /// Whatever came of it came later than the time-out, counted from the intended send.
    Timeout,
    /// Refused, reset, closed too early, or no HTTP at all.
    ConnectionError,
    Overflow,
    Unsent,
    Unfinished,
}

impl End {
    pub(super) const ALL: [Self; 9] = [
        Self::Ok,
        Self::HttpError,
        Self::GrpcError,
        Self::WrongAnswer,
        Self::Timeout,
        Self::ConnectionError,
        Self::Overflow,
        Self::Unsent,
        Self::Unfinished,
    ];

    /// Adds so many ends of this kind.
    pub(super) fn add_to(self, ledger: &mut Ledger, count: u64) {
        let entry = match self {
            Self::Ok => &mut ledger.ok,
            Self::HttpError => &mut ledger.http_error,
            Self::GrpcError => &mut ledger.grpc_error,
            Self::WrongAnswer => &mut ledger.wrong_answer,
            Self::Timeout => &mut ledger.timeout,
            Self::ConnectionError => &mut ledger.connection_error,
            Self::Overflow => &mut ledger.overflow,
            Self::Unsent => &mut ledger.unsent,
            Self::Unfinished => &mut ledger.unfinished,
        };
        *entry += count;
    }
}

/// A request that was taken from the schedule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Ticket {
    /// Index into the specification.
    pub(super) request: usize,
    pub(super) intended: Mono,
    pub(super) dispatched: Mono,
    /// When it times out, whatever it is doing.
    pub(super) deadline: Mono,
}

impl Ticket {
    /// From the intended send to the time-out, in nanoseconds.
    pub(super) fn limit_ns(&self) -> u64 {
        self.deadline.since(self.intended)
    }
}

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Reply {
    pub(super) end: End,
    /// The status of a gRPC call that has one.
    pub(super) code: Option<GrpcCode>,
    pub(super) done: Mono,
}

/// The latencies of a request that ended, in nanoseconds; absent where the end has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Reading {
    /// done - intended. Time-outs count with their limit or more: to drop them would make a hanging service fast. A
    /// broken connection has no response.
    pub(super) response: Option<u64>,
    /// done - sent, of the same requests as far as they were sent.
    pub(super) service: Option<u64>,
    /// sent - dispatched; of a time-out that never got a connection, its whole wait.
    pub(super) queue_wait: Option<u64>,
}

impl Reading {
    pub(super) fn new(ticket: &Ticket, sent: Option<Mono>, done: Mono, end: End) -> Self {
        let response = done.since(ticket.intended);
        let response = match end {
            End::Ok | End::HttpError | End::GrpcError | End::WrongAnswer => Some(response),
            End::Timeout => Some(response.max(ticket.limit_ns())),
            End::ConnectionError | End::Overflow | End::Unsent | End::Unfinished => None,
        };
        Self {
            response,
            service: response.and(sent).map(|sent| done.since(sent)),
            queue_wait: sent.or(response.map(|_| done)).map(|until| until.since(ticket.dispatched)),
        }
    }
}

/// One kind of request in one phase.
#[derive(Clone, Debug)]
pub(super) struct RequestTally {
    pub(super) ledger: Ledger,
    pub(super) response: Latency,
    pub(super) service: Latency,
    pub(super) lag: Latency,
    pub(super) queue_wait: Latency,
    /// How often each gRPC status came.
    pub(super) codes: [u64; GrpcCode::ALL.len()],
    open: u64,
}

impl RequestTally {
    pub(super) fn new() -> Self {
        Self {
            ledger: Ledger::default(),
            response: Latency::new(),
            service: Latency::new(),
            lag: Latency::new(),
            queue_wait: Latency::new(),
            codes: [0; GrpcCode::ALL.len()],
            open: 0,
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.ledger = self.ledger.plus(&other.ledger);
        self.response.merge(&other.response);
        self.service.merge(&other.service);
        self.lag.merge(&other.lag);
        self.queue_wait.merge(&other.queue_wait);
        for (count, more) in self.codes.iter_mut().zip(other.codes) {
            *count += more;
        }
    }
}

/// All of a worker's part of a phase. Histograms are the worker's own until the phase ends: nothing is shared on the
/// way.
#[derive(Debug)]
pub(super) struct Tally {
    start: Mono,
    requests: Vec<RequestTally>,
    slices: SliceLog,
    open: u64,
    last_end: Mono,
}

/// A worker's part of a phase that has ended.
#[derive(Debug)]
pub(super) struct ClosedTally {
    /// In the order of the specification; their ledgers balance.
    pub(super) requests: Vec<RequestTally>,
    /// The slices that had not settled before.
    pub(super) slices: Vec<SettledSlice>,
    /// When the last request ended; the start if there was none.
    pub(super) last_end: Mono,
}

impl Tally {
    pub(super) fn new(start: Mono, requests: usize) -> Self {
        let requests = vec![RequestTally::new(); requests];
        Self { start, slices: SliceLog::new(requests.len()), requests, open: 0, last_end: start }
    }

    /// How many requests were dispatched and have no end yet.
    pub(super) fn open(&self) -> u64 {
        self.open
    }

    /// A request was taken from the schedule.
    pub(super) fn dispatch(&mut self, ticket: &Ticket) {
        let lag = ticket.dispatched.since(ticket.intended);
        let request = &mut self.requests[ticket.request];
        request.ledger.scheduled += 1;
        request.lag.record(lag);
        request.open += 1;
        self.open += 1;
        self.slices.dispatch(second(self.start, ticket), lag);
    }

    /// A request that was dispatched has ended. Returns the slices that it settles.
    pub(super) fn finish(&mut self, ticket: &Ticket, reply: &Reply, reading: &Reading) -> Vec<SettledSlice> {
        let request = &mut self.requests[ticket.request];
        reply.end.add_to(&mut request.ledger, 1);
        if let Some(code) = reply.code {
            request.codes[code as usize] += 1;
        }
        let latencies = [
            (&mut request.response, reading.response),
            (&mut request.service, reading.service),
            (&mut request.queue_wait, reading.queue_wait),
        ];
        for (latency, ns) in latencies {
            if let Some(ns) = ns {
                latency.record(ns);
            }
        }
        request.open -= 1;
        self.open -= 1;
        self.last_end = self.last_end.max(reply.done);
        self.slices.finish(second(self.start, ticket), ticket.request, reading.response, reply.done)
    }

    /// Ends the phase: what is open stays unfinished, and `unsent` holds the request of each event that was never
    /// dispatched.
    pub(super) fn close(mut self, unsent: impl Iterator<Item = usize>) -> ClosedTally {
        for request in unsent {
            let ledger = &mut self.requests[request].ledger;
            ledger.scheduled += 1;
            End::Unsent.add_to(ledger, 1);
        }
        for request in &mut self.requests {
            End::Unfinished.add_to(&mut request.ledger, std::mem::take(&mut request.open));
        }
        ClosedTally { requests: self.requests, slices: self.slices.close(), last_end: self.last_end }
    }
}

/// The slice of the phase in which a request was intended.
fn second(start: Mono, ticket: &Ticket) -> u32 {
    // A phase is at most a day long.
    (ticket.intended.since(start) / SECOND_NS) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(start: Mono) -> Ticket {
        Ticket { request: 0, intended: start, dispatched: start.plus_ns(5), deadline: start.plus_ns(1_000) }
    }

    #[test]
    fn every_kind_of_end_has_its_own_entry() {
        let mut ledger = Ledger::default();
        for (position, end) in End::ALL.into_iter().enumerate() {
            end.add_to(&mut ledger, 1 << position);
        }
        let mut counts: Vec<u64> = ledger.ends().iter().map(|(_, count)| *count).filter(|count| *count > 0).collect();
        counts.sort_unstable();
        assert_eq!(counts, (0..9).map(|position| 1 << position).collect::<Vec<u64>>());
    }

    #[test]
    fn a_timeout_counts_with_its_limit_or_more_and_a_broken_connection_has_no_response() {
        let start = Mono::now();
        let ticket = ticket(start);
        let (sent, done) = (start.plus_ns(10), start.plus_ns(100));
        let reading = |sent, end| Reading::new(&ticket, sent, done, end);
        let expected = Reading { response: Some(100), service: Some(90), queue_wait: Some(5) };
        assert_eq!(reading(Some(sent), End::Ok), expected);
        assert_eq!(reading(Some(sent), End::Timeout), Reading { response: Some(1_000), ..expected });
        let never_sent = Reading { response: Some(1_000), service: None, queue_wait: Some(95) };
        assert_eq!(reading(None, End::Timeout), never_sent);
        let broken = Reading { response: None, service: None, queue_wait: Some(5) };
        assert_eq!(reading(Some(sent), End::ConnectionError), broken);
        let refused = Reading { response: None, service: None, queue_wait: None };
        assert_eq!(reading(None, End::ConnectionError), refused);
    }

    #[test]
    fn what_is_open_or_never_dispatched_at_the_close_is_accounted_for() {
        let start = Mono::now();
        let mut tally = Tally::new(start, 2);
        let ticket = ticket(start);
        tally.dispatch(&ticket);
        tally.dispatch(&ticket);
        let reading = Reading::new(&ticket, Some(start), start, End::Ok);
        let reply = Reply { end: End::Ok, code: Some(GrpcCode::Ok), done: start.plus_ns(7) };
        tally.finish(&ticket, &reply, &reading);
        assert_eq!(tally.open(), 1);
        let closed = tally.close([1, 1, 0].into_iter());
        let [first, second] = &closed.requests[..] else { panic!("two requests") };
        assert!(first.ledger.is_balanced() && second.ledger.is_balanced());
        assert_eq!(
            (first.ledger.scheduled, first.ledger.ok, first.ledger.unfinished, first.ledger.unsent),
            (3, 1, 1, 1)
        );
        assert_eq!((second.ledger.scheduled, second.ledger.unsent), (2, 2));
        assert_eq!(closed.last_end, start.plus_ns(7));
        assert_eq!((first.codes[0], first.codes.iter().sum::<u64>()), (1, 1));
    }
}
