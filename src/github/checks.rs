//! Check runs, and the commit statuses that stand in for them.

use reqwest::Method;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::call::{Call, segment};
use super::client::Github;
use super::content::{Button, CheckContent, MOST_BUTTONS, MOST_TEXT, StatusContent, cut};
use super::credentials::Keys;
use super::error::GithubError;
use crate::domain::check::Conclusion;
use crate::domain::revision::Revision;

/// A name has some attempts at a commit, not thousands.
const MOST_PAGES: usize = 10;

#[derive(Serialize)]
struct CheckBody<'a> {
    name: &'a str,
    /// Fixed when it is created.
    #[serde(skip_serializing_if = "Option::is_none")]
    head_sha: Option<&'a str>,
    details_url: &'a str,
    external_id: &'a str,
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    conclusion: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<String>,
    output: Output<'a>,
    actions: Vec<Action<'a>>,
}

#[derive(Serialize)]
struct Output<'a> {
    title: &'a str,
    summary: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

#[derive(Serialize)]
struct Action<'a> {
    label: &'a str,
    description: &'a str,
    identifier: &'a str,
}

#[derive(Serialize)]
struct StatusBody<'a> {
    state: &'a str,
    target_url: &'a str,
    description: &'a str,
    context: &'a str,
}

#[derive(Deserialize)]
pub(super) struct Numbered {
    pub(super) id: i64,
}

#[derive(Deserialize)]
struct Runs {
    check_runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    id: i64,
    external_id: Option<String>,
}

impl Github {
    /// Our newest check of a name and `external_id` at a commit. Another app's, as a workflow of the commit can plant,
    /// is none of ours: we may not change it.
    ///
    /// # Errors
    /// GitHub does not say.
    pub async fn find_check(&self, head: &Revision, name: &str, external_id: &str) -> Result<Option<i64>, GithubError> {
        let ours = match &self.0.keys {
            Keys::App(app) => format!("&app_id={}", app.id()),
            // Checks are for apps alone.
            Keys::Token(_) => return Ok(None),
        };
        let path = self.path(format_args!(
            "commits/{}/check-runs?check_name={}&filter=all&per_page=100{ours}",
            head.sha(),
            segment(name)
        ));
        let call = Call::read(self.operation(format_args!("look for the check `{name}` at {}", head.short())), path);
        let mut found = None;
        let note = |runs: Runs| {
            let ours = runs.check_runs.iter().filter(|run| run.external_id.as_deref() == Some(external_id));
            found = found.max(ours.map(|run| run.id).max());
            None::<()>
        };
        self.search(call, MOST_PAGES, note).await?;
        Ok(found)
    }

    /// Creates a check, or changes the one with this id; its id.
    ///
    /// # Errors
    /// GitHub refuses, or does not answer: then it may have been done.
    pub async fn write_check(&self, id: Option<i64>, check: &CheckContent) -> Result<i64, GithubError> {
        let what = format!("the check `{}` at {}", check.name, check.head.short());
        let call = self.upsert(&what, "check-runs", id.map(|id| format!("check-runs/{id}")));
        let body = body(check, id.is_none());
        self.write::<Numbered>(&call.with(&body)?).await.map(|written| written.id)
    }

    /// Sets a commit status; an earlier one of the same context is no longer shown.
    ///
    /// # Errors
    /// GitHub refuses, or does not answer: then it may have been done.
    pub async fn write_status(&self, status: &StatusContent) -> Result<(), GithubError> {
        let what = self.operation(format_args!("set the status `{}` at {}", status.context, status.head.short()));
        let call = Call::write(what, Method::POST, self.path(format_args!("statuses/{}", status.head.sha())));
        let body = StatusBody {
            state: status.state.word(),
            target_url: &status.target_url,
            description: first(&status.description, 140),
            context: &status.context,
        };
        self.call(&call.with(&body)?).await.map(drop)
    }
}

fn body(check: &CheckContent, is_new: bool) -> CheckBody<'_> {
    let conclusion = check.state.conclusion();
    CheckBody {
        name: &check.name,
        head_sha: is_new.then(|| check.head.sha()),
        details_url: &check.details_url,
        external_id: &check.external_id,
        status: check.state.as_str(),
        conclusion: conclusion.map(Conclusion::as_str),
        started_at: check.started_at.and_then(instant),
        completed_at: conclusion.and(check.completed_at).and_then(instant),
        output: Output {
            title: first(&check.title, 255),
            summary: cut(&check.summary, MOST_TEXT),
            text: check.text.as_deref().map(|text| cut(text, MOST_TEXT)),
        },
        actions: check.actions.iter().take(MOST_BUTTONS).map(shown).collect(),
    }
}

fn shown(button: &Button) -> Action<'_> {
    Action {
        label: first(&button.label, 20),
        description: first(&button.description, 40),
        identifier: first(&button.identifier, 20),
    }
}

/// The first characters of a text.
fn first(text: &str, most: usize) -> &str {
    text.char_indices().nth(most).map_or(text, |(end, _)| &text[..end])
}

/// As GitHub writes times: whole seconds, in UTC.
fn instant(time: OffsetDateTime) -> Option<String> {
    time.to_offset(time::UtcOffset::UTC).replace_nanosecond(0).ok()?.format(&Rfc3339).ok()
}
