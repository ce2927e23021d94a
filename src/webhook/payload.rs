//! The parts of GitHub's payloads that we read, and what they say in our words.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

use super::delivery::{Payload, PayloadError};
use crate::domain::event::{Event, PullChange};
use crate::domain::github::{PullNumber, PullRequest, RepositoryName};
use crate::domain::revision::Revision;

/// How many labels are kept; GitHub allows a hundred.
const MOST_LABELS: usize = 100;
/// GitHub's own limit for comments, in characters.
const LONGEST_COMMENT: usize = 65_536;
const BRANCHES: &str = "refs/heads/";

/// What nearly every payload has.
#[derive(Deserialize)]
pub(super) struct Envelope {
    pub(super) action: Option<String>,
    pub(super) repository: Option<RawRepository>,
    pub(super) sender: Option<RawUser>,
}

#[derive(Deserialize)]
pub(super) struct RawRepository {
    pub(super) full_name: RepositoryName,
}

#[derive(Deserialize)]
pub(super) struct RawUser {
    pub(super) login: Login,
    #[serde(rename = "type", default)]
    kind: Option<String>,
}

/// The name of an account; a bot's ends with `[bot]`. Becomes part of the API's paths.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Login(String);

impl TryFrom<String> for Login {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'[' | b']');
        let is_sound = (1..=100).contains(&text.len()) && text.bytes().all(allowed);
        if is_sound { Ok(Self(text)) } else { Err("a `login` is no name of an account") }
    }
}

impl From<Login> for String {
    fn from(login: Login) -> Self {
        login.0
    }
}

/// A commit that is on GitHub: never a dirty one.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Sha(Revision);

impl TryFrom<String> for Sha {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let revision: Option<Revision> = text.parse().ok();
        revision.filter(|revision| !revision.is_dirty()).map(Self).ok_or("a commit is no full SHA")
    }
}

/// A number of a pull request.
#[derive(Deserialize)]
#[serde(try_from = "i64")]
struct Number(PullNumber);

impl TryFrom<i64> for Number {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, &'static str> {
        match i32::try_from(number) {
            Ok(number) if number > 0 => Ok(Self(PullNumber(number))),
            _ => Err("`number` is no number of a pull request"),
        }
    }
}

/// What an event means, by its name and action.
pub(super) fn event(payload: &Payload<'_>, action: Option<&str>) -> Result<Event, PayloadError> {
    match (payload.event, action) {
        ("ping", _) => Ok(Event::Ping),
        ("pull_request", Some(action)) => pull(payload, action),
        ("push", _) => payload.read().map(push),
        ("issue_comment", Some("created")) => payload.read().map(comment),
        ("check_run", Some("rerequested")) => payload.read().map(|raw: RawCheckRun| Event::Rerun {
            head: raw.check_run.head_sha.0,
            check: Some(raw.check_run.external_id.unwrap_or_default()),
        }),
        ("check_run", Some("requested_action")) => payload.read().map(|raw: RawButton| Event::Button {
            head: raw.check_run.head_sha.0,
            check: raw.check_run.external_id.unwrap_or_default(),
            button: raw.requested_action.identifier,
        }),
        ("check_suite", Some("rerequested")) => {
            payload.read().map(|raw: RawCheckSuite| Event::Rerun { head: raw.check_suite.head_sha.0, check: None })
        }
        ("merge_group", Some("checks_requested")) => payload.read().map(|raw: RawMergeGroup| Event::MergeGroup {
            base_branch: branch(&raw.merge_group.base_ref).unwrap_or(&raw.merge_group.base_ref).to_owned(),
            head: raw.merge_group.head_sha.0,
            base: raw.merge_group.base_sha.0,
        }),
        _ => Ok(Event::Other),
    }
}

fn pull(payload: &Payload<'_>, action: &str) -> Result<Event, PayloadError> {
    let change = match action {
        "opened" => PullChange::Opened,
        "reopened" => PullChange::Reopened,
        "synchronize" => PullChange::Pushed,
        "labeled" => PullChange::Labeled(payload.read::<RawLabeled>()?.label.name),
        "unlabeled" => PullChange::Unlabeled(payload.read::<RawLabeled>()?.label.name),
        "closed" => PullChange::Closed,
        "converted_to_draft" => PullChange::Drafted,
        "ready_for_review" => PullChange::Ready,
        _ => return Ok(Event::Other),
    };
    let pull = payload.read::<RawPullEvent>()?.pull_request.into();
    Ok(Event::Pull { change, pull })
}

