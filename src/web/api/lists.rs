//! What the API shows: the queue, jobs with their reports, runs.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::json;

use super::answer::{Answer, shaped};
use crate::domain::ids::JobId;
use crate::domain::overview::{JobList, JobPage};
use crate::domain::run::{RunFilter, RunState};
use crate::report;
use crate::web::error::Refusal;
use crate::web::pages::stored_report;
use crate::web::state::App;

/// How many are listed unless asked otherwise, and at most.
const LISTED: u32 = 50;
const MOST: u32 = 500;

/// `GET /api/v1/queue`.
pub(crate) async fn queue(State(app): State<App>) -> Answer {
    let queue = app.database.queue_summary().await?;
    Ok(Json(json!({
        "schema": "loadmark.queue/1",
        "queued": queue.queued,
        "running": queue.running,
        "oldest_seconds": queue.oldest.map(|age| age.as_secs()),
        "open_deliveries": queue.open_deliveries,
        "due_notices": queue.due_notices,
    }))
    .into_response())
}

/// What `GET /api/v1/jobs` may be asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JobsQuery {
    project: Option<String>,
    state: Option<String>,
    after: Option<i64>,
    limit: Option<u32>,
}

/// `GET /api/v1/jobs`.
pub(crate) async fn jobs(State(app): State<App>, query: Result<Query<JobsQuery>, QueryRejection>) -> Answer {
    let Query(query) = query.map_err(|error| Refusal::bad_request(error.body_text()))?;
    let list = match query.state.as_deref() {
        None => JobList::All,
        Some("queued") => JobList::Queued,
        Some("running") => JobList::Running,
        Some("finished") => JobList::Finished,
        Some(_) => return Err(Refusal::bad_request("`state` is queued, running or finished").into()),
    };
    let limit = bounded(query.limit)?;
    let page = JobPage { list, project: query.project, after: query.after.map(JobId), limit };
    let listed = app.database.job_page(&page).await?;
    // A page that is not full is the last one.
    let next = listed.last().filter(|_| listed.len() == limit as usize).map(|last| last.job.id.0);
    let jobs: Vec<_> = listed.into_iter().map(|listed| listed.job).collect();
    shaped(&report::jobs_json(&jobs), json!({ "next": next }))
}

/// `GET /api/v1/jobs/{id}`.
pub(crate) async fn job(State(app): State<App>, Path(id): Path<String>) -> Answer {
    let id = job_id(&id)?;
    let listed = app.database.listed_job(id).await?;
    let ahead = app.database.place_in_queue(id).await?;
    let further = json!({
        "ahead": ahead,
        "after": listed.after.map(|job| job.0),
        "ending": listed.ending.map(|outcome| outcome.to_string()),
        "last_error": listed.last_error,
    });
    shaped(&report::job_json(&listed.job), further)
}

/// `GET /api/v1/jobs/{id}/report`: the comparison, with every series.
pub(crate) async fn report(State(app): State<App>, Path(id): Path<String>) -> Answer {
    let id = job_id(&id)?;
    let model = match stored_report(&app, id).await? {
        Some(model) => model,
        // An unknown job is told as such.
        None => {
            app.database.job(id).await?;
            return Err(Refusal::not_found(format!("job {id} has no report yet")).into());
        }
    };
    shaped(&report::json(&model), json!({}))
}

/// What `GET /api/v1/runs` may be asked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunsQuery {
    project: Option<String>,
    benchmark: Option<String>,
    state: Option<RunState>,
    limit: Option<u32>,
}

/// `GET /api/v1/runs`.
pub(crate) async fn runs(State(app): State<App>, query: Result<Query<RunsQuery>, QueryRejection>) -> Answer {
    let Query(query) = query.map_err(|error| Refusal::bad_request(error.body_text()))?;
    let RunsQuery { project, benchmark, state, limit } = query;
    let filter = RunFilter { project, benchmark, state, limit: bounded(limit)? };
    shaped(&report::runs_json(&app.database.runs(&filter).await?), json!({}))
}

/// `GET /api/v1/runs/{id}`.
pub(crate) async fn run(State(app): State<App>, Path(id): Path<String>) -> Answer {
    let run = app.database.run(&id).await?;
    let id = run.summary.id;
    let (invalidation, conditions) = (app.database.invalidation(id).await?, app.database.conditions(id).await?);
    shaped(&report::run_json(&run, invalidation.as_ref(), conditions.as_ref()), json!({}))
}

/// A job's number in an address.
pub(crate) fn job_id(text: &str) -> Result<JobId, Refusal> {
    text.parse().map_err(|_| Refusal::not_found("there is no such job: jobs have numbers"))
}

fn bounded(limit: Option<u32>) -> Result<u32, Refusal> {
    match limit.unwrap_or(LISTED) {
        limit @ 1..=MOST => Ok(limit),
        _ => Err(Refusal::bad_request(format!("`limit` is 1 to {MOST}"))),
    }
}
