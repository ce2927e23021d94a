//! What is to stand on GitHub, in our words.

use time::OffsetDateTime;

use crate::domain::check::CheckState;
use crate::domain::revision::Revision;

/// The longest summary, details or comment, in bytes. GitHub counts characters, and takes 65,535 and 65,536.
pub const MOST_TEXT: usize = 65_535;

/// As many buttons as GitHub shows on a check.
pub const MOST_BUTTONS: usize = 3;

/// A check run, whole: what is not given is taken away.
#[derive(Clone, PartialEq, Debug)]
pub struct CheckContent {
    /// Its name, as branch protection knows it.
    pub name: String,
    /// The commit.
    pub head: Revision,
    /// Ours: tells it from other checks of that name.
    pub external_id: String,
    /// How far it is.
    pub state: CheckState,
    /// The headline; cut at 255 characters.
    pub title: String,
    /// Markdown; cut at [`MOST_TEXT`].
    pub summary: String,
    /// More Markdown, below; cut at [`MOST_TEXT`].
    pub text: Option<String>,
    /// Where "Details" leads.
    pub details_url: String,
    /// Begun at.
    pub started_at: Option<OffsetDateTime>,
    /// Ended at; only counts where it is completed.
    pub completed_at: Option<OffsetDateTime>,
    /// Buttons, the first [`MOST_BUTTONS`] of which are shown.
    pub actions: Vec<Button>,
}

/// A button on a check.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Button {
    /// At most 20 characters.
    pub label: String,
    /// At most 40 characters.
    pub description: String,
    /// What the webhook says when it was pressed; at most 20 characters.
    pub identifier: String,
}

/// A commit status: what a plain token may write instead of a check.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatusContent {
    /// The commit.
    pub head: Revision,
    /// Its name; a later status of the same name takes its place.
    pub context: String,
    /// How far it is.
    pub state: StatusState,
    /// A line; cut at 140 characters.
    pub description: String,
    /// Where "Details" leads.
    pub target_url: String,
}

/// How far a commit status is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StatusState {
    /// Not over.
    Pending,
    /// Green.
    Success,
    /// Red.
    Failure,
    /// Red, and not the commit's fault.
    Error,
}

/// How we answer a comment at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reaction {
    /// Seen: it is done.
    Eyes,
    /// Done already.
    ThumbsUp,
    /// Not allowed.
    ThumbsDown,
    /// Not understood.
    Confused,
    /// Under way.
    Rocket,
}

impl StatusState {
    /// GitHub's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Error => "error",
        }
    }
}

impl Reaction {
    /// GitHub's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Eyes => "eyes",
            Self::ThumbsUp => "+1",
            Self::ThumbsDown => "-1",
            Self::Confused => "confused",
            Self::Rocket => "rocket",
        }
    }
}

/// The beginning of a text, in so many bytes; the report's own bounds are below, so this is the last resort.
pub(super) fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("a±c", 2), "a");
    }
}
