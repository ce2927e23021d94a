//! What the API does: it asks for jobs, asks again, and cancels. All by the queue, under the manager's token.

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::answer::{Answer, told};
use super::lists::job_id;
use crate::domain::github::PullNumber;
use crate::domain::job::{Cancellation, JobKind, JobRequest};
use crate::domain::order::{Order, Ordered, Priority, Terms};
use crate::domain::procedure::CompareMethod;
use crate::domain::revision::Revision;
use crate::domain::settings::Settings;
use crate::web::access::may_write;
use crate::web::body;
use crate::web::error::Refusal;
use crate::web::state::App;

/// Bodies of the API are a few lines.
const MOST_BYTES: usize = 64 * 1024;
/// Who asked, as far as jobs tell.
const ASKED_BY: &str = "api";

/// What `POST /api/v1/jobs` is told.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    kind: JobKind,
    project: Option<String>,
    benchmark: Option<String>,
    /// Exactly one of these two.
    revision: Option<Revision>,
    pull: Option<i32>,
    base: Option<Revision>,
    rounds: Option<u16>,
    compare: Option<CompareMethod>,
    #[serde(default)]
    force: bool,
    /// Makes a request that is sent again the same request.
    key: Option<String>,
}

/// `POST /api/v1/jobs`.
pub(crate) async fn enqueue(State(app): State<App>, request: Request) -> Answer {
    let wanted = read(&app, request).await?;
    let wanted: Wanted = serde_json::from_slice(&wanted).map_err(|error| Refusal::bad_request(error.to_string()))?;
    let project = project(&app, wanted.project.as_deref())?;
    check(&wanted)?;
    match (&wanted.revision, wanted.pull) {
        (Some(revision), None) => enqueue_revision(&app, project, &wanted, revision).await,
        (None, Some(pull)) if pull > 0 => enqueue_pull(&app, project, &wanted, PullNumber(pull)).await,
        _ => Err(Refusal::bad_request("say either `revision` or `pull`, a number above 0").into()),
    }
}

/// By the manager, who reads the pull request's head and base from GitHub, and holds its trust against both.
async fn enqueue_pull(app: &App, project: &Settings, wanted: &Wanted, pull: PullNumber) -> Answer {
    let is_plain = wanted.base.is_none() && wanted.rounds.is_none() && wanted.compare.is_none() && wanted.key.is_none();
    if wanted.kind != JobKind::NewTest || !is_plain {
        let message =
            "a `pull` is for a new-test, without `base`, `rounds`, `compare` and `key`: its own are read from GitHub";
        return Err(Refusal::bad_request(message).into());
    }
    let Some(manager) = &app.manager else {
        return Err(Refusal::conflict("this process serves no repository on GitHub").into());
    };
    Ok(ordered(&manager.enqueue_pull(&project.project, pull, wanted.benchmark.as_deref(), ASKED_BY).await?))
}

async fn enqueue_revision(app: &App, project: &Settings, wanted: &Wanted, revision: &Revision) -> Answer {
    let key = wanted.key.clone().unwrap_or_else(|| Uuid::new_v4().simple().to_string());
    let mut jobs = Vec::new();
    for benchmark in benchmarks(project, wanted.benchmark.as_deref())? {
        let order = Order {
            request: JobRequest {
                base: wanted.base.clone(),
                force: wanted.force,
                rounds: wanted.rounds,
                compare: wanted.compare,
                ..JobRequest::new(wanted.kind, &project.project, benchmark, revision, &revision.short())
            },
            terms: Terms {
                served: true,
                priority: Priority::Commanded,
                ask: format!("api-{key}"),
                asked_by: ASKED_BY.to_owned(),
            },
            after: None,
        };
        jobs.push(app.queue.order(&order).await?);
    }
    Ok(ordered(&jobs))
}

/// `POST /api/v1/jobs/{id}/retry`.
pub(crate) async fn retry(State(app): State<App>, Path(id): Path<String>, request: Request) -> Answer {
    read(&app, request).await?;
    Ok(ordered(&[app.queue.ask_again(job_id(&id)?).await?]))
}

