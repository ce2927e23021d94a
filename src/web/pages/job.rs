//! A job: where it stands, what was asked, and its report once there is one.

use askama::Template;
use axum::extract::{Path, State};

use super::facts::{JobLine, instant};
use super::{Page, REFRESH_SECONDS, rendered};
use crate::domain::ids::JobId;
use crate::domain::job::JobState;
use crate::domain::order::Priority;
use crate::domain::overview::ListedJob;
use crate::report::{ReportModel, ReportPage, clean_line, page, previous_page};
use crate::web::api::job_id;
use crate::web::error::Refusal;
use crate::web::files::{KeptFile, kept_files};
use crate::web::state::App;

#[derive(Template)]
#[template(path = "job.html")]
struct OneJobPage {
    refresh: Option<u32>,
    line: JobLine,
    is_over: bool,
    report: Option<ReportPage>,
    previous: Option<ReportPage>,
    facts: Vec<(&'static str, String)>,
    run: Option<String>,
    logs: Vec<KeptFile>,
}

/// `GET /jobs/{id}`.
pub(crate) async fn job(State(app): State<App>, Path(id): Path<String>) -> Page {
    let listed = app.database.listed_job(job_id(&id)?).await?;
    let job = &listed.job;
    let ahead = app.database.place_in_queue(job.id).await?;
    let model = stored_report(&app, job.id).await?;
    let is_over = matches!(job.state, JobState::Finished { .. });
    let logs = match job.run {
        Some(run) => kept_files(&app, &job.request.project, run).await,
        None => Vec::new(),
    };
    rendered(&OneJobPage {
        refresh: (!is_over).then_some(REFRESH_SECONDS),
        line: JobLine::of(&app, &listed),
        is_over,
        report: model.as_ref().map(page),
        previous: model.as_ref().and_then(previous_page),
        facts: facts(&listed, ahead),
        run: job.run.map(|run| run.to_string()),
        logs: logs.into_iter().filter(KeptFile::is_text).collect(),
    })
}

/// What a job came to, if that is stored.
pub(crate) async fn stored_report(app: &App, id: JobId) -> Result<Option<ReportModel>, Refusal> {
    let Some(document) = app.database.job_result(id).await? else { return Ok(None) };
    ReportModel::from_document(document).map(Some).map_err(|error| Refusal::internal(&error))
}

fn facts(listed: &ListedJob, ahead: Option<u64>) -> Vec<(&'static str, String)> {
    let job = &listed.job;
    let (request, terms) = (&job.request, &job.terms);
    let mut facts = Vec::new();
    facts.extend(ahead.map(|ahead| match ahead {
        0 => ("place", "next".to_owned()),
        _ => ("place", format!("{ahead} before it")),
    }));
    facts.push(("commit", request.revision.to_string()));
    facts.extend(request.base.as_ref().map(|base| ("compared with", base.to_string())));
    facts.push(("asked as", clean_line(&request.asked_as)));
    if !terms.asked_by.is_empty() {
        facts.push(("asked by", clean_line(&terms.asked_by)));
    }
    facts.push(("asked at", instant(job.enqueued_at)));
    if let JobState::Running { since, lease_until, .. } = &job.state {
        facts.push(("running since", instant(*since)));
        facts.push(("heard of until", instant(*lease_until)));
    }
    if let JobState::Finished { at, .. } = &job.state {
        facts.push(("ended at", instant(*at)));
    }
    if terms.served {
        let priority = match terms.priority {
            Priority::Scheduled => "scheduled",
            Priority::Automatic => "automatic",
            Priority::Commanded => "commanded",
            Priority::Master => "master",
        };
        facts.push(("priority", priority.to_owned()));
    }
    facts.extend(request.rounds.map(|rounds| ("rounds", format!("{rounds}, as asked"))));
    facts.push(("attempts", job.attempts.to_string()));
    facts
}
