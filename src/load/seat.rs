//! The life of one connection's task: take the next request, send it, record its end, again.

use std::cell::Cell;
use std::rc::Rc;

use tokio::time::timeout_at;

use super::clock::Mono;
use super::desk::Desk;
use super::lanes::Seat;
use super::link::{Answer, Broken, Socket};
use super::tally::{End, Ticket};
use super::target::Body;

/// Serves requests to one host until it is aborted. The connection is opened with the first request, whose wait for
/// it counts as queue wait.
pub(super) async fn serve_host(desk: Rc<Desk>, host: usize) {
    let seat = Rc::new(Seat::default());
    let mut socket = Socket::default();
    loop {
        let ticket = desk.next(host, &seat).await;
        let sent = Cell::new(None);
        let (end, done) = send(&desk, &ticket, &mut socket, &sent).await;
        desk.finish(&ticket, sent.get(), done, end);
        socket.settle().await;
    }
}

/// Brings one request to its end, and says when that was.
async fn send(desk: &Desk, ticket: &Ticket, socket: &mut Socket, sent: &Cell<Option<Mono>>) -> (End, Mono) {
    let deadline = desk.deadline(ticket);
    let now = Mono::now();
    if now >= deadline {
        return (End::Timeout, now);
    }
    let target = &desk.targets.requests[ticket.request];
    let host = &desk.targets.hosts[target.host];
    match timeout_at(deadline.tokio(), socket.exchange(host, target, sent)).await {
        Ok(Ok(Answer { status, body, done })) => {
            if matches!(body, Body::TooLong) {
                socket.close();
            }
            // The timer is coarser than the clock: an answer may be late and still be first.
            let end = if done > deadline { End::Timeout } else { target.judge(status, &body) };
            (end, done)
        }
        Ok(Err(Broken)) => {
            socket.close();
            (End::ConnectionError, Mono::now())
        }
        Err(_elapsed) => {
            socket.close();
            (End::Timeout, Mono::now())
        }
    }
}