/// `POST /api/v1/jobs/{id}/cancel`.
pub(crate) async fn cancel(State(app): State<App>, Path(id): Path<String>, request: Request) -> Answer {
    read(&app, request).await?;
    let id = job_id(&id)?;
    let (result, outcome) = match app.queue.cancel(id).await? {
        Cancellation::Cancelled => ("cancelled", None),
        Cancellation::Requested => ("requested", None),
        Cancellation::AlreadyFinished(outcome) => ("finished-before", Some(outcome.to_string())),
    };
    let answer = json!({ "schema": "loadmark.cancellation/1", "job": id.0, "result": result, "outcome": outcome });
    Ok(told(StatusCode::OK, answer))
}

/// The body of a request that may change something. Its type is one that no form of a foreign page can send.
async fn read(app: &App, request: Request) -> Result<Vec<u8>, Refusal> {
    let (head, body) = request.into_parts();
    may_write(app, &head.headers)?;
    if !body::is_json(&head.headers) {
        let message = "send `Content-Type: application/json`";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not-json", message));
    }
    Ok(body::read(&head.headers, body, MOST_BYTES, &app.bodies).await?.bytes.to_vec())
}

fn project<'a>(app: &'a App, name: Option<&str>) -> Result<&'a Settings, Refusal> {
    let names = || app.projects.iter().map(|project| project.project.as_str()).collect::<Vec<_>>().join(", ");
    match (name, app.projects.as_ref()) {
        (Some(name), _) => match app.project(name) {
            Some(project) => Ok(project),
            None => Err(Refusal::bad_request(format!("`project` is one of {}", names()))),
        },
        (None, [only]) => Ok(only),
        (None, _) => Err(Refusal::bad_request(format!("say which `project`: {}", names()))),
    }
}

/// The one that is named, else those that events start.
fn benchmarks<'a>(project: &'a Settings, name: Option<&str>) -> Result<Vec<&'a str>, Refusal> {
    let all = || project.benchmarks.keys().map(String::as_str).collect::<Vec<_>>();
    match name {
        Some(name) => match project.benchmarks.get_key_value(name) {
            Some((name, _)) => Ok(vec![name]),
            None => Err(Refusal::bad_request(format!("`benchmark` is one of {}", all().join(", ")))),
        },
        None => Ok(match &project.github {
            Some(github) if !github.benchmarks.is_empty() => github.benchmarks.iter().map(String::as_str).collect(),
            _ => all(),
        }),
    }
}

fn check(wanted: &Wanted) -> Result<(), Refusal> {
    let is_master = wanted.kind == JobKind::NewMaster;
    let is_sound = |key: &str| {
        (1..=64).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    let wrong = if !is_master && wanted.kind != JobKind::NewTest {
        "`kind` is new-test or new-master"
    } else if wanted.revision.as_ref().is_some_and(Revision::is_dirty)
        || wanted.base.as_ref().is_some_and(Revision::is_dirty)
    {
        "`revision` and `base` are full commit SHAs"
    } else if is_master && wanted.base.is_some() {
        "a new-master is compared with nothing: leave `base` out"
    } else if is_master && wanted.compare.is_some() {
        "a new-master is compared with nothing: leave `compare` out"
    } else if !is_master && wanted.force {
        "`force` is for a new-master"
    } else if wanted.rounds.is_some_and(|rounds| !(1..=100).contains(&rounds)) {
        "`rounds` is 1 to 100"
    } else if wanted.key.as_deref().is_some_and(|key| !is_sound(key)) {
        "`key` is at most 64 letters, digits, `.`, `_` and `-`"
    } else {
        return Ok(());
    };
    Err(Refusal::bad_request(wrong))
}

/// 201 if anything is new.
fn ordered(jobs: &[Ordered]) -> axum::response::Response {
    let is_new = |job: &Ordered| matches!(job, Ordered::New(_));
    let status = if jobs.iter().any(is_new) { StatusCode::CREATED } else { StatusCode::OK };
    let jobs: Vec<Value> = jobs.iter().map(|job| json!({ "id": job.job().0, "new": is_new(job) })).collect();
    told(status, json!({ "schema": "loadmark.ordered/1", "jobs": jobs }))
}
