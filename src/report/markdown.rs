//! The report for a pull request's comment. Every foreign string is inert, and the whole is bounded.

use crate::domain::comparison::{Comparison, SeriesComparison};
use crate::domain::run::StoredRun;

use super::clean;
use super::evidence::{basis, needs_basis};
use super::facts::{facts, side_name, subject};
use super::figures::{self, NONE};
use super::headline::{report_label, sentence};
use super::model::{Body, Failure, ReportModel};
use super::phrase::{Phrase, code, inert, longest_run, no_marker};
use super::runs::{remarks, series};
use super::selection::{Selection, verdict_word};
use super::standing::capital;
use super::steps::steps;
use super::warnings;
use super::why::why;

/// GitHub takes 65,536 characters. Rows stop here, in bytes, and what follows them is bounded far below the rest.
pub(super) const ROWS_END: usize = 50_000;
/// A comment is no log: this many lines, each cut.
const LOG_LINES: usize = 30;
const LOG_WIDTH: usize = 200;
/// More notes than this say nothing more.
const MOST_NOTES: usize = 10;

/// How far tables may go, in bytes from the start of what they stand in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// The first table, which stops earlier, so that the other gets some room.
    shown: usize,
    /// All of them.
    rows: usize,
}

impl Room {
    /// In a text of at most so many bytes, which is not for tables alone.
    pub(super) fn of(bytes: usize) -> Self {
        let rows = (bytes / 10 * 8).min(ROWS_END);
        Self { shown: rows / 10 * 7, rows }
    }
}

/// What one text on GitHub may hold, in bytes: it counts characters, of which there are never more.
pub(super) const MOST_BYTES: usize = 65_535;

/// The report as GitHub Markdown, under 65,535 bytes. Text that a service, a log or a repository supplied appears in it
/// as text: no mention, link, image or HTML of theirs.
pub fn markdown(model: &ReportModel) -> String {
    let mut page = format!("### {}: {}\n\n", capital(&report_label(model)), sentence(model).to_markdown());
    page += &format!("{}\n", subject(model).to_markdown());
    body(&mut page, model, Room::of(MOST_BYTES));
    let steps: Vec<_> =
        steps(model).into_iter().map(|step| Phrase::new(step.purpose).own(": ").code(step.command)).collect();
    circumstances(&mut page, model, facts(model), &steps);
    page
}

/// What there is to show.
pub(super) fn body(page: &mut String, model: &ReportModel, room: Room) {
    match &model.body {
        Body::Comparison(comparison) => comparison_part(page, comparison, room),
        Body::Master(run) => master_part(page, run, room),
        Body::Failure(failure) => failure_part(page, failure),
    }
}

fn comparison_part(page: &mut String, comparison: &Comparison, room: Room) {
    let selection = Selection::of(comparison);
    if !selection.shown.is_empty() {
        page.push('\n');
        table(page, comparison, &selection.shown, room.shown);
    }
    if selection.has_secondary() {
        *page += "\nIn parentheses: secondary or muted, does not decide the outcome.\n";
    }
    notes(page, &warnings::notes(comparison));
    if !selection.folded.is_empty() {
        *page += &format!("\n<details><summary>{}</summary>\n\n", selection.folded_line());
        table(page, comparison, &selection.folded, room.rows);
        *page += "\n</details>\n";
    }
}

fn notes(page: &mut String, notes: &[String]) {
    if !notes.is_empty() {
        page.push('\n');
        for note in warnings::most(notes, MOST_NOTES).0 {
            *page += &format!("- {}\n", inert(note));
        }
        more(page, notes.len(), MOST_NOTES);
    }
}

fn table(page: &mut String, comparison: &Comparison, all: &[&SeriesComparison], end: usize) {
    let baseline = comparison.baseline.as_ref().map_or("baseline", side_name);
    let (by, line) = if needs_basis(comparison) { (" by |", " --- |") } else { ("", "") };
    let change = figures::change_title(all);
    *page += &format!("| metric | {baseline} (n, ± noise) | this commit | {change} |{by} limit | verdict |\n");
    *page += &format!("| --- | ---: | ---: | ---: |{line} --- | --- |\n");
    rows(page, all, end, |series| {
        let why = why(series).map(|why| format!(": {}", why.to_markdown())).unwrap_or_default();
        let by = if by.is_empty() { String::new() } else { format!(" {} |", basis(series)) };
        format!(
            "| {} | {} | {} | {} |{by} {} | {}{why} |\n",
            code(&clean::series(&series.key)),
            figures::with_noise(series.baseline.as_ref(), series.unit),
            figures::with_noise(series.candidate.as_ref(), series.unit),
            figures::change_and_interval(series),
            figures::limit(series),
            verdict_word(series),
        )
    });
}

/// As many rows as end before `end` bytes, and how many there were beyond.
pub(super) fn rows<T>(page: &mut String, all: &[T], end: usize, row: impl Fn(&T) -> String) {
    let mut written = 0;
    for item in all {
        let row = row(item);
        if page.len() + row.len() > end {
            break;
        }
        *page += &row;
        written += 1;
    }
    more(page, all.len(), written);
}

fn more(page: &mut String, all: usize, written: usize) {
    if all > written {
        *page += &format!("\n… and {} more.\n", all - written);
    }
}

fn master_part(page: &mut String, run: &StoredRun, room: Room) {
    let series = series(run);
    *page += "\n| metric | median | ± noise | rounds |\n| --- | ---: | ---: | ---: |\n";
    rows(page, &series, room.rows, |(key, (unit, side))| {
        let (median, noise) = (figures::median(Some(side), *unit), figures::spread_text(side));
        format!("| {} | {median} | {noise} | {} |\n", code(&clean::series(key)), side.values.len())
    });
    notes(page, &remarks(run));
}

fn failure_part(page: &mut String, failure: &Failure) {
    if !failure.log_tail.is_empty() {
        let from = failure.log_tail.len().saturating_sub(LOG_LINES);
        let lines: Vec<_> = failure.log_tail[from..].iter().map(|line| clean::short_line(line, LOG_WIDTH)).collect();
        let log = no_marker(&lines.join("\n"));
        // A fence longer than any within can't be closed from inside.
        let fence = "`".repeat(longest_run(&log, '`').max(2) + 1);
        *page += &format!("\n{fence}text\n{log}\n{fence}\n");
    }
    if let Some(log) = &failure.log {
        *page += &format!("\nThe whole log: {}\n", code(log));
    }
}

/// What is read only on demand: how it was measured, and what to do next.
pub(super) fn circumstances(
    page: &mut String,
    model: &ReportModel,
    facts: Vec<(&'static str, Phrase)>,
    steps: &[Phrase],
) {
    *page += "\n<details><summary>How this was measured, and what to do next</summary>\n\n";
    if let Body::Comparison(comparison) = &model.body {
        *page += &format!("- method: {}\n", Phrase::default().foreign(&comparison.method).to_markdown());
    }
    for (name, fact) in &facts {
        *page += &format!("- {name}: {}\n", fact.to_markdown());
    }
    for step in steps {
        *page += &format!("- {}\n", step.to_markdown());
    }
    if facts.is_empty() && steps.is_empty() {
        *page += NONE;
    }
    *page += "\n</details>\n";
}
