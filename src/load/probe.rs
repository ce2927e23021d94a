//! Does something answer? Asked from inside the stack's network, where the answer counts.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::Request;
use hyper::client::conn::http1;
use hyper::header::HOST;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

use super::target::read_url;
use crate::domain::load::{Probe, ProbeAnswer};

/// A service that needs longer is not ready.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);

/// Asks once. Never fails: what went wrong is the answer's detail.
pub(super) async fn answer_probe(probe: &Probe) -> ProbeAnswer {
    let asked = async {
        match probe {
            Probe::Http(url) => probe_http(url).await,
            Probe::Tcp(address) => match TcpStream::connect(address).await {
                Ok(_) => Ok(format!("{address} accepts connections")),
                Err(error) => Err(format!("connect to {address}: {error}")),
            },
        }
    };
    match tokio::time::timeout(PROBE_TIMEOUT, asked).await {
        Ok(Ok(detail)) => ProbeAnswer { ok: true, detail },
        Ok(Err(detail)) => ProbeAnswer { ok: false, detail },
        Err(_elapsed) => ProbeAnswer { ok: false, detail: format!("no answer within {PROBE_TIMEOUT:?}") },
    }
}

/// A GET; the body is not read.
async fn probe_http(url: &str) -> Result<String, String> {
    let (host, path, authority) = read_url(url).map_err(|reason| format!("the URL {reason}"))?;
    let stream = TcpStream::connect((host.name.as_str(), host.port)).await;
    let stream = stream.map_err(|error| format!("connect to {}:{}: {error}", host.name, host.port))?;
    let failed = |error: hyper::Error| format!("GET {url}: {error}");
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let _driver = AbortOnDropHandle::new(tokio::spawn(connection));
    let mut request = Request::new(Empty::<Bytes>::new());
    *request.uri_mut() = path;
    request.headers_mut().insert(HOST, authority);
    let status = sender.send_request(request).await.map_err(failed)?.status();
    let seen = format!("GET {url}: {status}");
    if status.is_success() { Ok(seen) } else { Err(seen) }
}
