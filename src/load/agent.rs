//! The generator's control server, in its container: runs phases on request, answers for their state, probes the
//! service from inside its network, and is scraped by Prometheus. See `routes` for what it answers.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::error::LoadError;
use super::generator::Generator;
use super::routes::{Access, Routes};
use crate::domain::load::LoadSpec;

/// How long a client may take over a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections at once: Prometheus and the controlling side need a handful.
const MAX_CONNECTIONS: usize = 64;
/// After a failed accept, which most likely means no file descriptors: time for some to be closed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves a generator until `shutdown` completes; a phase under way is then given up.
///
/// # Errors
/// As [`Generator::new`].
pub async fn serve(
    spec: LoadSpec,
    listener: TcpListener,
    token: String,
    shutdown: impl Future,
) -> Result<(), LoadError> {
    let generator = Arc::new(Generator::new(spec)?);
    accept(Arc::new(Routes::new(generator, Access::token(&token))), listener, shutdown).await;
    Ok(())
}

/// Serves only `GET /metrics` of a generator that is run elsewhere, until `shutdown` completes.
pub async fn serve_metrics(generator: Arc<Generator>, listener: TcpListener, shutdown: impl Future) {
    accept(Arc::new(Routes::new(generator, Access::MetricsOnly)), listener, shutdown).await;
}

async fn accept(routes: Arc<Routes>, listener: TcpListener, shutdown: impl Future) {
    let mut shutdown = std::pin::pin!(shutdown);
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = &mut shutdown => return,
            Some(_ended) = connections.join_next() => continue,
            accepted = accept_one(&listener, &places) => accepted,
        };
        match accepted {
            Ok((stream, place)) => {
                connections.spawn(talk(Arc::clone(&routes), stream, place));
            }
            Err(error) => {
                tracing::warn!(%error, "the load agent could not accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The next connection, once there is a place for it.
async fn accept_one(listener: &TcpListener, places: &Arc<Semaphore>) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _peer) = listener.accept().await?;
    Ok((stream, place))
}

async fn talk(routes: Arc<Routes>, stream: TcpStream, _place: OwnedSemaphorePermit) {
    let service = service_fn(move |request| {
        let routes = Arc::clone(&routes);
        async move { Ok::<_, Infallible>(routes.answer(request).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection to the load agent broke");
    }
}
