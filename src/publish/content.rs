//! The check of a benchmark at a commit: as a check run where we are an app, else as a commit status.

use crate::domain::approval::UNAPPROVED;
use crate::domain::check::{CheckId, CheckState, Conclusion};
use crate::domain::github::PullNumber;
use crate::domain::job::{Job, JobState};
use crate::domain::notice::{DueNotice, Hold, HoldReason};
use crate::domain::revision::Revision;
use crate::github::{Button, CheckContent, StatusContent, StatusState};
use crate::report::{self, CheckText, Section, Standing};

use super::error::PublishError;
use super::gather::Desk;

/// What a check is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    pub(super) pull: Option<PullNumber>,
    pub(super) revision: &'a Revision,
    pub(super) benchmark: &'a str,
}

/// What is to stand there, and by which marks it may stand there already.
pub(super) struct Check {
    pub(super) content: CheckContent,
    /// What we may have called it when it told of earlier jobs, or of none.
    pub(super) marks: Vec<String>,
    /// Whether it tells of a step that will pass soon.
    pub(super) is_passing: bool,
}

impl Desk<'_> {
    /// The check as it is to be; none: there is nothing to tell of.
    pub(super) async fn check(&self, due: &DueNotice, of: Subject<'_>) -> Result<Option<Check>, PublishError> {
        let jobs = self.database.jobs_of_check(self.project(), of.pull, of.revision, of.benchmark).await?;
        let newest = jobs.first();
        let mark = |job: Option<&Job>| {
            let (project, benchmark) = (self.project().to_owned(), of.benchmark.to_owned());
            CheckId { project, pull: of.pull, benchmark, job: job.map(|job| job.id) }.to_string()
        };
        let (text, actions) = match (newest, &due.held) {
            (Some(job), _) => {
                let text = report::check(&self.section(job).await?, &self.words());
                let buttons = buttons_of(text.state);
                (text, buttons)
            }
            (None, Some(hold)) => self.held(hold, of),
            (None, None) => return Ok(None),
        };
        let (started_at, completed_at) = newest.map_or((None, None), times);
        let content = CheckContent {
            name: format!("loadmark/{}/{}", self.project(), of.benchmark),
            head: of.revision.clone(),
            external_id: mark(newest),
            state: text.state,
            title: text.title,
            summary: text.summary,
            text: None,
            details_url: newest.map_or_else(|| self.url("/"), |job| self.url_of(job)),
            started_at,
            completed_at,
            actions,
        };
        let marks = jobs.iter().map(|job| mark(Some(job))).chain([mark(None)]).collect();
        let is_passing = matches!(content.state, CheckState::InProgress);
        Ok(Some(Check { content, marks, is_passing }))
    }

    /// Of a commit that is not measured. One that the operator's rules leave out does not keep anybody from merging;
    /// one that waits for an approval does.
    fn held(&self, hold: &Hold, of: Subject<'_>) -> (CheckText, Vec<Button>) {
        if hold.reason == HoldReason::Unapproved {
            let section = Section {
                benchmark: of.benchmark.to_owned(),
                revision: of.revision.clone(),
                standing: Standing::Held { reason: UNAPPROVED.to_owned() },
                url: None,
            };
            let text = report::check(&section, &self.words());
            let button = button(CheckId::APPROVE, "Approve", "Lets exactly this commit run");
            return (text, vec![button]);
        }
        let (conclusion, title) = match hold.reason {
            // A merge queue waits for us: nobody can ask there, and a status that is pending would hold it for ever.
            HoldReason::NotAsked if of.pull.is_none() => (Conclusion::Skipped, "Not measured: merge queues are not"),
            HoldReason::Ignored => (Conclusion::Skipped, "Not measured: only ignored files are changed"),
            _ => (Conclusion::Neutral, "Not measured: nobody has asked for it"),
        };
        let state = CheckState::Completed(conclusion);
        let text = CheckText { state, title: title.to_owned(), summary: hold.text.clone() };
        (text, vec![button(CheckId::RERUN, "Measure", "Measures this commit")])
    }
}

/// The same as a commit status, for those who are no app.
pub(super) fn status(check: &CheckContent) -> StatusContent {
    StatusContent {
        head: check.head.clone(),
        context: check.name.clone(),
        state: match check.state {
            CheckState::Queued | CheckState::InProgress => StatusState::Pending,
            CheckState::Completed(Conclusion::Success | Conclusion::Skipped) => StatusState::Success,
            CheckState::Completed(Conclusion::Failure) => StatusState::Failure,
            // There is no grey: what was not asked for waits.
            CheckState::Completed(Conclusion::Neutral) => StatusState::Pending,
            CheckState::Completed(_) => StatusState::Error,
        },
        description: check.title.clone(),
        target_url: check.details_url.clone(),
    }
}

fn buttons_of(state: CheckState) -> Vec<Button> {
    match state {
        CheckState::Completed(_) => vec![button(CheckId::RERUN, "Re-run", "Measures this commit again")],
        CheckState::Queued | CheckState::InProgress => Vec::new(),
    }
}

fn button(identifier: &str, label: &str, description: &str) -> Button {
    Button { label: label.to_owned(), description: description.to_owned(), identifier: identifier.to_owned() }
}

fn times(job: &Job) -> (Option<time::OffsetDateTime>, Option<time::OffsetDateTime>) {
    match &job.state {
        JobState::Queued { .. } => (None, None),
        JobState::Running { since, .. } => (Some(*since), None),
        JobState::Finished { at, .. } => (Some(job.enqueued_at), Some(*at)),
    }
}
