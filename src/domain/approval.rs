//! Approvals: how somebody let a commit from outside the repository run.

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
