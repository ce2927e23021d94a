//! The server: connections with bounds on their number, their headers and their lives, and an orderly end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::error::WebError;
use super::routes;
use super::state::{App, Parts};
use crate::manager::Manager;

/// How long a client may take for its headers, and to ask again on the same connection.
const HEADERS_WITHIN: Duration = Duration::from_secs(8);
/// More than the manager of many repositories has at once; what comes beyond waits in the system's backlog.
const MOST_CONNECTIONS: usize = 256;
/// Longer than any download takes; a client that reads slower than that is sent away.
const LONGEST_CONNECTION: Duration = Duration::from_secs(900);
/// How long answers under way may take once the server is told to end.
const DRAIN: Duration = Duration::from_secs(5);
/// The pause after a failed accept: mostly there are too many open files, and soon fewer.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// So many accepts may fail in a row before the server gives up.
const MOST_FAILURES: u32 = 600;
/// Headers of GitHub and browsers take a tenth of that.
const MOST_HEADER_BYTES: usize = 32 * 1024;

/// The web server, not listening yet.
pub struct Server {
    app: App,
}

impl Server {
    /// A server of these parts.
    pub fn new(parts: Parts) -> Self {
        Self { app: App::new(parts) }
    }

    /// With a manager that may be asked for pull requests by the API.
    pub fn with_manager(mut self, manager: Arc<Manager>) -> Self {
        self.app.manager = Some(manager);
        self
    }

    /// Answers until the token is cancelled; then lets answers under way end, for a few seconds.
    pub async fn run(self, listener: TcpListener, token: CancellationToken) -> Result<(), WebError> {
        let router = routes::router().with_state(self.app);
        let slots = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let mut connections = JoinSet::new();
        let mut failures = 0;
        loop {
            let accepted = tokio::select! {
                () = token.cancelled() => break,
                Some(_) = connections.join_next() => continue,
                accepted = accept(&listener, &slots) => accepted,
            };
            match accepted {
                Ok((stream, slot)) => {
                    failures = 0;
                    let (router, token) = (router.clone(), token.clone());
                    connections.spawn(async move {
                        serve(stream, router, token).await;
                        drop(slot);
                    });
                }
                Err(source) if failures >= MOST_FAILURES => {
                    let address = listener.local_addr().map(|address| address.to_string()).unwrap_or_default();
                    return Err(WebError::Accept { address, source });
                }
                Err(error) => {
                    failures += 1;
                    warn!(%error, "failed to accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(listener);
        let ended = async { while connections.join_next().await.is_some() {} };
        if timeout(DRAIN, ended).await.is_err() {
            warn!("some answers took longer than {DRAIN:?} to end, and are cut off");
        }
        Ok(())
    }
}

/// The next connection, once there is room for it. Safe to drop at any time.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> io::Result<(TcpStream, Option<OwnedSemaphorePermit>)> {
    // The semaphore is never closed.
    let slot = Arc::clone(slots).acquire_owned().await.ok();
    let (stream, _) = listener.accept().await?;
    Ok((stream, slot))
}

/// One connection, to its end.
async fn serve(stream: TcpStream, router: Router, token: CancellationToken) {
    // Answers are small: without this each would wait for the acknowledgement of the one before.
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "a connection ended before it was served");
        return;
    }
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_header_size(MOST_HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let ended = timeout(LONGEST_CONNECTION, async {
        tokio::select! {
            ended = connection.as_mut() => return ended,
            () = token.cancelled() => {}
        }
        connection.as_mut().graceful_shutdown();
        connection.await
    });
    match ended.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => debug!(%error, "a connection ended with an error"),
        Err(_) => debug!("a connection lived longer than {LONGEST_CONNECTION:?}"),
    }
}
