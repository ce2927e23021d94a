//! The life of one seat's task: take the next request, send it, record its end, again.

use std::cell::Cell;
use std::rc::Rc;

use tokio::time::timeout_at;

use super::clock::Mono;
use super::desk::Desk;
use super::lanes::Seat;
use super::line::Line;
use super::link::Broken;
use super::tally::{End, Reply, Ticket};

/// Serves requests to one host over a line until it is aborted. Connections are opened with their first request, whose
/// wait for that counts as queue wait.
pub(super) async fn serve_host(desk: Rc<Desk>, host: usize, mut line: Line) {
    let seat = Rc::new(Seat::default());
    loop {
        let ticket = desk.next(host, &seat).await;
        let sent = Cell::new(None);
        let reply = send(&desk, &ticket, &mut line, &sent).await;
        desk.finish(&ticket, sent.get(), reply);
        line.settle().await;
    }
}

/// Brings one request to its end.
async fn send(desk: &Desk, ticket: &Ticket, line: &mut Line, sent: &Cell<Option<Mono>>) -> Reply {
    let deadline = ticket.deadline;
    let now = Mono::now();
    if now >= deadline {
        return Reply { end: End::Timeout, code: None, done: now };
    }
    let target = &desk.targets.requests[ticket.request];
    let host = &desk.targets.hosts[target.host];
    match timeout_at(deadline.tokio(), line.exchange(host, target, deadline, sent)).await {
        // The timer is coarser than the clock: an answer may be late and still be first.
        Ok(Ok(reply)) if reply.done > deadline => Reply { end: End::Timeout, code: None, ..reply },
        Ok(Ok(reply)) => reply,
        Ok(Err(Broken(_))) => {
            let done = Mono::now();
            // A service that was told the deadline may be the first to give a call up.
            let end = if done > deadline { End::Timeout } else { End::ConnectionError };
            Reply { end, code: None, done }
        }
        Err(_elapsed) => line.give_up(sent.get()),
    }
}
