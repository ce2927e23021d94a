//! The one comment of a pull request: the newest commit's benchmarks, the verdict first, and how it came to that.

use std::collections::BTreeMap;

use crate::domain::revision::Revision;
use crate::domain::verdict::Outcome;

use super::answer::{Answer, answer};
use super::headline::ink;
use super::markdown::MOST_BYTES;
use super::phrase::inert;
use super::section::Section;
use super::standing::{Standing, Words};
use super::style::Ink;

/// Of the comment, at most so much is for earlier commits.
const EARLIER_BYTES: usize = 10_000;
/// Of the comment, at most so much is for answers.
const ANSWERS_BYTES: usize = 8_000;

/// What the comment says.
#[derive(Clone, PartialEq, Debug)]
pub struct CommentModel {
    /// The project.
    pub project: String,
    /// The newest commit.
    pub head: Revision,
    /// Its benchmarks.
    pub sections: Vec<Section>,
    /// What earlier commits came to, the newest first.
    pub earlier: Vec<Section>,
    /// What was asked in comments and is answered here, the newest first.
    pub answers: Vec<Answer>,
    /// What people write to have things done.
    pub words: Words,
}

/// By this the comment of a project's pull requests is known, beside its author.
pub fn comment_marker(project: &str) -> String {
    format!("<!-- loadmark:{project}:pull -->")
}

/// The comment as GitHub Markdown, at most 65,535 bytes. Text that a service, a log or a repository supplied appears in
/// it as text: no mention, link, image, HTML or marker of theirs.
pub fn comment(model: &CommentModel) -> String {
    let mut text = comment_marker(&model.project) + "\n";
    if model.sections.is_empty() {
        text += &format!("### Nothing is measured at {}\n", model.head.short());
    }
    if model.sections.len() > 1 {
        text += &format!("**{}** at {}\n\n", counts(&model.sections), model.head.short());
    }
    let mut end = String::new();
    answers(&mut end, model);
    earlier(&mut end, &model.earlier);
    end += &format!("\n<sub>Commands, in a comment on a line of their own: {}</sub>\n", commands(&model.words));
    let room = MOST_BYTES.saturating_sub(text.len() + end.len());
    sections(&mut text, model, room);
    text.truncate(text.trim_end().len());
    text + "\n" + &end
}

fn commands(words: &Words) -> String {
    let all = ["rerun", "test", "cancel", "status", "help"].map(|name| inert(&format!("{} {name}", words.command)));
    all.join(", ")
}

/// `1 regression, 2 unchanged`, in the order in which they are shown.
fn counts(sections: &[Section]) -> String {
    let mut counts: BTreeMap<(u8, String), usize> = BTreeMap::new();
    for section in sections {
        *counts.entry((rank(&section.standing), section.standing.label())).or_default() += 1;
    }
    counts.into_iter().map(|((_, label), count)| format!("{count} {label}")).collect::<Vec<_>>().join(", ")
}

/// What deserves a reviewer's time comes first.
fn rank(standing: &Standing) -> u8 {
    let of = |outcome: &Outcome| match ink(outcome) {
        Ink::Bad => 0,
        Ink::Unsure => 2,
        Ink::Good | Ink::Plain | Ink::Faint => 4,
    };
    match standing {
        Standing::Held { .. } => 1,
        Standing::Queued { .. } | Standing::Running { .. } => 3,
        Standing::Ended(model) => of(&model.outcome),
        Standing::Dropped { outcome, .. } => of(outcome),
    }
}

/// Every benchmark gets an equal share of the room, and what one does not need is for those after it. Where a share is
/// not enough, its headline stands alone, and where even that is too much, a line does.
fn sections(text: &mut String, model: &CommentModel, mut room: usize) {
    let mut all: Vec<&Section> = model.sections.iter().collect();
    all.sort_by_key(|section| rank(&section.standing));
    for (index, section) in all.iter().enumerate() {
        let share = room / (all.len() - index);
        let fits = |text: &String| text.len() < share;
        let part = Some(section.full(&model.words, share)).filter(fits);
        let part = part.or_else(|| Some(section.brief()).filter(fits)).unwrap_or_else(|| section.line());
        // A line for those that are left out has to fit as well.
        if part.len() + 100 > room {
            *text += &format!("\n… and {} more benchmarks.\n", all.len() - index);
            return;
        }
        room -= part.len() + 1;
        *text += &part;
        text.push('\n');
    }
}

fn earlier(text: &mut String, all: &[Section]) {
    if all.is_empty() {
        return;
    }
    let mut part = "\n<details><summary>Earlier commits</summary>\n\n".to_owned();
    for (index, section) in all.iter().enumerate() {
        let link = section.link("details").map(|link| format!(" ({link})")).unwrap_or_default();
        let headline = section.standing.headline().to_markdown();
        let line = format!("- {}, {}: {headline}{link}\n", section.revision.short(), inert(&section.benchmark));
        if part.len() + line.len() > EARLIER_BYTES {
            part += &format!("- … and {} more\n", all.len() - index);
            break;
        }
        part += &line;
    }
    *text += &part;
    *text += "\n</details>\n";
}

fn answers(text: &mut String, model: &CommentModel) {
    let mut left = ANSWERS_BYTES;
    for part in model.answers.iter().map(|one| answer(one, &model.words)) {
        if part.len() > left {
            break;
        }
        left -= part.len();
        *text += "\n---\n\n";
        *text += &part;
    }
}
