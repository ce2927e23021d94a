//! What happened on GitHub, as far as it may mean work: a webhook's delivery, read.

use serde::{Deserialize, Serialize};

use super::github::{PullNumber, PullRequest, RepositoryName};
use super::revision::Revision;

/// A delivery of a webhook: an event with the number under which GitHub sent it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Delivery {
    /// GitHub's id of it (`X-GitHub-Delivery`); at most 100 printable ASCII characters without spaces. A redelivery
    /// has the same id.
    pub id: String,
    /// The event's name (`X-GitHub-Event`) with its action: `pull_request.opened`, `push`. For people and metrics.
    pub name: String,
    /// Where it happened; none for events of no repository.
    pub repository: Option<RepositoryName>,
    /// Who did it; empty where GitHub does not say.
    pub sender: String,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// GitHub tries the webhook out.
    Ping,
    /// Something about a pull request.
    Pull {
        /// What.
        change: PullChange,
        /// The pull request as it was then; it may have moved on.
        pull: PullRequest,
    },
    /// A branch moved.
    Push {
        /// The branch, without `refs/heads/`.
        branch: String,
        /// Its new tip; none where it was deleted.
        tip: Option<Revision>,
    },
    /// Somebody commented on a pull request.
    Comment {
        /// The pull request.
        pull: PullNumber,
        /// The comment's id.
        comment: i64,
        /// Whether an app or bot wrote it.
        is_bot: bool,
        /// What it says; control characters and all.
        body: String,
    },
    /// Somebody asked for a check again, by its button or for the whole suite.
    Rerun {
        /// The commit.
        head: Revision,
        /// What we gave the check as `external_id`; none for a suite: all of its checks.
        check: Option<String>,
    },
    /// Somebody pressed a button of ours on a check.
    Button {
        /// The commit.
        head: Revision,
        /// What we gave the check as `external_id`.
        check: String,
        /// The button's identifier.
        button: String,
    },
    /// A merge queue asks whether this may be merged.
    MergeGroup {
        /// The commit as it would be merged.
        head: Revision,
        /// What it would be merged onto.
        base: Revision,
        /// The branch it would be merged into, without `refs/heads/`.
        base_branch: String,
    },
    /// Nothing that means work to us.
    Other,
}

/// What happened to a pull request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PullChange {
    /// Opened.
    Opened,
    /// Opened again.
    Reopened,
    /// Its branch moved.
    Pushed,
    /// A label was set.
    Labeled(String),
    /// A label was taken away.
    Unlabeled(String),
    /// Closed or merged.
    Closed,
    /// Made a draft.
    Drafted,
    /// No longer a draft.
    Ready,
}
