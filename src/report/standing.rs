//! Where the measurement of a benchmark at a commit stands, as GitHub's checks and comments tell it.

use crate::domain::approval::{self, Way};
use crate::domain::check::Conclusion;
use crate::domain::revision::Revision;
use crate::domain::verdict::{Outcome, Verdict};

use super::headline::{label, report_label, sentence};
use super::model::ReportModel;
use super::phrase::Phrase;

/// Where it stands. Texts may be foreign: they are made safe when they are shown.
#[derive(Clone, PartialEq, Debug)]
pub enum Standing {
    /// Not started: a stranger's commit that nobody let run yet.
    Held {
        /// Why, in a sentence without a full stop.
        reason: String,
    },
    /// In the queue.
    Queued {
        /// Jobs that go first; none: not known.
        ahead: Option<u32>,
        /// Why its last attempt failed, where one did: it is tried again.
        last_error: Option<String>,
    },
    /// Under way.
    Running {
        /// What it does now, `load, round 2 of 3`; none: it just began.
        phase: Option<String>,
        /// Why its attempt before failed, where one did.
        last_error: Option<String>,
    },
    /// Over, with what it came to.
    Ended(Box<ReportModel>),
    /// Over without a report: it never ran to an end, or its report can't be read.
    Dropped {
        /// How it ended.
        outcome: Outcome,
        /// Why, in a sentence without a full stop.
        reason: Option<String>,
    },
}

/// The conclusion of a check, of an outcome of a job. Silence is never success, and not `neutral` either: a required check
/// that is neutral lets a merge pass. That is for commits that nobody asked to measure, which have no job. Where there is
/// no verdict, by whoever's fault, somebody has to act, and until then nothing passes; `failure` is kept for what the
/// commit itself did.
pub(super) fn conclusion(outcome: &Outcome) -> Conclusion {
    match outcome {
        Outcome::Verdict(Verdict::Improvement | Verdict::New | Verdict::Unchanged) | Outcome::Measured => {
            Conclusion::Success
        }
        Outcome::Verdict(Verdict::Regression) | Outcome::ServiceFailed(_) => Conclusion::Failure,
        Outcome::Verdict(
            Verdict::Invalid | Verdict::Gone | Verdict::NoData | Verdict::NoBaseline | Verdict::Inconclusive,
        )
        | Outcome::InfrastructureFailed
        | Outcome::Discarded => Conclusion::ActionRequired,
        Outcome::Cancelled | Outcome::Superseded => Conclusion::Cancelled,
    }
}

/// What people write to have things done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Words {
    /// What commands in comments begin with, `/loadmark`.
    pub command: String,
    /// The label that asks for a measurement, `bench`.
    pub label: String,
    /// Whether there are checks with buttons; else there are commit statuses, which have none.
    pub buttons: bool,
}

/// A stranger's commit: what whoever may write has to do, the surest way first.
pub(super) fn ways_to_approve(revision: &Revision, words: &Words) -> Vec<Phrase> {
    let ways = approval::ways(&words.command, &words.label, revision);
    let by_words = ways.into_iter().map(|Way { what, words }| Phrase::new(format!("{what} ")).code(words));
    let by_button = words.buttons.then(|| Phrase::new("press `Approve` at this commit's check"));
    by_words.chain(by_button).collect()
}

impl Standing {
    /// In a word or two, its first letter small.
    pub(super) fn label(&self) -> String {
        match self {
            Self::Held { .. } => "waits for approval".to_owned(),
            Self::Queued { .. } => "queued".to_owned(),
            Self::Running { .. } => "running".to_owned(),
            Self::Ended(model) => report_label(model),
            Self::Dropped { outcome, .. } => label(outcome),
        }
    }

    /// The sentence after the label.
    pub(super) fn sentence(&self) -> Phrase {
        let after = |last_error: &Option<String>, phrase: Phrase| match last_error {
            Some(error) => phrase.own("; the attempt before failed, by no fault of the commit: ").foreign(error),
            None => phrase,
        };
        match self {
            Self::Held { reason } => Phrase::default().foreign(reason),
            Self::Queued { ahead, last_error } => {
                let place = match ahead {
                    Some(0) => "it is next".to_owned(),
                    Some(1) => "one job goes first".to_owned(),
                    Some(ahead) => format!("{ahead} jobs go first"),
                    None => "it waits for its turn".to_owned(),
                };
                after(last_error, Phrase::new(place))
            }
            Self::Running { phase, last_error } => {
                let doing = match phase {
                    Some(phase) => Phrase::default().foreign(phase),
                    None => Phrase::new("it has just begun"),
                };
                after(last_error, doing)
            }
            Self::Ended(model) => sentence(model),
            Self::Dropped { reason: Some(reason), .. } => Phrase::default().foreign(reason),
            Self::Dropped { outcome, reason: None } => Phrase::new(match outcome {
                Outcome::Superseded => "a newer commit took its place, or the pull request was closed",
                Outcome::Cancelled => "somebody stopped it",
                Outcome::Discarded => "it was given up after too many attempts",
                _ => "its report is not to be had",
            }),
        }
    }

    /// `Regression: 2 of 5 series are worse`, for one line.
    pub(super) fn headline(&self) -> Phrase {
        Phrase::new(format!("{}: ", capital(&self.label()))).then(self.sentence())
    }
}

/// With a capital first letter; labels are ASCII.
pub(super) fn capital(label: &str) -> String {
    let mut chars = label.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::verdict::{FailOn, exit_code};

    #[test]
    fn only_what_passes_everywhere_is_a_success() {
        for verdict in Verdict::ALL {
            let outcome = Outcome::Verdict(verdict);
            let passes = exit_code(&outcome, FailOn::default()) == 0;
            assert_eq!(conclusion(&outcome) == Conclusion::Success, passes, "{verdict}");
        }
        let of = |text: &str| conclusion(&text.parse().unwrap()).as_str();
        assert_eq!(of("measured"), "success");
        assert_eq!([of("regression"), of("service-failed: oom")], ["failure"; 2]);
        assert_eq!([of("discarded"), of("infrastructure-failed"), of("no-baseline")], ["action_required"; 3]);
        assert_eq!([of("cancelled"), of("superseded")], ["cancelled"; 2]);
    }
}
