//! What asking stored runs again gave.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::limit::Quantity;
use crate::domain::requery::{LateAnswers, Requery};
use crate::domain::series::SeriesKey;

use super::clean;
use super::style::{Ink, Style};
use super::table::{Align, Row, Table};
use super::view::{MeasurementView, MissingView, RunView, pretty};

/// Each run with its new series and their values by round, ending in a newline.
pub fn requery_text(requeries: &[Requery], style: Style) -> String {
    let texts: Vec<String> = requeries.iter().map(|requery| one_text(requery, style)).collect();
    if texts.is_empty() { "no runs\n".to_owned() } else { texts.join("\n") }
}

fn one_text(requery: &Requery, style: Style) -> String {
    let Requery { run, stored, rounds, known } = requery;
    let (id, revision, benchmark) = (run.id.short(), run.revision.short(), clean::line(&run.benchmark));
    let done = if *stored { "stored" } else { "found, not stored" };
    let added = requery.added();
    let mut text = format!("run {id} of {revision}, benchmark {benchmark}: {added} new values {done}, {known} known\n");
    for round in rounds {
        for missing in &round.missing {
            let (query, reason) = (clean::line(&missing.query), clean::line(&missing.reason));
            text += &format!("  {}: round {}: {query}: {reason}\n", style.paint(Ink::Unsure, "no data"), round.round);
        }
    }
    text + &table(rounds).render(style)
}

fn table(rounds: &[LateAnswers]) -> Table<'_> {
    let mut series: BTreeMap<&SeriesKey, Vec<String>> = BTreeMap::new();
    for round in rounds {
        for one in &round.measurements {
            let value = format!("{}: {}", round.round, Quantity(one.value, one.info.unit));
            series.entry(&one.key).or_default().push(value);
        }
    }
    let row = |(key, values): (&SeriesKey, Vec<String>)| Row {
        cells: vec![clean::series(key), values.join(", ")],
        ink: Ink::Plain,
        remark: None,
    };
    let columns = vec![("new series", Align::Left), ("value by round", Align::Left)];
    Table { columns, head: 1, rows: series.into_iter().map(row).collect() }
}

#[derive(Serialize)]
struct RequeriesView<'a> {
    schema: &'static str,
    runs: Vec<RequeryView<'a>>,
}

#[derive(Serialize)]
struct RequeryView<'a> {
    run: RunView<'a>,
    stored: bool,
    added: usize,
    known: usize,
    rounds: Vec<AnswersView<'a>>,
}

#[derive(Serialize)]
struct AnswersView<'a> {
    number: u16,
    measurements: Vec<MeasurementView<'a>>,
    missing: Vec<MissingView<'a>>,
}

impl<'a> From<&'a Requery> for RequeryView<'a> {
    fn from(requery: &'a Requery) -> Self {
        let answers = |round: &'a LateAnswers| AnswersView {
            number: round.round,
            measurements: round.measurements.iter().map(MeasurementView::from).collect(),
            missing: round.missing.iter().map(MissingView::from).collect(),
        };
        Self {
            run: (&requery.run).into(),
            stored: requery.stored,
            added: requery.added(),
            known: requery.known,
            rounds: requery.rounds.iter().map(answers).collect(),
        }
    }
}

/// The same as JSON, schema `loadmark.requery/1`.
pub fn requery_json(requeries: &[Requery]) -> String {
    pretty(&RequeriesView { schema: "loadmark.requery/1", runs: requeries.iter().map(RequeryView::from).collect() })
}
