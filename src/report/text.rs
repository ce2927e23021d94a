//! The report for a terminal: read in five seconds, the verdict first.

use crate::domain::comparison::{Comparison, SeriesComparison};

use super::clean;
use super::facts::{facts, side_name, subject};
use super::figures;
use super::headline::{ink, label, sentence, verdict_ink};
use super::model::{Body, Failure, ReportModel};
use super::runs::series_table;
use super::selection::{Selection, verdict_word};
use super::steps::steps;
use super::style::{Ink, Style};
use super::table::{Align, Row, Table};

/// More rows are no report but a list; `runs show` and JSON have them all.
const MOST_ROWS: usize = 20;
/// More notes than this say nothing more.
const MOST_NOTES: usize = 10;
/// A log line is cut after so many characters.
const LOG_WIDTH: usize = 200;

/// The report as text for a terminal, ending in a newline. Foreign text is free of control and escape sequences.
pub fn text(model: &ReportModel, style: Style) -> String {
    let label = style.paint(ink(&model.outcome), &label(&model.outcome).to_uppercase());
    let mut sections = vec![
        format!("{label}: {}\n", sentence(model).to_text())
            + &style.paint(Ink::Faint, &subject(model).to_text())
            + "\n",
    ];
    match &model.body {
        Body::Comparison(comparison) => sections.extend(comparison_sections(comparison, style)),
        Body::Master(run) => sections.push(series_table(run).render(style)),
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
    let mut table = comparison_table(comparison, &selection.shown).render(style);
    if selection.shown.len() > MOST_ROWS {
        table += &format!("  and {} more\n", selection.shown.len() - MOST_ROWS);
    }
    if selection.has_secondary() {
        table += &style.paint(Ink::Faint, "  (in parentheses: secondary, does not decide the outcome)");
        table += "\n";
    }
    let folded = selection.folded_line();
    let folded = if folded.is_empty() { folded } else { format!("  {folded}\n") };
    let note = style.paint(Ink::Unsure, "note");
    let notes = comparison.notes.iter().take(MOST_NOTES);
    let notes = notes.map(|text| format!("  {note} {}\n", clean::short_line(text, 2 * LOG_WIDTH)));
    vec![table, folded, notes.collect()]
}

fn comparison_table(comparison: &Comparison, shown: &[&SeriesComparison]) -> Table {
    let baseline = comparison.baseline.as_ref().map_or("baseline", side_name);
    let row = |series: &&SeriesComparison| Row {
        cells: vec![
            verdict_word(series),
            clean::line(&series.key.to_string()),
            figures::median_and_spread(series.baseline.as_ref(), series.unit),
            figures::median_and_spread(series.candidate.as_ref(), series.unit),
            figures::change(series),
            figures::limit(series),
        ],
        ink: if series.primary { verdict_ink(series.verdict) } else { Ink::Plain },
        remark: series.reason.as_ref().map(|reason| clean::short_line(reason, LOG_WIDTH)),
    };
    Table {
        columns: vec![
            ("verdict", Align::Left),
            ("series", Align::Left),
            (baseline, Align::Right),
            ("this commit", Align::Right),
            ("change", Align::Right),
            ("limit", Align::Left),
        ],
        head: 2,
        rows: shown.iter().take(MOST_ROWS).map(row).collect(),
    }
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