fn push(raw: RawPush) -> Event {
    match branch(&raw.git_ref) {
        // A deleted branch's tip is told as zeros.
        Some(branch) => Event::Push { branch: branch.to_owned(), tip: (!raw.deleted).then_some(raw.after.0) },
        None => Event::Other,
    }
}

fn comment(raw: RawCommentEvent) -> Event {
    // Of an issue.
    if raw.issue.pull_request.is_none() {
        return Event::Other;
    }
    let by_bot = raw.comment.user.is_some_and(|user| user.kind.as_deref() == Some("Bot"));
    let mut body = raw.comment.body.unwrap_or_default();
    if let Some((end, _)) = body.char_indices().nth(LONGEST_COMMENT) {
        body.truncate(end);
    }
    Event::Comment {
        pull: raw.issue.number.0,
        comment: raw.comment.id,
        is_bot: by_bot || raw.comment.performed_via_github_app.is_some(),
        body,
    }
}

fn branch(git_ref: &str) -> Option<&str> {
    git_ref.strip_prefix(BRANCHES)
}

#[derive(Deserialize)]
struct RawPullEvent {
    pull_request: RawPull,
}

#[derive(Deserialize)]
struct RawPull {
    number: Number,
    head: RawTip,
    base: RawTip,
    /// None where the account was deleted.
    user: Option<RawUser>,
    #[serde(default)]
    draft: bool,
    state: String,
    #[serde(default, deserialize_with = "labels")]
    labels: BTreeSet<String>,
}

impl From<RawPull> for PullRequest {
    fn from(raw: RawPull) -> Self {
        Self {
            number: raw.number.0,
            head: raw.head.sha.0,
            head_repository: raw.head.repo.map(|repository| repository.full_name),
            base_branch: raw.base.git_ref,
            base: raw.base.sha.0,
            author: raw.user.map(|user| user.login.into()).unwrap_or_default(),
            is_draft: raw.draft,
            is_open: raw.state == "open",
            labels: raw.labels,
        }
    }
}

#[derive(Deserialize)]
struct RawTip {
    #[serde(rename = "ref")]
    git_ref: String,
    sha: Sha,
    /// None where the fork was deleted.
    repo: Option<RawRepository>,
}

#[derive(Deserialize)]
struct RawLabeled {
    label: RawLabel,
}

#[derive(Deserialize)]
struct RawLabel {
    name: String,
}

/// Labels' names, so many that memory is bounded.
fn labels<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeSet<String>, D::Error> {
    struct Labels;

    impl<'de> Visitor<'de> for Labels {
        type Value = BTreeSet<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of labels")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut names = BTreeSet::new();
            while let Some(label) = list.next_element::<RawLabel>()? {
                names.insert(label.name);
                if names.len() > MOST_LABELS {
                    return Err(A::Error::custom("more labels than GitHub allows"));
                }
            }
            Ok(names)
        }
    }

    deserializer.deserialize_seq(Labels)
}

#[derive(Deserialize)]
struct RawPush {
    #[serde(rename = "ref")]
    git_ref: String,
    after: Sha,
    #[serde(default)]
    deleted: bool,
}

#[derive(Deserialize)]
struct RawCommentEvent {
    issue: RawIssue,
    comment: RawComment,
}

#[derive(Deserialize)]
struct RawIssue {
    number: Number,
    pull_request: Option<Anything>,
}

#[derive(Deserialize)]
struct RawComment {
    id: i64,
    user: Option<RawUser>,
    performed_via_github_app: Option<Anything>,
    body: Option<String>,
}

/// An object of which it is enough that it is there.
#[derive(Deserialize)]
struct Anything {}

#[derive(Deserialize)]
struct RawCheckRun {
    check_run: RawCheck,
}

#[derive(Deserialize)]
struct RawButton {
    check_run: RawCheck,
    requested_action: RawAction,
}

#[derive(Deserialize)]
struct RawAction {
    identifier: String,
}

#[derive(Deserialize)]
struct RawCheck {
    head_sha: Sha,
    /// None of checks that were made without: not ours.
    external_id: Option<String>,
}

#[derive(Deserialize)]
struct RawCheckSuite {
    check_suite: RawSuite,
}

#[derive(Deserialize)]
struct RawSuite {
    head_sha: Sha,
}

#[derive(Deserialize)]
struct RawMergeGroup {
    merge_group: RawGroup,
}

#[derive(Deserialize)]
struct RawGroup {
    head_sha: Sha,
    base_sha: Sha,
    base_ref: String,
}
