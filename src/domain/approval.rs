//! Approvals: how somebody lets a commit from outside the repository run, and the words that tell how.

use super::revision::Revision;

/// Why such a commit waits.
pub const UNAPPROVED: &str =
    "the commit comes from outside the repository, and nothing of it is built before it is approved";

/// Who can do something about it; the ways follow.
pub const WHO_APPROVES: &str =
    "Whoever may write to this repository lets exactly this commit run, in one of these ways";

/// How long an approval lasts.
pub const APPROVED_ONCE: &str = "The next push needs it again.";

/// A way to let a commit run, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Way {
    /// What to do: `comment`.
    pub what: &'static str,
    /// With which words, to be copied: `/loadmark approve SHA`.
    pub words: String,
}

/// The ways that work wherever commits are told of, the surest first.
pub fn ways(command: &str, label: &str, head: &Revision) -> [Way; 2] {
    [
        Way { what: "comment", words: format!("{command} approve {}", head.sha()) },
        Way { what: "set the label", words: label.to_owned() },
    ]
}

/// How it was let run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ApprovalWay {
    /// By a comment that names the commit.
    Comment,
    /// By the label, set while the commit was the head.
    Label,
    /// By the button of a check of the commit.
    Button,
    /// It was pushed by somebody who may approve, to a pull request of somebody who may.
    Push,
}

impl ApprovalWay {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Label => "label",
            Self::Button => "button",
            Self::Push => "push",
        }
    }
}
