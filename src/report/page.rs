//! The report for pages: plain text in plain structs, in the order in which it is read. Whoever shows them escapes the
//! text; nothing in it is markup.

use crate::domain::comparison::{Comparison, SeriesComparison};
use crate::domain::run::StoredRun;

use super::clean;
use super::evidence::basis;
use super::facts::{facts, side_name, subject};
use super::figures;
use super::headline::{ink, report_label, sentence, series_ink};
use super::model::{Body, ReportModel};
use super::runs::{remarks, series};
use super::selection::{Selection, verdict_word};
use super::steps::steps;
use super::style::Ink;
use super::warnings;
use super::why::why;

/// A log line is cut after so many characters.
const LOG_WIDTH: usize = 2000;
/// Series that a page lists; JSON has them all.
const MOST_ROWS: usize = 2000;

/// What a piece of a page means to the reader; `as_str` is made for a class of style sheets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tone {
    /// An error or a regression.
    Bad,
    /// An improvement or a pass.
    Good,
    /// No verdict.
    Unsure,
    /// Nothing special.
    Plain,
}

impl Tone {
    /// `bad`, `good`, `unsure`, `plain`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::Good => "good",
            Self::Unsure => "unsure",
            Self::Plain => "plain",
        }
    }
}

impl From<Ink> for Tone {
    fn from(ink: Ink) -> Self {
        match ink {
            Ink::Bad => Self::Bad,
            Ink::Good => Self::Good,
            Ink::Unsure => Self::Unsure,
            Ink::Plain | Ink::Faint => Self::Plain,
        }
    }
}

/// A whole report.
#[derive(Clone, PartialEq, Debug)]
pub struct ReportPage {
    /// The outcome in a word or two: `regression`, `service failed (build)`.
    pub label: String,
    /// What the outcome means.
    pub tone: Tone,
    /// The one fact behind the outcome that matters most.
    pub sentence: String,
    /// What was measured, against what.
    pub subject: String,
    /// Tables, the most important first.
    pub tables: Vec<TablePage>,
    /// What the reader should know beside the verdicts.
    pub notes: Vec<String>,
    /// The last lines of the log that tells more.
    pub log: Vec<String>,
    /// Circumstances by name, in the order of interest.
    pub facts: Vec<(&'static str, String)>,
    /// What to do next: a purpose and a command to copy.
    pub steps: Vec<(&'static str, String)>,
}

/// A table of a report.
#[derive(Clone, PartialEq, Debug)]
pub struct TablePage {
    /// What it is.
    pub title: String,
    /// Whether it is shown only when asked for: there is nothing to see in it.
    pub is_folded: bool,
    /// The titles of its columns.
    pub columns: Vec<String>,
    /// Its rows; each has as many cells as there are columns.
    pub rows: Vec<RowPage>,
    /// How many rows there were beyond these.
    pub left_out: usize,
}

/// A row of a table.
#[derive(Clone, PartialEq, Debug)]
pub struct RowPage {
    /// What its verdict means.
    pub tone: Tone,
    /// Its cells.
    pub cells: Vec<String>,
    /// Why, where the figures do not say it.
    pub remark: Option<String>,
}

/// The report as a page shows it.
pub fn page(model: &ReportModel) -> ReportPage {
    let (tables, notes, log) = match &model.body {
        Body::Comparison(comparison) => {
            (comparison_tables(comparison), lines(warnings::notes(comparison).iter()), Vec::new())
        }
        Body::Master(run) => (vec![master_table(run)], lines(remarks(run).iter()), Vec::new()),
        Body::Failure(failure) => (Vec::new(), Vec::new(), lines(failure.log_tail.iter())),
    };
    ReportPage {
        label: report_label(model),
        tone: ink(&model.outcome).into(),
        sentence: sentence(model).to_text(),
        subject: subject(model).to_text(),
        tables,
        notes,
        log,
        facts: facts(model).into_iter().map(|(name, fact)| (name, fact.to_text())).collect(),
        steps: steps(model).into_iter().map(|step| (step.purpose, clean::line(&step.command))).collect(),
    }
}

/// How a master set compares with the one before it on its branch, where that is known.
pub fn previous_page(model: &ReportModel) -> Option<ReportPage> {
    model.against_previous().map(|model| page(&model))
}

fn lines<'a>(lines: impl Iterator<Item = &'a String>) -> Vec<String> {
    lines.map(|line| clean::short_line(line, LOG_WIDTH)).collect()
}

fn comparison_tables(comparison: &Comparison) -> Vec<TablePage> {
    let selection = Selection::of(comparison);
    let shown = table("what there is to see".to_owned(), false, comparison, &selection.shown);
    let folded = table(selection.folded_line(), true, comparison, &selection.folded);
    [shown, folded].into_iter().filter(|table| !table.rows.is_empty()).collect()
}

fn table(title: String, is_folded: bool, comparison: &Comparison, all: &[&SeriesComparison]) -> TablePage {
    let row = |series: &&SeriesComparison| RowPage {
        tone: if series.primary { series_ink(series).into() } else { Tone::Plain },
        cells: vec![
            clean::series(&series.key),
            figures::with_noise(series.baseline.as_ref(), series.unit),
            figures::with_noise(series.candidate.as_ref(), series.unit),
            figures::change_and_interval(series),
            basis(series),
            figures::limit(series),
            verdict_word(series),
        ],
        remark: why(series).map(|why| why.to_text()),
    };
    let baseline = comparison.baseline.as_ref().map_or("baseline", side_name);
    let change = figures::change_title(all);
    TablePage {
        title,
        is_folded,
        columns: ["metric", baseline, "this commit", &change, "by", "limit", "verdict"].map(str::to_owned).to_vec(),
        rows: all.iter().take(MOST_ROWS).map(row).collect(),
        left_out: all.len().saturating_sub(MOST_ROWS),
    }
}

fn master_table(run: &StoredRun) -> TablePage {
    let all = series(run);
    let row = |(key, (unit, side)): &(&_, (_, _))| RowPage {
        tone: Tone::Plain,
        cells: vec![
            clean::series(key),
            figures::median(Some(side), *unit),
            figures::spread_text(side),
            side.values.len().to_string(),
        ],
        remark: None,
    };
    TablePage {
        title: "every series".to_owned(),
        is_folded: false,
        columns: ["metric", "median", "± noise", "rounds"].map(str::to_owned).to_vec(),
        rows: all.iter().take(MOST_ROWS).map(row).collect(),
        left_out: all.len().saturating_sub(MOST_ROWS),
    }
}
