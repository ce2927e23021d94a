//! One HTTP/1.1 connection: opened, used for one request after the other, replaced when broken.

use std::cell::Cell;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

use super::clock::Mono;
use super::http::{Body, HttpCall};
use super::target::Host;

/// The longest body that is read; a longer one is a wrong answer and costs its connection.
pub(super) const LONGEST_BODY: u64 = 64 * 1024 * 1024;
/// How long a connection may go on after its answer is complete, before it is replaced: it still sends a request
/// that the service has stopped reading.
const SETTLE_LIMIT: Duration = Duration::from_millis(10);

/// An open connection with the task that drives it; dropping it closes the connection.
pub(super) struct Link {
    sender: SendRequest<Full<Bytes>>,
    _driver: AbortOnDropHandle<()>,
}

/// The connection failed, in the words of whoever noticed.
#[derive(Debug)]
pub(super) struct Broken(pub(super) String);

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<hyper::Error> for Broken {
    fn from(error: hyper::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<h2::Error> for Broken {
    fn from(error: h2::Error) -> Self {
        Self(error.to_string())
    }
}

/// An answer, read to its end.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Body,
    /// When the end of the body was read.
    pub(super) done: Mono,
}

impl Link {
    /// Resolves the host anew and connects to the first of its addresses that answers.
    async fn open(host: &Host) -> Result<Self, Broken> {
        let stream = TcpStream::connect((host.name.as_str(), host.port)).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let driver = tokio::task::spawn_local(async move {
            // The request under way is told of the error; an idle connection's end matters to nobody.
            let _ = connection.await;
        });
        Ok(Self { sender, _driver: AbortOnDropHandle::new(driver) })
    }
}

/// A place for a connection to one host, open or not.
#[derive(Default)]
pub(super) struct Socket {
    link: Option<Link>,
}

impl Socket {
    /// Sends a request and reads its answer, and notes in `sent` when it was put on the connection. On an error, or
    /// if the future is dropped half-way, the connection must be dropped by [`Socket::close`].
    pub(super) async fn exchange(
        &mut self,
        host: &Host,
        call: &HttpCall,
        sent: &Cell<Option<Mono>>,
    ) -> Result<Answer, Broken> {
        loop {
            let reused = self.link.is_some();
            let link = match &mut self.link {
                Some(link) => link,
                None => self.link.insert(Link::open(host).await?),
            };
            sent.set(Some(Mono::now()));
            match link.sender.try_send_request(call.request()).await {
                Ok(response) => return read(response, call.wants_body()).await,
                // The service had closed the idle connection, and none of our bytes went out: this is no failure
                // of the service, and no request was sent twice.
                Err(error) if reused && error.message().is_some() => {
                    self.link = None;
                    sent.set(None);
                }
                Err(error) => return Err(error.into_error().into()),
            }
        }
    }

    /// Waits until the connection can take another request, and drops it if it can't.
    pub(super) async fn settle(&mut self) {
        if let Some(link) = &mut self.link {
            let ready = tokio::time::timeout(SETTLE_LIMIT, link.sender.ready()).await;
            if !matches!(ready, Ok(Ok(()))) {
                self.link = None;
            }
        }
    }

    pub(super) fn close(&mut self) {
        self.link = None;
    }
}

/// Reads the body to its end, and keeps it if wanted.
async fn read(response: hyper::Response<Incoming>, keep: bool) -> Result<Answer, Broken> {
    let status = response.status();
    let mut incoming = response.into_body();
    let (mut kept, mut length) = (Vec::new(), 0_u64);
    while let Some(frame) = incoming.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        length += data.len() as u64;
        if length > LONGEST_BODY {
            return Ok(Answer { status, body: Body::TooLong, done: Mono::now() });
        }
        if keep {
            kept.extend_from_slice(&data);
        }
    }
    Ok(Answer { status, body: Body::Whole(kept), done: Mono::now() })
}
