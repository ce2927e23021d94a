//! The queue: what runs, what waits, what ended last.

use askama::Template;
use axum::extract::State;

use super::facts::{JobLine, lasting};
use super::{Page, REFRESH_SECONDS, rendered};
use crate::database::DatabaseError;
use crate::domain::overview::{JobList, JobPage};
use crate::web::state::App;

/// How many of each list are shown; the API has the rest.
const LISTED: u32 = 25;

#[derive(Template)]
#[template(path = "queue.html")]
struct QueuePage {
    refresh: Option<u32>,
    running: Vec<JobLine>,
    running_count: u64,
    queued: Vec<JobLine>,
    finished: Vec<JobLine>,
    queued_count: u64,
    oldest: Option<String>,
    /// Webhooks and notices that wait; empty: all is done.
    backlog: String,
}

/// `GET /`.
pub(crate) async fn queue(State(app): State<App>) -> Page {
    let summary = app.database.queue_summary().await?;
    let backlog = [
        (summary.open_deliveries, ["webhook", "webhooks"], "to be acted upon"),
        (summary.due_notices, ["report", "reports"], "to be posted to GitHub"),
    ];
    let told = |(count, [one, many], what): (u64, [&str; 2], &str)| {
        format!("{count} {} {what}", if count == 1 { one } else { many })
    };
    let backlog = backlog.into_iter().filter(|(count, ..)| *count > 0).map(told);
    rendered(&QueuePage {
        refresh: Some(REFRESH_SECONDS),
        running: list(&app, JobList::Running).await?,
        queued: list(&app, JobList::Queued).await?,
        finished: list(&app, JobList::Finished).await?,
        running_count: summary.running,
        queued_count: summary.queued,
        oldest: summary.oldest.map(lasting),
        backlog: backlog.collect::<Vec<_>>().join(", "),
    })
}

async fn list(app: &App, list: JobList) -> Result<Vec<JobLine>, DatabaseError> {
    let page = JobPage { list, project: None, after: None, limit: LISTED };
    Ok(app.database.job_page(&page).await?.iter().map(|job| JobLine::of(app, job)).collect())
}
