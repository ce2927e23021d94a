//! The JSON API. Shapes of jobs, runs and reports are those of the command line; errors are
//! `{"error": {"code", "message"}}`. `openapi.json` describes it all.

mod actions;
mod answer;
mod lists;
#[cfg(test)]
mod tests;

use axum::http::header;
use axum::response::IntoResponse;

pub(super) use actions::{cancel, enqueue, retry};
pub(super) use answer::ApiRefusal;
pub(super) use lists::{job, job_id, jobs, queue, report, run, runs};

/// The description, OpenAPI 3.1.
const DESCRIPTION: &str = include_str!("openapi.json");

/// `GET /api/v1/openapi.json`.
pub(super) async fn description() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], DESCRIPTION)
}
