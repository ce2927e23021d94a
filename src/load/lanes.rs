//! Where requests wait for a connection: one lane a host, first in first out, all lanes of a worker bounded together.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use tokio::sync::Notify;

use super::clock::Mono;
use super::tally::Ticket;

/// A connection's place, where it waits for the next request while it is idle.
#[derive(Debug, Default)]
pub(super) struct Seat {
    ticket: Cell<Option<Ticket>>,
    filled: Notify,
}

impl Seat {
    /// The ticket that was handed to this seat after [`Lanes::take`] found none waiting.
    pub(super) async fn wait(&self) -> Ticket {
        loop {
            if let Some(ticket) = self.ticket.take() {
                return ticket;
            }
            self.filled.notified().await;
        }
    }

    fn fill(&self, ticket: Ticket) {
        self.ticket.set(Some(ticket));
        self.filled.notify_one();
    }
}

/// What became of a request that asked for a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Admission {
    /// An idle connection has it, or it waits for one.
    Admitted,
    /// No connection is idle and no more may wait.
    Full,
}

#[derive(Debug, Default)]
struct Lane {
    /// By the time from intended send to time-out, so that those who time out first are in front as well as those who
    /// came first. Mostly there is one.
    waiting: BTreeMap<u64, VecDeque<Ticket>>,
    /// First in first out as well, so that the load goes over all connections in turn, whichever of the service's
    /// threads they belong to.
    idle: VecDeque<Rc<Seat>>,
}

impl Lane {
    /// The queue whose front came first.
    fn first(&mut self) -> Option<&mut VecDeque<Ticket>> {
        let queues = self.waiting.values_mut().filter(|queue| !queue.is_empty());
        queues.min_by_key(|queue| queue.front().map(|ticket| ticket.intended))
    }
}

/// The lanes of one worker, by host.
#[derive(Debug)]
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    waiting: usize,
    capacity: usize,
}

impl Lanes {
    /// At most `capacity` requests wait, over all hosts.
    pub(super) fn new(hosts: usize, capacity: usize) -> Self {
        Self { lanes: (0..hosts).map(|_| Lane::default()).collect(), waiting: 0, capacity }
    }

    /// Hands a request to an idle connection of the host, or lets it wait for one.
    pub(super) fn admit(&mut self, host: usize, ticket: Ticket) -> Admission {
        let lane = &mut self.lanes[host];
        if let Some(seat) = lane.idle.pop_front() {
            seat.fill(ticket);
        } else if self.waiting < self.capacity {
            lane.waiting.entry(ticket.limit_ns()).or_default().push_back(ticket);
            self.waiting += 1;
        } else {
            return Admission::Full;
        }
        Admission::Admitted
    }

    /// The request that has waited longest for the host. If none has, the seat becomes idle and must [`Seat::wait`].
    pub(super) fn take(&mut self, host: usize, seat: &Rc<Seat>) -> Option<Ticket> {
        let lane = &mut self.lanes[host];
        let ticket = lane.first().and_then(VecDeque::pop_front);
        match ticket {
            Some(_) => self.waiting -= 1,
            None => lane.idle.push_back(Rc::clone(seat)),
        }
        ticket
    }

    /// Takes a waiting request whose deadline is `now` or has passed.
    pub(super) fn take_overdue(&mut self, now: Mono) -> Option<Ticket> {
        let queues = self.lanes.iter_mut().flat_map(|lane| lane.waiting.values_mut());
        let overdue = |queue: &&mut VecDeque<Ticket>| queue.front().is_some_and(|ticket| ticket.deadline <= now);
        let ticket = queues.into_iter().find(overdue)?.pop_front();
        self.waiting -= usize::from(ticket.is_some());
        ticket
    }

    /// The earliest deadline among those that wait.
    pub(super) fn next_deadline(&self) -> Option<Mono> {
        let queues = self.lanes.iter().flat_map(|lane| lane.waiting.values());
        queues.filter_map(VecDeque::front).map(|ticket| ticket.deadline).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(start: Mono, ns: u64) -> Ticket {
        limited(start, ns, 10)
    }

    fn limited(start: Mono, ns: u64, limit_ns: u64) -> Ticket {
        let intended = start.plus_ns(ns);
        Ticket { request: 0, intended, dispatched: intended, deadline: intended.plus_ns(limit_ns) }
    }

    #[tokio::test]
    async fn an_idle_connection_is_served_directly_and_in_turn() {
        let (start, mut lanes) = (Mono::now(), Lanes::new(2, 1));
        let seats = [Rc::new(Seat::default()), Rc::new(Seat::default())];
        for seat in &seats {
            assert_eq!(lanes.take(1, seat), None);
        }
        for ns in [1, 2, 3] {
            assert_eq!(lanes.admit(1, ticket(start, ns)), Admission::Admitted);
        }
        assert_eq!(seats[0].wait().await, ticket(start, 1));
        assert_eq!(seats[1].wait().await, ticket(start, 2));
        assert_eq!(lanes.take(1, &seats[0]), Some(ticket(start, 3)));
    }

    #[test]
    fn hosts_share_the_capacity_and_what_is_taken_makes_room() {
        let (start, mut lanes) = (Mono::now(), Lanes::new(2, 2));
        assert_eq!(lanes.admit(0, ticket(start, 1)), Admission::Admitted);
        assert_eq!(lanes.admit(1, ticket(start, 2)), Admission::Admitted);
        assert_eq!(lanes.admit(0, ticket(start, 3)), Admission::Full);
        assert_eq!(lanes.next_deadline(), Some(start.plus_ns(11)));
        assert_eq!(lanes.take_overdue(start.plus_ns(11)), Some(ticket(start, 1)));
        assert_eq!(lanes.take_overdue(start.plus_ns(11)), None);
        assert_eq!(lanes.admit(0, ticket(start, 3)), Admission::Admitted);
        assert_eq!(lanes.take(1, &Rc::new(Seat::default())), Some(ticket(start, 2)));
        assert_eq!(lanes.admit(1, ticket(start, 4)), Admission::Admitted);
    }

    #[test]
    fn who_came_first_is_served_first_and_who_has_less_time_expires_first() {
        let (start, mut lanes) = (Mono::now(), Lanes::new(1, 9));
        let (patient, hasty, late) = (limited(start, 1, 50), limited(start, 2, 5), limited(start, 3, 50));
        for ticket in [patient, hasty, late] {
            assert_eq!(lanes.admit(0, ticket), Admission::Admitted);
        }
        assert_eq!(lanes.next_deadline(), Some(start.plus_ns(7)));
        assert_eq!(lanes.take_overdue(start.plus_ns(7)), Some(hasty));
        assert_eq!(lanes.take_overdue(start.plus_ns(7)), None);
        assert_eq!(lanes.admit(0, hasty), Admission::Admitted);
        let seat = Rc::new(Seat::default());
        let served = [(); 4].map(|()| lanes.take(0, &seat));
        assert_eq!(served, [Some(patient), Some(hasty), Some(late), None]);
    }
}
