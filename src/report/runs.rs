//! Stored runs: a list of them, and one with its series.

use std::collections::BTreeMap;

use serde::Serialize;
use time::OffsetDateTime;

use crate::domain::comparison::SideSummary;
use crate::domain::ids::RunId;
use crate::domain::limit::{Quantity, Unit};
use crate::domain::run::{Invalidation, RunState, RunSummary, StoredRun};
use crate::domain::series::SeriesKey;

use super::clean;
use super::figures;
use super::style::{Ink, Style};
use super::table::{Align, Row, Table};
use super::view::{FullRunView, RunView, pretty};

/// The runs as a table, in the order given, ending in a newline.
pub fn runs_text(runs: &[RunSummary], style: Style) -> String {
    let row = |run: &RunSummary| Row {
        cells: vec![
            run.id.short(),
            run.revision.short(),
            clean::line(&run.benchmark),
            if run.is_master { "master".to_owned() } else { String::new() },
            run.state.to_string(),
            format!("{} of {}", run.rounds.0, run.rounds.1),
            run.job.to_string(),
            clean::line(&run.class.0),
            figures::instant(run.started_at),
        ],
        ink: if run.state == RunState::Complete { Ink::Plain } else { Ink::Unsure },
        remark: None,
    };
    let columns = [
        ("run", Align::Left),
        ("revision", Align::Left),
        ("benchmark", Align::Left),
        ("set", Align::Left),
        ("state", Align::Left),
        ("rounds", Align::Right),
        ("job", Align::Right),
        ("machine", Align::Left),
        ("started", Align::Left),
    ];
    let table = Table { columns: columns.to_vec(), head: 4, rows: runs.iter().map(row).collect() };
    if runs.is_empty() { "no runs\n".to_owned() } else { table.render(style) }
}

#[derive(Serialize)]
struct RunsView<'a> {
    schema: &'static str,
    runs: Vec<RunView<'a>>,
}

/// The runs as JSON, schema `loadmark.runs/1`.
pub fn runs_json(runs: &[RunSummary]) -> String {
    pretty(&RunsView { schema: "loadmark.runs/1", runs: runs.iter().map(RunView::from).collect() })
}

/// One run with every series' median, spread and values, and who took it back, ending in a newline.
pub fn run_text(run: &StoredRun, invalidation: Option<&Invalidation>, style: Style) -> String {
    let summary = &run.summary;
    let master = if summary.is_master { ", master set" } else { "" };
    let mut text = format!(
        "run {}, {}{master}\n{}, benchmark {}, {}, job {}\nmeasurement hash {}, machine class {}, started {}\n",
        summary.id,
        summary.state,
        clean::line(&summary.project),
        clean::line(&summary.benchmark),
        summary.revision,
        summary.job,
        summary.measurement_hash.short(),
        clean::line(&summary.class.0),
        figures::instant(summary.started_at),
    );
    if let Some(Invalidation { reason, by, at }) = invalidation {
        let (reason, by) = (clean::line(reason), clean::line(by));
        let invalidated = style.paint(Ink::Unsure, "invalidated");
        text += &format!("{invalidated} by {by}, {}: {reason}\n", figures::instant(*at));
    }
    for round in &run.rounds {
        let load = figures::load(&round.load).unwrap_or_else(|| "no load".to_owned());
        text += &format!("round {}: {load}\n", round.number);
        if let Some(reason) = &round.invalid {
            text += &format!("  {}: {}\n", style.paint(Ink::Unsure, "invalid"), clean::line(reason));
        }
        for missing in &round.missing {
            let (query, reason) = (clean::line(&missing.query), clean::line(&missing.reason));
            text += &format!("  {}: {query}: {reason}\n", style.paint(Ink::Unsure, "no data"));
        }
    }
    let table = series_table(series(run).into_iter()).render(style);
    if table.is_empty() { text } else { text + "\n" + &table }
}

#[derive(Serialize)]
struct OneRunView<'a> {
    schema: &'static str,
    #[serde(flatten)]
    run: FullRunView<'a>,
    invalidated: Option<InvalidatedView<'a>>,
}

#[derive(Serialize)]
struct InvalidatedView<'a> {
    by: &'a str,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    reason: &'a str,
}

impl<'a> From<&'a Invalidation> for InvalidatedView<'a> {
    fn from(Invalidation { reason, by, at }: &'a Invalidation) -> Self {
        Self { by, at: *at, reason }
    }
}

/// One run with all that its rounds measured, and who took it back, as JSON, schema `loadmark.run/1`.
pub fn run_json(run: &StoredRun, invalidation: Option<&Invalidation>) -> String {
    let invalidated = invalidation.map(InvalidatedView::from);
    pretty(&OneRunView { schema: "loadmark.run/1", run: run.into(), invalidated })
}

#[derive(Serialize)]
struct ConfigurationView<'a> {
    schema: &'static str,
    run: String,
    text: &'a str,
}

/// The configuration that was in force in a run as JSON, schema `loadmark.configuration/1`.
pub fn configuration_json(run: RunId, text: &str) -> String {
    pretty(&ConfigurationView { schema: "loadmark.configuration/1", run: run.to_string(), text })
}

/// A run's series with their values over its valid rounds.
pub(super) fn series(run: &StoredRun) -> BTreeMap<&SeriesKey, (Unit, SideSummary)> {
    let mut series: BTreeMap<&SeriesKey, (Unit, Vec<f64>)> = BTreeMap::new();
    for measurement in run.rounds.iter().filter(|round| round.invalid.is_none()).flat_map(|round| &round.measurements) {
        let (_, values) = series.entry(&measurement.key).or_insert((measurement.info.unit, Vec::new()));
        values.push(measurement.value);
    }
    let summary = |values: Vec<f64>| SideSummary { median: middle(&values), values };
    series.into_iter().map(|(key, (unit, values))| (key, (unit, summary(values)))).collect()
}

/// The median of at least one value.
fn middle(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() - 1) / 2].midpoint(sorted[sorted.len() / 2])
}

/// Series of a run as a table.
pub(super) fn series_table<'a>(series: impl Iterator<Item = (&'a SeriesKey, (Unit, SideSummary))>) -> Table {
    let row = |(key, (unit, side)): (&SeriesKey, (Unit, SideSummary))| Row {
        cells: vec![
            clean::line(&key.to_string()),
            figures::median(Some(&side), unit),
            figures::spread_text(&side),
            side.values.iter().map(|value| Quantity(*value, unit).to_string()).collect::<Vec<_>>().join(", "),
        ],
        ink: Ink::Plain,
        remark: None,
    };
    Table {
        columns: vec![
            ("series", Align::Left),
            ("median", Align::Right),
            ("spread", Align::Right),
            ("rounds", Align::Left),
        ],
        head: 1,
        rows: series.map(row).collect(),
    }
}
