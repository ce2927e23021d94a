//! Jobs of the queue: a list of them, and one.

use serde::Serialize;
use time::OffsetDateTime;

use crate::domain::job::{Job, JobKind, JobState};
use crate::domain::order::Priority;
use crate::domain::verdict::Outcome;

use super::clean;
use super::figures;
use super::headline::{ink, label};
use super::style::{Ink, Style};
use super::table::{Align, Row, Table};
use super::view::pretty;

/// The jobs as a table, in the order given, ending in a newline.
pub fn jobs_text(jobs: &[Job], style: Style) -> String {
    let row = |job: &Job| Row {
        cells: vec![
            state_word(&job.state),
            job.id.to_string(),
            job.request.kind.to_string(),
            job.request.revision.short(),
            clean::short_line(&asked_as(job), 40),
            clean::line(&job.request.benchmark),
            job.run.map_or_else(|| figures::NONE.to_owned(), |run| run.short()),
            figures::instant(job.enqueued_at),
        ],
        ink: state_ink(&job.state),
        remark: None,
    };
    let columns = [
        ("state", Align::Left),
        ("job", Align::Right),
        ("kind", Align::Left),
        ("revision", Align::Left),
        ("asked as", Align::Left),
        ("benchmark", Align::Left),
        ("run", Align::Left),
        ("enqueued", Align::Left),
    ];
    let table = Table { columns: columns.to_vec(), head: 4, rows: jobs.iter().map(row).collect() };
    if jobs.is_empty() { "no jobs\n".to_owned() } else { table.render(style) }
}

/// One job, ending in a newline.
pub fn job_text(job: &Job, style: Style) -> String {
    let request = &job.request;
    let heading = match &job.state {
        JobState::Finished { outcome, .. } => label(outcome),
        state @ (JobState::Queued { .. } | JobState::Running { .. }) => state_word(state),
    };
    let mut text = format!(
        "{}: job {}, {}\n{}, benchmark {}, {} ({})\n",
        style.paint(state_ink(&job.state), &heading.to_uppercase()),
        job.id,
        request.kind,
        clean::line(&request.project),
        clean::line(&request.benchmark),
        request.revision,
        clean::line(&request.asked_as),
    );
    let mut fact = |name: &str, what: String| {
        text += &format!("  {} {what}\n", style.paint(Ink::Faint, &format!("{name:<9}")));
    };
    fact("enqueued", figures::instant(job.enqueued_at));
    match &job.state {
        JobState::Queued { awaited: true, .. } => fact("awaited", "a command waits for its turn with it".to_owned()),
        JobState::Queued { not_before, .. } if job.terms.served => {
            fact("awaited", "any worker of `loadmark serve` takes it".to_owned());
            if let Some(at) = not_before {
                fact("not before", figures::instant(*at));
            }
        }
        JobState::Queued { .. } => {
            fact("awaited", format!("by nobody; `loadmark jobs retry {}` runs it", job.id));
        }
        JobState::Running { host, since, lease_until, phase } => {
            if let Some(phase) = phase {
                fact("phase", clean::line(phase));
            }
            fact("running", format!("on {} since {}", clean::line(host), figures::instant(*since)));
            fact("lease", format!("until {}", figures::instant(*lease_until)));
        }
        JobState::Finished { detail, at, .. } => {
            fact("finished", figures::instant(*at));
            if let Some(detail) = detail {
                fact("reason", clean::line(detail));
            }
        }
    }
    if job.terms.served {
        let by = if job.terms.asked_by.is_empty() { "nobody in particular" } else { &job.terms.asked_by };
        fact("asked by", clean::line(by));
        fact("priority", priority_word(job.terms.priority).to_owned());
    }
    if let Some(pull) = request.pull {
        fact("pull", pull.to_string());
    }
    fact("attempts", job.attempts.to_string());
    if let Some(base) = &request.base {
        fact("base", base.to_string());
    }
    if let Some(run) = job.run {
        fact("run", run.to_string());
    }
    text
}

