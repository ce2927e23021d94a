//! One HTTP/2 connection that several calls share, as gRPC clients do: opened, used, replaced when it is broken, sent
//! away or silent.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use bytes::Bytes;
use h2::Reason;
use h2::client::SendRequest;
use tokio::sync::Mutex;
use tokio_util::task::AbortOnDropHandle;

use super::clock::Mono;
use super::link::Broken;
use super::rpc::Rpc;
use super::stream::{Said, connect, send};
use super::target::Host;

/// How many calls a connection carries at once.
pub(super) const CALLS_AT_ONCE: usize = 16;

/// An open connection with the task that drives it.
struct Link {
    sender: SendRequest<Bytes>,
    opened: Mono,
    /// When the last answer came.
    answered: Cell<Option<Mono>>,
    _driver: AbortOnDropHandle<()>,
}

impl Link {
    async fn open(host: &Host) -> Result<Self, Broken> {
        let (sender, connection) = connect(host).await?;
        let driver = tokio::task::spawn_local(async move {
            // The calls under way are told of the error; an idle connection's end matters to nobody.
            let _ = connection.await;
        });
        Ok(Self { sender, opened: Mono::now(), answered: Cell::new(None), _driver: AbortOnDropHandle::new(driver) })
    }

    async fn call(&self, rpc: &Rpc, deadline: Mono, sent: &Cell<Option<Mono>>) -> Result<Said, h2::Error> {
        let mut sender = self.sender.clone().ready().await?;
        let now = Mono::now();
        let (request, message) = rpc.request(deadline.since(now));
        let answer = send(&mut sender, request, message, false)?;
        sent.set(Some(now));
        answer.await
    }
}

/// A place for a connection to one host, open or not. Calls that go on when the connection is replaced keep the old
/// one to their end.
#[derive(Default)]
pub(super) struct Trunk {
    link: RefCell<Option<Rc<Link>>>,
    /// Held while one of the calls opens the connection for all.
    opening: Mutex<()>,
}

impl Trunk {
    /// Sends a call and reads its answer, and notes in `sent` when it was put on the connection. A call that the
    /// service certainly did not look at is sent once more, on a connection of its own time.
    pub(super) async fn exchange(
        &self,
        host: &Host,
        rpc: &Rpc,
        deadline: Mono,
        sent: &Cell<Option<Mono>>,
    ) -> Result<(Said, Mono), Broken> {
        let mut is_first = true;
        loop {
            let link = self.link(host).await?;
            match link.call(rpc, deadline, sent).await {
                Ok(said) => {
                    let done = Mono::now();
                    link.answered.set(Some(done));
                    return Ok((said, done));
                }
                Err(error) => {
                    if !error.is_reset() {
                        self.replace(&link);
                    }
                    let untouched = sent.get().is_none() || is_refusal(&error);
                    if !(is_first && untouched) {
                        return Err(error.into());
                    }
                    is_first = false;
                    sent.set(None);
                }
            }
        }
    }

    /// The connection, opened if there is none.
    async fn link(&self, host: &Host) -> Result<Rc<Link>, Broken> {
        let _opening = self.opening.lock().await;
        let open = self.link.borrow().clone();
        if let Some(link) = open {
            return Ok(link);
        }
        let link = Rc::new(Link::open(host).await?);
        *self.link.borrow_mut() = Some(Rc::clone(&link));
        Ok(link)
    }

    /// Gives up a connection, unless another call has done so.
    fn replace(&self, broken: &Rc<Link>) {
        let mut link = self.link.borrow_mut();
        if link.as_ref().is_some_and(|link| Rc::ptr_eq(link, broken)) {
            *link = None;
        }
    }

    /// A call that was put on a connection at `sent` timed out. If nothing at all came over the connection since, it
    /// is taken for dead.
    pub(super) fn give_up(&self, sent: Option<Mono>) {
        let mut link = self.link.borrow_mut();
        let is_silent =
            |link: &Rc<Link>, sent| link.opened <= sent && link.answered.get().is_none_or(|last| last < sent);
        if link.as_ref().zip(sent).is_some_and(|(link, sent)| is_silent(link, sent)) {
            *link = None;
        }
    }
}

/// Whether the service says that it has not looked at a call: it was going away, or would not take one more.
fn is_refusal(error: &h2::Error) -> bool {
    error.is_remote() && (error.is_go_away() || error.reason() == Some(Reason::REFUSED_STREAM))
}
