//! What the control server answers.
//!
//! `GET /metrics` is open, and `GET /metrics/containers`, which the controlling side answers through the [`Relay`]. All
//! else needs `authorization: Bearer TOKEN`: `POST /run` (body: a [`PhaseOrder`]; 202 at once, 400 for a phase that the
//! specification lacks, 409 while one is running, 410 where its start has passed, 502 if a service does not tell what its gRPC methods take),
//! `GET /status`, `GET /record`, `POST /probe` (body: a [`Probe`]), `GET /relay` (204: no scrape waits),
//! `POST /relay/TURN`. Refusals are `{"error": "..."}`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::task::JoinSet;

use super::error::LoadError;
use super::generator::Generator;
use super::metrics::METRICS_CONTENT_TYPE;
use super::probe::answer_probe;
use super::relay::{Relay, SCRAPE_LIMIT_HEADER};
use crate::domain::load::{PhaseOrder, PhaseRecord, Probe};

/// The longest request body: an order or a probe is far shorter.
const LONGEST_BODY: usize = 64 * 1024;
/// The longest exposition: that of some thousand containers.
const LONGEST_EXPOSITION: usize = 16 * 1024 * 1024;
/// How long a client may take over a request's body.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
const JSON: &str = "application/json";
/// Of what the controlling side exposes.
const EXPOSITION: &str = "text/plain; version=0.0.4; charset=utf-8";

type Reply = Response<Full<Bytes>>;

/// Why a request is not done.
struct Refusal {
    status: StatusCode,
    error: String,
}

/// Who may do more than scrape.
pub(super) enum Access {
    /// Nobody.
    MetricsOnly,
    /// Whoever sends this `authorization`.
    Bearer(String),
}

impl Access {
    pub(super) fn token(token: &str) -> Self {
        Self::Bearer(format!("Bearer {token}"))
    }

    fn allows(&self, given: Option<&HeaderValue>) -> bool {
        match (self, given) {
            (Self::Bearer(expected), Some(given)) => is_same(expected.as_bytes(), given.as_bytes()),
            _ => false,
        }
    }
}

/// Compares in a time that depends on the lengths only, so that a token can't be guessed byte by byte.
fn is_same(left: &[u8], right: &[u8]) -> bool {
    let differing = left.iter().zip(right).fold(0, |differing, (left, right)| differing | (left ^ right));
    left.len() == right.len() && std::hint::black_box(differing) == 0
}

/// The runs that were ordered.
#[derive(Default)]
struct Runs {
    tasks: JoinSet<Result<PhaseRecord, LoadError>>,
    /// What the generator itself failed of, until the next run begins.
    failure: Option<String>,
}

/// A generator as the control server shows it. Dropping it gives up the phase under way.
pub(super) struct Routes {
    generator: Arc<Generator>,
    access: Access,
    runs: Mutex<Runs>,
    relay: Relay,
}

impl Routes {
    pub(super) fn new(generator: Arc<Generator>, access: Access) -> Self {
        Self { generator, access, runs: Mutex::default(), relay: Relay::default() }
    }

