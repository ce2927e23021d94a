//! The report for a terminal: read in five seconds, the verdict first.

use crate::domain::comparison::{Comparison, SeriesComparison, SideSummary};
use crate::domain::run::StoredRun;
use crate::domain::verdict::Verdict;

use super::clean;
use super::facts::{facts, subject};
use super::figures;
use super::headline::{ink, report_label, sentence};
use super::model::{Body, Failure, ReportModel};
use super::runs::{remarks, series, series_table};
use super::selection::Selection;
use super::steps::steps;
use super::style::{Ink, Style};
use super::verdict_table::verdict_table;
use super::warnings;

/// More rows are no report but a list; `runs show` and JSON have them all.
const MOST_ROWS: usize = 20;
/// Series of which nothing can be said tell little beyond their number.
const MOST_INCONCLUSIVE: usize = 4;
/// A master set has nothing to decide: its noisiest series show what a comparison with it will be able to see.
const MOST_OF_MASTER: usize = 6;
/// More notes than this say nothing more.
const MOST_NOTES: usize = 10;
/// A log line is cut after so many characters.
const LOG_WIDTH: usize = 200;

/// The report as text for a terminal, ending in a newline. Foreign text is free of control and escape sequences.
pub fn text(model: &ReportModel, style: Style) -> String {
    let label = style.paint(ink(&model.outcome), &report_label(model).to_uppercase());
    let mut sections = vec![
        format!("{label}: {}\n", sentence(model).to_text())
            + &style.paint(Ink::Faint, &subject(model).to_text())
            + "\n",
    ];
    match &model.body {
        Body::Comparison(comparison) => sections.extend(comparison_sections(comparison, style)),
        Body::Master(run) => sections.extend([master_section(run, style), notes(&remarks(run), style)]),
        Body::Failure(failure) => sections.push(log(failure)),
    }
    sections.push(names(facts(model).iter().map(|(name, fact)| (*name, fact.to_text())), style));
    let steps = steps(model);
    let width = steps.iter().map(|step| step.command.chars().count()).max().unwrap_or(0);
    let line = |(index, step): (usize, &super::steps::Step)| {
        let command = clean::line(&step.command);
        (if index == 0 { "next" } else { "" }, format!("{command:width$}  {}", style.paint(Ink::Faint, step.purpose)))
    };
    sections.push(names(steps.iter().enumerate().map(line), style));
    sections.retain(|section| !section.is_empty());
    sections.join("\n")
}

fn comparison_sections(comparison: &Comparison, style: Style) -> Vec<String> {
    let selection = Selection::of(comparison);
    let rows = worth_a_row(&selection.shown);
    let mut table = verdict_table(comparison, &rows, style);
    if selection.shown.len() > rows.len() {
        let left: Vec<_> = selection.shown.iter().filter(|series| !rows.contains(series)).collect();
        let unsure = left.iter().all(|series| series.verdict == Verdict::Inconclusive);
        table += &format!("  and {} more{}\n", left.len(), if unsure { ", inconclusive" } else { "" });
    }
    if selection.has_secondary() {
        table += &style.paint(Ink::Faint, "  (in parentheses: secondary or muted, does not decide the outcome)");
        table += "\n";
    }
    let folded = selection.folded_line();
    let folded = if folded.is_empty() { folded } else { format!("  {folded}\n") };
    vec![table, folded, notes(&warnings::notes(comparison), style)]
}

fn notes(notes: &[String], style: Style) -> String {
    let note = style.paint(Ink::Unsure, "note");
    let (shown, left_out) = warnings::most(notes, MOST_NOTES);
    let mut text: String = shown.map(|text| format!("  {note} {}\n", clean::short_line(text, 2 * LOG_WIDTH))).collect();
    if left_out > 0 {
        text += &format!("  and {left_out} more notes\n");
    }
    text
}

/// The first rows, and of the inconclusive ones only a few.
fn worth_a_row<'a>(shown: &[&'a SeriesComparison]) -> Vec<&'a SeriesComparison> {
    let mut unsure = 0;
    let mut is_worth_it = |series: &&SeriesComparison| {
        unsure += usize::from(series.verdict == Verdict::Inconclusive);
        series.verdict != Verdict::Inconclusive || unsure <= MOST_INCONCLUSIVE
    };
    shown.iter().copied().filter(|series| is_worth_it(series)).take(MOST_ROWS).collect()
}

/// The noisiest series of a master set; `runs show` has them all.
fn master_section(run: &StoredRun, style: Style) -> String {
    let mut series: Vec<_> = series(run);
    let all = series.len();
    let noise = |side: &SideSummary| figures::spread(side).unwrap_or(0.0);
    series.sort_by(|(_, (_, one)), (_, (_, other))| noise(other).total_cmp(&noise(one)));
    series.truncate(MOST_OF_MASTER);
    let table = series_table(series.into_iter()).render(style);
    let more = all.saturating_sub(MOST_OF_MASTER);
    if more == 0 { table } else { format!("{table}  the noisiest; {more} more in `runs show`\n") }
}

fn log(failure: &Failure) -> String {
    let lines = failure.log_tail.iter().map(|line| format!("  | {}\n", clean::short_line(line, LOG_WIDTH)));
    let mut text: String = lines.collect();
    if let Some(log) = &failure.log {
        text += &format!("  the whole log: {}\n", clean::line(log));
    }
    text
}

/// Lines of a name and what belongs to it, aligned.
fn names<'a>(lines: impl Iterator<Item = (&'a str, String)>, style: Style) -> String {
    lines
        .map(|(name, what)| {
            format!("  {} {what}", style.paint(Ink::Faint, &format!("{name:<9}"))).trim_end().to_owned() + "\n"
        })
        .collect()
}
