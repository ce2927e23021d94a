//! The check of a benchmark at a commit.

use super::clean;
use super::markdown::MOST_BYTES;
use super::section::Section;
use super::standing::{Conclusion, Standing, Words, capital};

/// GitHub cuts titles beyond this.
const TITLE_LENGTH: usize = 255;

/// How far a check is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Nothing happened yet.
    Queued,
    /// Under way.
    InProgress,
    /// Over, or held up until somebody acts.
    Completed(Conclusion),
}

/// What a check says.
#[derive(Clone, PartialEq, Debug)]
pub struct CheckText {
    /// How far it is.
    pub stage: Stage,
    /// One line of plain text, at most 255 characters.
    pub title: String,
    /// Markdown, under 65,535 bytes, in which nothing foreign is acted upon.
    pub summary: String,
}

/// What the check of a benchmark at a commit says.
pub fn check(section: &Section, words: &Words) -> CheckText {
    let standing = &section.standing;
    let stage = match standing {
        Standing::Held { .. } => Stage::Completed(Conclusion::ActionRequired),
        Standing::Queued { .. } => Stage::Queued,
        Standing::Running { .. } => Stage::InProgress,
        Standing::Ended(model) => Stage::Completed(Conclusion::of(&model.outcome)),
        Standing::Dropped { outcome, .. } => Stage::Completed(Conclusion::of(outcome)),
    };
    let title = format!("{}: {}", capital(&standing.label()), standing.sentence().to_text());
    let mut summary = section.full(words, MOST_BYTES);
    if summary.len() > MOST_BYTES {
        summary = section.brief();
    }
    CheckText { stage, title: clean::short_line(&title, TITLE_LENGTH), summary }
}

impl CheckText {
    /// The stage where there are only commit statuses: `pending`, `success`, `failure` or `error`.
    pub fn status(&self) -> &'static str {
        match self.stage {
            Stage::Queued | Stage::InProgress => "pending",
            Stage::Completed(Conclusion::Success) => "success",
            Stage::Completed(Conclusion::Failure) => "failure",
            Stage::Completed(Conclusion::ActionRequired | Conclusion::Cancelled) => "error",
        }
    }
}
