//! What a seat sends its requests over: a connection of its own, or a stream of a shared one.

use std::cell::Cell;
use std::rc::Rc;

use super::clock::Mono;
use super::http::Body;
use super::link::{Answer, Broken, Socket};
use super::tally::{End, Reply};
use super::target::{Call, Host, Target};
use super::trunk::Trunk;

/// One request at a time goes over it.
pub(super) enum Line {
    Own(Socket),
    Shared(Rc<Trunk>),
}

impl Line {
    /// Sends a request and judges its answer, and notes in `sent` when it was put on a connection. If the future is
    /// dropped half-way, the line must be told by [`Line::give_up`].
    pub(super) async fn exchange(
        &mut self,
        host: &Host,
        target: &Target,
        deadline: Mono,
        sent: &Cell<Option<Mono>>,
    ) -> Result<Reply, Broken> {
        match (self, &target.call) {
            (Self::Own(socket), Call::Http(call)) => {
                let Answer { status, body, done } = match socket.exchange(host, call, sent).await {
                    Ok(answer) => answer,
                    Err(broken) => {
                        socket.close();
                        return Err(broken);
                    }
                };
                if matches!(body, Body::TooLong) {
                    socket.close();
                }
                Ok(Reply { end: call.judge(status, &body), code: None, done })
            }
            (Self::Shared(trunk), Call::Grpc(rpc)) => {
                let (said, done) = trunk.exchange(host, rpc, deadline, sent).await?;
                let (end, code) = rpc.judge(&said);
                Ok(Reply { end, code, done })
            }
            (Self::Own(_), Call::Grpc(_)) | (Self::Shared(_), Call::Http(_)) => {
                unreachable!("a host speaks the protocol of all its requests")
            }
        }
    }

    /// The request that was put on a connection at `sent` timed out.
    pub(super) fn give_up(&mut self, sent: Option<Mono>) -> Reply {
        match self {
            Self::Own(socket) => socket.close(),
            Self::Shared(trunk) => trunk.give_up(sent),
        }
        Reply { end: End::Timeout, code: None, done: Mono::now() }
    }

    /// Waits until it can take another request.
    pub(super) async fn settle(&mut self) {
        if let Self::Own(socket) = self {
            socket.settle().await;
        }
    }
}
