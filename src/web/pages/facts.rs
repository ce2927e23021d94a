//! What pages say of jobs and times, as text.

use std::time::Duration;

use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

use crate::domain::job::{Job, JobState};
use crate::domain::overview::ListedJob;
use crate::domain::settings::Settings;
use crate::domain::verdict::{Outcome, Verdict};
use crate::report::clean_line;
use crate::web::state::App;

/// A line of a list of jobs.
pub(super) struct JobLine {
    pub(super) id: i64,
    /// A class of the style sheet.
    pub(super) tone: &'static str,
    pub(super) state: String,
    pub(super) kind: &'static str,
    pub(super) project: String,
    pub(super) benchmark: String,
    pub(super) revision: String,
    /// By which name it was asked for, where that says more than the revision.
    pub(super) asked_as: String,
    pub(super) pull: Option<Pull>,
    /// What there is to know of where it stands.
    pub(super) detail: String,
    pub(super) when: String,
}

/// A pull request.
pub(super) struct Pull {
    pub(super) number: i32,
    pub(super) url: Option<String>,
}

impl JobLine {
    pub(super) fn of(app: &App, listed: &ListedJob) -> Self {
        let job = &listed.job;
        let request = &job.request;
        let asked_as = clean_line(&request.asked_as);
        Self {
            id: job.id.0,
            tone: state_tone(&job.state),
            state: state_word(&job.state),
            kind: request.kind.as_str(),
            project: clean_line(&request.project),
            benchmark: clean_line(&request.benchmark),
            revision: request.revision.short(),
            asked_as: if request.revision.to_string().starts_with(&asked_as) { String::new() } else { asked_as },
            pull: pull(app, job),
            detail: detail(listed),
            when: when(job),
        }
    }
}

/// The pull request of a job, with its address where GitHub's can be told.
pub(super) fn pull(app: &App, job: &Job) -> Option<Pull> {
    let number = job.request.pull?.0;
    let url = app.project(&job.request.project).and_then(|project| pull_url(project, number));
    Some(Pull { number, url })
}

/// The pages of GitHub are beside its API: of github.com on another host, else on the same.
fn pull_url(project: &Settings, number: i32) -> Option<String> {
    let github = project.github.as_ref()?;
    let pages = match github.api.as_str() {
        "https://api.github.com" => "https://github.com",
        api => api.strip_suffix("/api/v3")?,
    };
    Some(format!("{pages}/{}/pull/{number}", github.repository))
}

fn detail(listed: &ListedJob) -> String {
    let mut parts = Vec::new();
    match &listed.job.state {
        JobState::Queued { awaited, not_before } => {
            parts.extend(listed.after.map(|job| format!("after job {job}")));
            parts.extend(not_before.map(|at| format!("not before {}", instant(at))));
            parts.extend(awaited.then(|| "a command waits with it".to_owned()));
            let is_left = !awaited && !listed.job.terms.served;
            parts.extend(is_left.then(|| "no command waits for it any more".to_owned()));
            parts.extend(listed.last_error.as_ref().map(|error| clean_line(error)));
        }
        JobState::Running { host, phase, .. } => {
            parts.extend(phase.as_ref().map(|phase| clean_line(phase)));
            parts.push(format!("on {}", clean_line(host)));
            parts.extend(listed.ending.map(|outcome| format!("to be ended as {outcome}")));
        }
        JobState::Finished { detail, .. } => parts.extend(detail.as_ref().map(|detail| clean_line(detail))),
    }
    parts.join(" · ")
}

fn when(job: &Job) -> String {
    match &job.state {
        JobState::Queued { .. } => instant(job.enqueued_at),
        JobState::Running { since, .. } => instant(*since),
        JobState::Finished { at, .. } => instant(*at),
    }
}

/// The state, or how it ended.
pub(super) fn state_word(state: &JobState) -> String {
    match state {
        JobState::Queued { .. } => "queued".to_owned(),
        JobState::Running { .. } => "running".to_owned(),
        JobState::Finished { outcome, .. } => outcome.to_string(),
    }
}

/// What that means to the reader.
pub(super) fn state_tone(state: &JobState) -> &'static str {
    match state {
        JobState::Queued { .. } => "plain",
        JobState::Running { .. } => "active",
        JobState::Finished { outcome, .. } => match outcome {
            Outcome::Verdict(Verdict::Improvement | Verdict::New | Verdict::Unchanged) | Outcome::Measured => "good",
            Outcome::Verdict(Verdict::Regression) | Outcome::ServiceFailed(_) => "bad",
            Outcome::InfrastructureFailed | Outcome::Discarded => "bad",
            Outcome::Verdict(_) => "unsure",
            Outcome::Cancelled | Outcome::Superseded => "plain",
        },
    }
}

/// A time to the second.
pub(super) fn instant(at: OffsetDateTime) -> String {
    let form = format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    at.to_offset(UtcOffset::UTC).format(form).unwrap_or_else(|_| at.to_string())
}

/// A time of day with milliseconds, of milliseconds since the Unix epoch.
pub(super) fn moment(unix_ms: i64) -> String {
    let form = format_description!("[hour]:[minute]:[second].[subsecond digits:3]");
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000).ok();
    at.and_then(|at| at.format(form).ok()).unwrap_or_else(|| format!("{unix_ms} ms"))
}

/// `45 s`, `3 min`, `2 h 5 min`, `3 days`.
pub(super) fn lasting(time: Duration) -> String {
    match time.as_secs() {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ ..7200 => format!("{} min", seconds / 60),
        seconds @ ..172_800 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_at_a_glance() {
        for (seconds, text) in [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7500, "2 h 5 min"), (500_000, "5 days")] {
            assert_eq!(lasting(Duration::from_secs(seconds)), text);
        }
        assert_eq!(moment(1_700_000_010_500), "22:13:30.500");
    }
}