    /// Answers one request, whatever it is.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Reply {
        self.route(request).await.unwrap_or_else(|Refusal { status, error }| {
            reply(status, JSON, serde_json::json!({ "error": error }).to_string())
        })
    }

    async fn route(&self, request: Request<Incoming>) -> Result<Reply, Refusal> {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        if path == "/metrics" {
            require(&method, Method::GET)?;
            return Ok(reply(StatusCode::OK, METRICS_CONTENT_TYPE, self.generator.metrics()));
        }
        if path == "/metrics/containers" && matches!(self.access, Access::Bearer(_)) {
            require(&method, Method::GET)?;
            return self.scrape_containers(&request).await;
        }
        if !self.access.allows(request.headers().get(AUTHORIZATION)) {
            return Err(refuse(StatusCode::UNAUTHORIZED, "the token of the load agent is missing or wrong"));
        }
        match path.as_str() {
            "/run" => {
                require(&method, Method::POST)?;
                self.start(read_json(request).await?).await
            }
            "/status" => {
                require(&method, Method::GET)?;
                self.status()
            }
            "/record" => {
                require(&method, Method::GET)?;
                write_json(StatusCode::OK, &self.generator.record())
            }
            "/probe" => {
                require(&method, Method::POST)?;
                let probe: Probe = read_json(request).await?;
                write_json(StatusCode::OK, &answer_probe(&probe).await)
            }
            "/relay" => {
                require(&method, Method::GET)?;
                match self.relay.next_turn().await {
                    Some(turn) => write_json(StatusCode::OK, &turn),
                    None => Ok(reply(StatusCode::NO_CONTENT, JSON, "")),
                }
            }
            _ => match path.strip_prefix("/relay/").and_then(|turn| turn.parse().ok()) {
                Some(turn) => {
                    require(&method, Method::POST)?;
                    self.answer_scrapes(turn, request).await
                }
                None => Err(refuse(StatusCode::NOT_FOUND, format!("the load agent has no {path}"))),
            },
        }
    }

    async fn scrape_containers(&self, request: &Request<Incoming>) -> Result<Reply, Refusal> {
        let limit = request.headers().get(SCRAPE_LIMIT_HEADER);
        let read = self.relay.scrape(limit).await;
        let read = read.ok_or_else(|| refuse(StatusCode::GATEWAY_TIMEOUT, "the manager did not answer in time"))?;
        Ok(reply(StatusCode::OK, EXPOSITION, read))
    }

    async fn answer_scrapes(&self, turn: u64, request: Request<Incoming>) -> Result<Reply, Refusal> {
        let text = read_body(request, LONGEST_EXPOSITION).await?;
        match self.relay.answer(turn, &text) {
            true => Ok(reply(StatusCode::NO_CONTENT, JSON, "")),
            false => Err(refuse(StatusCode::GONE, format!("no scrape waits for turn {turn}"))),
        }
    }

    /// Begins a phase; `/status` tells when it ends. The phase is under way before the answer goes out.
    async fn start(&self, order: PhaseOrder) -> Result<Reply, Refusal> {
        let run = self.generator.begin(order).await.map_err(|error| {
            let status = match error {
                LoadError::UnknownPhase { .. } | LoadError::Spec { .. } => StatusCode::BAD_REQUEST,
                LoadError::Reflection { .. } => StatusCode::BAD_GATEWAY,
                LoadError::Busy { .. } => StatusCode::CONFLICT,
                LoadError::Late { .. } => StatusCode::GONE,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            };
            refuse(status, format!("failed to {error}"))
        })?;
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        runs.failure = None;
        runs.tasks.spawn(run.finish());
        write_json(StatusCode::ACCEPTED, &self.generator.status())
    }

    /// The generator's status, or why it has none.
    fn status(&self) -> Result<Reply, Refusal> {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(ended) = runs.tasks.try_join_next() {
            match ended {
                Ok(Ok(_record)) => {}
                Ok(Err(error)) => runs.failure = Some(format!("failed to {error}")),
                Err(panic) => runs.failure = Some(format!("failed to run a phase: {panic}")),
            }
        }
        match &runs.failure {
            None => write_json(StatusCode::OK, &self.generator.status()),
            Some(failure) => Err(refuse(StatusCode::INTERNAL_SERVER_ERROR, failure)),
        }
    }
}

fn require(method: &Method, expected: Method) -> Result<(), Refusal> {
    if *method == expected {
        return Ok(());
    }
    Err(refuse(StatusCode::METHOD_NOT_ALLOWED, format!("this takes {expected}, not {method}")))
}

async fn read_json<T: DeserializeOwned>(request: Request<Incoming>) -> Result<T, Refusal> {
    serde_json::from_slice(&read_body(request, LONGEST_BODY).await?)
        .map_err(|error| refuse(StatusCode::BAD_REQUEST, format!("the body is not as expected: {error}")))
}

async fn read_body(request: Request<Incoming>, longest: usize) -> Result<Bytes, Refusal> {
    let body = Limited::new(request.into_body(), longest).collect();
    let body = tokio::time::timeout(BODY_TIMEOUT, body).await;
    let body = body.map_err(|_elapsed| refuse(StatusCode::REQUEST_TIMEOUT, "the body did not come"))?;
    let body = body.map_err(|error| {
        let status =
            if error.is::<LengthLimitError>() { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST };
        refuse(status, format!("the body could not be read: {error}"))
    })?;
    Ok(body.to_bytes())
}

fn write_json(status: StatusCode, value: &impl Serialize) -> Result<Reply, Refusal> {
    let text = serde_json::to_string(value)
        .map_err(|error| refuse(StatusCode::INTERNAL_SERVER_ERROR, format!("failed to write the answer: {error}")))?;
    Ok(reply(status, JSON, text))
}

fn refuse(status: StatusCode, error: impl Into<String>) -> Refusal {
    Refusal { status, error: error.into() }
}

fn reply(status: StatusCode, content_type: &'static str, text: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(text.into()));
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_accepted() {
        let access = Access::token("secret");
        for (given, allowed) in
            [("Bearer secret", true), ("Bearer secre", false), ("Bearer secrets", false), ("", false)]
        {
            assert_eq!(access.allows(Some(&HeaderValue::from_static(given))), allowed, "{given}");
        }
        assert!(!access.allows(None));
        assert!(!Access::MetricsOnly.allows(Some(&HeaderValue::from_static("Bearer secret"))));
    }
}
