//! What the tasks of one worker share: the lanes, the tally of the phase under way, the live counts.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::Notify;

use super::clock::Mono;
use super::lanes::{Admission, Lanes, Seat};
use super::meter::Meter;
use super::schedule::Event;
use super::slices::Outlet;
use super::tally::{ClosedTally, End, Reading, Reply, Tally, Ticket};
use super::target::Targets;

/// A phase as its worker's tasks see it.
struct Shift {
    start: Mono,
    tally: Tally,
    settled: Outlet,
}

/// Shared by the dispatcher and the connections of one worker; single-threaded, and never borrowed across an await.
pub(super) struct Desk {
    pub(super) targets: Arc<Targets>,
    capacity: usize,
    meter: Arc<Meter>,
    lanes: RefCell<Lanes>,
    shift: RefCell<Option<Shift>>,
    all_ended: Notify,
}

impl Desk {
    pub(super) fn new(targets: Arc<Targets>, capacity: usize, meter: Arc<Meter>) -> Self {
        let lanes = RefCell::new(Lanes::new(targets.hosts.len(), capacity));
        Self { targets, capacity, meter, lanes, shift: RefCell::new(None), all_ended: Notify::new() }
    }

    /// Begins a phase; its settled slices go to `settled`.
    pub(super) fn begin(&self, start: Mono, settled: Outlet) {
        let tally = Tally::new(start, self.targets.requests.len());
        *self.shift.borrow_mut() = Some(Shift { start, tally, settled });
    }

    /// Ends a phase; `None` if none was begun. What is still open is unfinished, `unsent` was never dispatched.
    pub(super) fn end(&self, unsent: impl Iterator<Item = Event>) -> Option<ClosedTally> {
        let shift = self.shift.borrow_mut().take()?;
        let closed =
            shift.tally.close(unsent.map(|event| event.request).inspect(|&request| self.meter.unsent(request)));
        for (request, tally) in closed.requests.iter().enumerate() {
            self.meter.end(request, End::Unfinished, tally.ledger.unfinished);
        }
        Some(closed)
    }

    /// Forgets who waits and who is idle, for the connections that held on to them are gone.
    pub(super) fn clear_lanes(&self) {
        *self.lanes.borrow_mut() = Lanes::new(self.targets.hosts.len(), self.capacity);
    }

    /// Requests that were dispatched and have no end.
    pub(super) fn open(&self) -> u64 {
        self.shift.borrow().as_ref().map_or(0, |shift| shift.tally.open())
    }

    /// Takes an event from the schedule and finds it a connection, a place in the queue, or its end.
    pub(super) fn dispatch(&self, event: Event) {
        let Some(ticket) = self.count_dispatch(event) else { return };
        let host = self.targets.requests[ticket.request].host;
        let admission = self.lanes.borrow_mut().admit(host, ticket);
        if admission == Admission::Full {
            self.finish(&ticket, None, Reply { end: End::Overflow, code: None, done: ticket.dispatched });
        }
    }

    fn count_dispatch(&self, event: Event) -> Option<Ticket> {
        let mut shift = self.shift.borrow_mut();
        let shift = shift.as_mut()?;
        let intended = shift.start.plus_ns(event.offset_ns);
        let deadline = intended.plus_ns(self.targets.requests[event.request].limit_ns);
        let ticket = Ticket { request: event.request, intended, dispatched: Mono::now(), deadline };
        shift.tally.dispatch(&ticket);
        self.meter.dispatch(ticket.request, ticket.dispatched.since(intended));
        Some(ticket)
    }

    /// The next request for a connection to this host.
    pub(super) async fn next(&self, host: usize, seat: &Rc<Seat>) -> Ticket {
        let waiting = self.lanes.borrow_mut().take(host, seat);
        match waiting {
            Some(ticket) => ticket,
            None => seat.wait().await,
        }
    }

    /// Records the one end of a request.
    pub(super) fn finish(&self, ticket: &Ticket, sent: Option<Mono>, reply: Reply) {
        let reading = Reading::new(ticket, sent, reply.done, reply.end);
        self.meter.finish(ticket.request, &reply, &reading);
        if let Some(shift) = self.shift.borrow_mut().as_mut() {
            for slice in shift.tally.finish(ticket, &reply, &reading) {
                shift.settled.hand_over(slice);
            }
            if shift.tally.open() == 0 {
                self.all_ended.notify_one();
            }
        }
    }

    /// Ends the requests whose time-out passed while they waited for a connection.
    pub(super) fn expire(&self, now: Mono) {
        while let Some(ticket) = self.take_overdue(now) {
            self.finish(&ticket, None, Reply { end: End::Timeout, code: None, done: now });
        }
    }

    fn take_overdue(&self, now: Mono) -> Option<Ticket> {
        self.lanes.borrow_mut().take_overdue(now)
    }

    /// When the next waiting request times out.
    pub(super) fn next_expiry(&self) -> Option<Mono> {
        self.lanes.borrow().next_deadline()
    }

    /// Returns when no request may be open any more; may return early.
    pub(super) async fn all_ended(&self) {
        self.all_ended.notified().await;
    }
}
