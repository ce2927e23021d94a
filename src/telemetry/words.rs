//! The words that labels of metrics may be: short lists, whatever comes from outside.

use crate::domain::verdict::Outcome;

/// What became of a webhook.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WebhookOutcome {
    /// Stored, and answered after that.
    Accepted,
    /// It was stored before.
    Known,
    /// Nothing that means work: another event, a repository that is not ours.
    Ignored,
    /// The signature is missing or wrong.
    Unsigned,
    /// Too long, too late, no JSON, not what GitHub sends.
    Refused,
    /// Ours: the database did not take it; GitHub has it on record as failed.
    Failed,
}

impl WebhookOutcome {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Known => "known",
            Self::Ignored => "ignored",
            Self::Unsigned => "unsigned",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// What became of a call of GitHub's API.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum GithubOutcome {
    /// Done.
    Ok,
    /// Nothing changed since we asked last; it does not count against the limit.
    NotModified,
    /// GitHub refused it, and would again.
    Refused,
    /// One of its limits was reached.
    RateLimited,
    /// It failed on its side.
    ServerError,
    /// No answer in time, or none at all.
    Unreachable,
}

impl GithubOutcome {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NotModified => "not-modified",
            Self::Refused => "refused",
            Self::RateLimited => "rate-limited",
            Self::ServerError => "server-error",
            Self::Unreachable => "unreachable",
        }
    }
}

/// What Loadmark stands on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Dependency {
    /// The engine and the compose tool.
    Docker,
    /// The database.
    Postgres,
}

impl Dependency {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Postgres => "postgres",
        }
    }
}

/// What became of a notice that was due.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum NoticeOutcome {
    /// It stands on GitHub.
    Written,
    /// It stood there already, as it should.
    Unchanged,
    /// It could not be written; it is tried again.
    Failed,
    /// Its place on GitHub is gone.
    Gone,
}

impl NoticeOutcome {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
            Self::Gone => "gone",
        }
    }
}

/// What stands for all that is in no list.
const OTHER: &str = "other";

/// The events that mean something to us.
const EVENTS: [&str; 8] =
    ["pull_request", "push", "issue_comment", "check_run", "check_suite", "merge_group", "ping", "installation"];

/// Steps of jobs, as [`crate::domain::progress::Step`] names them.
const PHASES: [&str; 12] =
    ["check-out", "build", "up", "ready", "warm-up", "load", "drain", "queries", "snapshot", "logs", "down", "compare"];

/// Kinds of places on GitHub.
const PLACES: [&str; 3] = ["check", "comment", "issue"];

fn known<const N: usize>(word: &str, list: [&'static str; N]) -> &'static str {
    list.into_iter().find(|known| *known == word).unwrap_or(OTHER)
}

/// `pull_request` of `pull_request` and of `pull_request.opened`.
pub(super) fn event_label(event: &str) -> &'static str {
    known(event.split('.').next().unwrap_or_default(), EVENTS)
}

pub(super) fn phase_label(phase: &str) -> &'static str {
    known(phase, PHASES)
}

pub(super) fn place_label(place: &str) -> &'static str {
    known(place, PLACES)
}

pub(super) fn outcome_label(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Verdict(verdict) => verdict.as_str(),
        Outcome::Measured => "measured",
        Outcome::ServiceFailed(_) => "service-failed",
        Outcome::InfrastructureFailed => "infrastructure-failed",
        Outcome::Cancelled => "cancelled",
        Outcome::Superseded => "superseded",
        Outcome::Discarded => "discarded",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_count_by_name_whatever_their_action() {
        assert_eq!(event_label("pull_request.opened"), "pull_request");
        assert_eq!(event_label("ping"), "ping");
        assert_eq!(event_label("star.created\" } 1"), "other");
        assert_eq!(phase_label("ready"), "ready");
        assert_eq!(phase_label(""), "other");
    }
}