/// The jobs as JSON, schema `loadmark.jobs/1`.
pub fn jobs_json(jobs: &[Job]) -> String {
    pretty(&JobsView { schema: "loadmark.jobs/1", jobs: jobs.iter().map(JobView::from).collect() })
}

/// One job as JSON, schema `loadmark.job/1`.
pub fn job_json(job: &Job) -> String {
    pretty(&OneJobView { schema: "loadmark.job/1", job: job.into() })
}

/// The pull request, where it is for one, and the name by which it was asked for.
fn asked_as(job: &Job) -> String {
    let name = &job.request.asked_as;
    match job.request.pull {
        Some(pull) if *name == pull.to_string() => name.clone(),
        Some(pull) => format!("{pull} {name}"),
        None => name.clone(),
    }
}

fn priority_word(priority: Priority) -> &'static str {
    match priority {
        Priority::Scheduled => "scheduled",
        Priority::Automatic => "automatic",
        Priority::Commanded => "commanded",
        Priority::Master => "master",
    }
}

fn state_word(state: &JobState) -> String {
    match state {
        JobState::Queued { .. } => "queued".to_owned(),
        JobState::Running { .. } => "running".to_owned(),
        JobState::Finished { outcome, .. } => outcome.to_string(),
    }
}

fn state_ink(state: &JobState) -> Ink {
    match state {
        JobState::Queued { .. } | JobState::Running { .. } => Ink::Plain,
        JobState::Finished { outcome, .. } => ink(outcome),
    }
}

#[derive(Serialize)]
struct JobsView<'a> {
    schema: &'static str,
    jobs: Vec<JobView<'a>>,
}

#[derive(Serialize)]
struct OneJobView<'a> {
    schema: &'static str,
    job: JobView<'a>,
}

#[derive(Serialize)]
struct JobView<'a> {
    id: i64,
    kind: JobKind,
    project: &'a str,
    benchmark: &'a str,
    revision: String,
    asked_as: &'a str,
    base: Option<String>,
    force: bool,
    pull: Option<i32>,
    served: bool,
    priority: Priority,
    asked_by: &'a str,
    attempts: i32,
    run: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    enqueued_at: OffsetDateTime,
    #[serde(flatten)]
    state: StateView<'a>,
}

#[derive(Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
enum StateView<'a> {
    Queued {
        awaited: bool,
        #[serde(with = "time::serde::rfc3339::option")]
        not_before: Option<OffsetDateTime>,
    },
    Running {
        host: &'a str,
        #[serde(with = "time::serde::rfc3339")]
        since: OffsetDateTime,
        #[serde(with = "time::serde::rfc3339")]
        lease_until: OffsetDateTime,
        phase: Option<&'a str>,
    },
    Finished {
        outcome: Outcome,
        detail: Option<&'a str>,
        #[serde(with = "time::serde::rfc3339")]
        finished_at: OffsetDateTime,
    },
}

impl<'a> From<&'a Job> for JobView<'a> {
    fn from(job: &'a Job) -> Self {
        let request = &job.request;
        Self {
            id: job.id.0,
            kind: request.kind,
            project: &request.project,
            benchmark: &request.benchmark,
            revision: request.revision.to_string(),
            asked_as: &request.asked_as,
            base: request.base.as_ref().map(ToString::to_string),
            force: request.force,
            pull: request.pull.map(|pull| pull.0),
            served: job.terms.served,
            priority: job.terms.priority,
            asked_by: &job.terms.asked_by,
            attempts: job.attempts,
            run: job.run.map(|run| run.to_string()),
            enqueued_at: job.enqueued_at,
            state: (&job.state).into(),
        }
    }
}

impl<'a> From<&'a JobState> for StateView<'a> {
    fn from(state: &'a JobState) -> Self {
        match state {
            JobState::Queued { awaited, not_before } => Self::Queued { awaited: *awaited, not_before: *not_before },
            JobState::Running { host, since, lease_until, phase } => {
                Self::Running { host, since: *since, lease_until: *lease_until, phase: phase.as_deref() }
            }
            JobState::Finished { outcome, detail, at } => {
                Self::Finished { outcome: *outcome, detail: detail.as_deref(), finished_at: *at }
            }
        }
    }
}
