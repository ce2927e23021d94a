//! GitHub's door: a delivery is verified, read, committed, and only then answered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tracing::{error, info, warn};

use super::body::{self, MOST_BYTES};
use super::error::Refusal;
use super::state::App;
use crate::database::Receipt;
use crate::domain::chain::error_chain;
use crate::domain::event::{Delivery, Event};
use crate::domain::settings::{Secret, Settings};
use crate::telemetry::{Dependency, WebhookOutcome, failpoint, metrics};
use crate::webhook;

/// Longer bodies are hashed and parsed beside the threads that answer everybody else.
const LONG: usize = 256 * 1024;
/// GitHub hangs up after 10 s; by then it should know that this failed, so that it can be asked to send it again.
const STORED_WITHIN: Duration = Duration::from_secs(5);

/// What became of a request at this door.
struct Answer {
    outcome: WebhookOutcome,
    status: StatusCode,
    /// For who reads GitHub's list of deliveries.
    message: String,
}

impl Answer {
    fn new(outcome: WebhookOutcome, status: StatusCode, message: impl Into<String>) -> Self {
        Self { outcome, status, message: message.into() }
    }

    fn ignored(message: impl Into<String>) -> Self {
        Self::new(WebhookOutcome::Ignored, StatusCode::OK, message)
    }

    fn refused(status: StatusCode, message: impl Into<String>) -> Self {
        Self::new(WebhookOutcome::Refused, status, message)
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self::refused(refusal.status, refusal.message)
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(json!({ "message": self.message }))).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("60"));
        }
        response
    }
}

/// `POST /webhook/github`.
pub(super) async fn receive(State(app): State<App>, request: Request) -> Response {
    let began = Instant::now();
    let (head, body) = request.into_parts();
    let event = text(&head.headers, "x-github-event").unwrap_or_default().to_owned();
    let delivery = text(&head.headers, "x-github-delivery").unwrap_or_default().to_owned();
    let answer = match body::read(&head.headers, body, MOST_BYTES, &app.bodies).await {
        Ok(body) => take(&app, &head.headers, &event, &delivery, &body.bytes).await.unwrap_or_else(|answer| answer),
        Err(refusal) => refusal.into(),
    };
    metrics().webhook(&event, answer.outcome, began.elapsed());
    let (status, message) = (answer.status.as_u16(), &answer.message);
    // Both come from whoever sends: as values, which the log escapes, never as words of ours.
    match answer.outcome {
        WebhookOutcome::Failed => error!(?event, ?delivery, status, message, "webhook"),
        WebhookOutcome::Unsigned | WebhookOutcome::Refused => warn!(?event, ?delivery, status, message, "webhook"),
        _ => info!(?event, ?delivery, status, message, "webhook"),
    }
    answer.into_response()
}

/// What was sent, up to the row in the inbox.
async fn take(app: &App, headers: &HeaderMap, event: &str, id: &str, bytes: &Bytes) -> Result<Answer, Answer> {
    // A form, GitHub's other choice, would have to be decoded before its signature is known to be right.
    if !body::is_json(headers) {
        let message = "set the webhook's content type to application/json";
        return Err(Answer::refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, message));
    }
    let signature = text(headers, "x-hub-signature-256").map(str::to_owned);
    let opened = Opening {
        projects: Arc::clone(&app.projects),
        signature,
        event: event.to_owned(),
        id: id.to_owned(),
        body: bytes.clone(),
    };
    let opened = if bytes.len() > LONG {
        let opened = spawn_blocking(move || opened.open()).await;
        opened.map_err(|error| Answer::from(Refusal::internal(&error)))?
    } else {
        opened.open()
    };
    let delivery = opened?;
    match &delivery.event {
        Event::Ping => return Ok(Answer::ignored("pong")),
        Event::Other => return Ok(Answer::ignored(format!("{} means no work here", delivery.name))),
        _ => {}
    }
    store(app, &delivery).await
}

/// Committed when this returns `accepted`.
async fn store(app: &App, delivery: &Delivery) -> Result<Answer, Answer> {
    let failed = |reason: String| {
        metrics().failed(Dependency::Postgres);
        error!(reason, delivery = delivery.id, "failed to store a delivery");
        let message =
            "the database did not take it; deliver it again later, or Loadmark asks for it when it catches up";
        Answer::new(WebhookOutcome::Failed, StatusCode::SERVICE_UNAVAILABLE, message)
    };
    let receipt = match timeout(STORED_WITHIN, app.database.receive(delivery)).await {
        Ok(stored) => stored.map_err(|error| failed(error_chain(&error)))?,
        Err(_) => return Err(failed(format!("no answer within {} s", STORED_WITHIN.as_secs()))),
    };
    failpoint("webhook-inserted");
    app.wake.notify_one();
    Ok(match receipt {
        Receipt::New => Answer::new(WebhookOutcome::Accepted, StatusCode::OK, "accepted"),
        Receipt::Known => Answer::new(WebhookOutcome::Known, StatusCode::OK, "accepted before"),
    })
}

/// A body with what is needed to trust and to read it.
struct Opening {
    projects: Arc<[Arc<Settings>]>,
    signature: Option<String>,
    event: String,
    id: String,
    body: Bytes,
}

impl Opening {
    /// Trust first: nothing is parsed that is not signed with a secret of ours. Then the repository has to be one
    /// whose own secret it was.
    fn open(self) -> Result<Delivery, Answer> {
        let signers = self.signers()?;
        let delivery = webhook::read(&self.event, &self.id, &self.body)
            .map_err(|error| Answer::refused(StatusCode::BAD_REQUEST, error_chain(&error)))?;
        let Some(repository) = &delivery.repository else { return Ok(delivery) };
        let of = |project: &Arc<Settings>| project.github.as_ref().is_some_and(|ours| ours.repository == *repository);
        if !self.projects.iter().any(of) {
            return Err(Answer::ignored(format!("{repository} is no repository of this manager")));
        }
        if !signers.into_iter().any(of) {
            let message = format!("signed with a secret that is not {repository}'s");
            return Err(Answer::new(WebhookOutcome::Unsigned, StatusCode::UNAUTHORIZED, message));
        }
        Ok(delivery)
    }

    /// The projects whose secret it is signed with; all are tried, so that the time tells nothing.
    fn signers(&self) -> Result<Vec<&Arc<Settings>>, Answer> {
        let mut signers = Vec::new();
        let mut refusal = None;
        for project in self.projects.iter() {
            let secrets: &[Secret] = project.github.as_ref().map_or(&[], |github| &github.webhook_secrets);
            match webhook::verify(secrets, self.signature.as_deref(), &self.body) {
                Ok(()) => signers.push(project),
                Err(error) => refusal = Some(error),
            }
        }
        match refusal {
            Some(error) if signers.is_empty() => {
                let status = if error.is_malformed() { StatusCode::BAD_REQUEST } else { StatusCode::UNAUTHORIZED };
                Err(Answer::new(WebhookOutcome::Unsigned, status, error_chain(&error)))
            }
            _ => Ok(signers),
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
