//! The check of a benchmark at a commit.

use super::clean;
use super::markdown::MOST_BYTES;
use super::section::Section;
use super::standing::{Standing, Words, capital, conclusion};
use crate::domain::check::{CheckState, Conclusion};

/// GitHub cuts titles beyond this.
const TITLE_LENGTH: usize = 255;

/// What a check says.
#[derive(Clone, PartialEq, Debug)]
pub struct CheckText {
    /// How far it is.
    pub state: CheckState,
    /// One line of plain text, at most 255 characters.
    pub title: String,
    /// Markdown, under 65,535 bytes, in which nothing foreign is acted upon.
    pub summary: String,
}

/// What the check of a benchmark at a commit says.
pub fn check(section: &Section, words: &Words) -> CheckText {
    let standing = &section.standing;
    let state = match standing {
        Standing::Held { .. } => CheckState::Completed(Conclusion::ActionRequired),
        Standing::Queued { .. } => CheckState::Queued,
        Standing::Running { .. } => CheckState::InProgress,
        Standing::Ended(model) => CheckState::Completed(conclusion(&model.outcome)),
        Standing::Dropped { outcome, .. } => CheckState::Completed(conclusion(outcome)),
    };
    let title = format!("{}: {}", capital(&standing.label()), standing.sentence().to_text());
    let mut summary = section.full(words, MOST_BYTES);
    if summary.len() > MOST_BYTES {
        summary = section.brief();
    }
    CheckText { state, title: clean::short_line(&title, TITLE_LENGTH), summary }
}
