//! The table of verdicts on a terminal: as much as its width allows.

use crate::domain::comparison::{Comparison, SeriesComparison};
use crate::domain::verdict::Verdict;

use super::clean;
use super::evidence::{basis, needs_basis};
use super::facts::side_name;
use super::figures;
use super::headline::series_ink;
use super::selection::verdict_word;
use super::style::{Ink, Style};
use super::table::{Align, Row, Table};
use super::why::{reason, why};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Verdict,
    Series,
    Baseline,
    Candidate,
    Change,
    Basis,
    Limit,
}

use Column::{Baseline, Basis, Candidate, Change, Limit, Series};

const ALL: [Column; 7] = [Column::Verdict, Series, Baseline, Candidate, Change, Basis, Limit];
/// What each verdict rests on is in the headline as well.
const WITHOUT_BASIS: [Column; 6] = [Column::Verdict, Series, Baseline, Candidate, Change, Limit];
/// The change is what counts; whence it came follows from it.
const LEAST: [Column; 5] = [Column::Verdict, Series, Candidate, Change, Limit];

/// The rows, each ended; nothing without any. On one line each where that fits, else on two; what is told elsewhere is
/// left out first.
pub(super) fn verdict_table(comparison: &Comparison, shown: &[&SeriesComparison], style: Style) -> String {
    let all: &[Column] = if needs_basis(comparison) { &ALL } else { &WITHOUT_BASIS };
    let change = figures::change_title(shown);
    let table = |columns: &[Column]| table(columns, comparison, shown, &change);
    let tables = [all, WITHOUT_BASIS.as_slice(), LEAST.as_slice()].map(table);
    let [first, second, least] = &tables;
    let on_one_line = [first, second].into_iter().find(|table| table.width() <= style.width);
    let on_two = || [first, second].into_iter().find(|table| table.split_width() <= style.width);
    on_one_line.or_else(on_two).unwrap_or(least).render(style)
}

fn table<'a>(columns: &[Column], comparison: &Comparison, shown: &[&SeriesComparison], change: &'a str) -> Table<'a> {
    let title = |column: &Column| match column {
        Column::Verdict => ("verdict", Align::Left),
        Series => ("series", Align::Left),
        Baseline => (comparison.baseline.as_ref().map_or("baseline", side_name), Align::Right),
        Candidate => ("this commit", Align::Right),
        // Intervals are read from their left.
        Change => (change, if comparison.pairs.is_some() { Align::Left } else { Align::Right }),
        Basis => ("by", Align::Left),
        Limit => ("limit", Align::Left),
    };
    let row = |(index, series): (usize, &&SeriesComparison)| Row {
        cells: columns.iter().map(|column| cell(*column, series)).collect(),
        ink: if series.primary { series_ink(series) } else { Ink::Plain },
        remark: new_remark(series, &shown[..index]),
    };
    Table { columns: columns.iter().map(title).collect(), head: 2, rows: shown.iter().enumerate().map(row).collect() }
}

fn cell(column: Column, series: &SeriesComparison) -> String {
    match column {
        Column::Verdict => verdict_word(series),
        Series => clean::series(&series.key),
        Baseline => figures::median_and_spread(series.baseline.as_ref(), series.unit),
        Candidate => figures::median_and_spread(series.candidate.as_ref(), series.unit),
        Change => figures::change_and_interval(series),
        Basis => basis(series),
        Limit => figures::limit(series),
    }
}

/// What is to be said of a series, unless it is the reason that makes the whole run invalid and stands below the row
/// before.
fn new_remark(series: &SeriesComparison, before: &[&SeriesComparison]) -> Option<String> {
    let is_told = |before: &&SeriesComparison| reason(before).is_some() && reason(before) == reason(series);
    let is_known = series.verdict == Verdict::Invalid && before.last().is_some_and(is_told);
    why(series).filter(|_| !is_known).map(|why| why.to_text())
}
