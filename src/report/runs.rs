//! Stored runs: a list of them, and one with its series.

use std::collections::BTreeMap;

use serde::Serialize;
use time::OffsetDateTime;

use crate::domain::comparison::SideSummary;
use crate::domain::conditions::Conditions;
use crate::domain::ids::RunId;
use crate::domain::limit::{Quantity, Unit};
use crate::domain::run::{Invalidation, RunState, RunSummary, StoredRound, StoredRun};
use crate::domain::series::{Measurement, SeriesKey};

use super::clean;
use super::conditions;
use super::figures;
use super::phases::phases;
use super::style::{Ink, Style};
use super::table::{Align, Row, Table};
use super::view::{FullRunView, RunView, pretty};

/// Characters of a reason; what Prometheus says may repeat a whole label.
const REASON_WIDTH: usize = 200;

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

/// One run with every series' median, spread and values, who took it back, its conditions in brief, and where its time
/// went, ending in a newline.
pub fn run_text(
    run: &StoredRun,
    invalidation: Option<&Invalidation>,
    conditions: Option<&Conditions>,
    style: Style,
) -> String {
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
    text += &conditions.map(conditions::brief).unwrap_or_default();
    for round in &run.rounds {
        let load = figures::load(&round.load).unwrap_or_else(|| "no load".to_owned());
        text += &format!("round {}: {load}\n", round.number);
        for (what, texts) in [("run again", &round.rejected), ("note", &round.notes)] {
            for reason in texts {
                text += &format!("  {}: {}\n", style.paint(Ink::Unsure, what), clean::line(reason));
            }
        }
        if let Some(reason) = &round.invalid {
            text += &format!("  {}: {}\n", style.paint(Ink::Unsure, "invalid"), clean::line(reason));
        }
        for missing in &round.missing {
            let (query, reason) = (clean::line(&missing.query), clean::short_line(&missing.reason, REASON_WIDTH));
            text += &format!("  {}: {query}: {reason}\n", style.paint(Ink::Unsure, "no data"));
        }
    }
    for (title, table) in [
        ("", series_table(series(run).into_iter()).render(style)),
        ("where the time went, in seconds\n", phases(run, style)),
    ] {
        if !table.is_empty() {
            text += &format!("\n{title}{table}");
        }
    }
    text
}

#[derive(Serialize)]
struct OneRunView<'a> {
    schema: &'static str,
    #[serde(flatten)]
    run: FullRunView<'a>,
    invalidated: Option<InvalidatedView<'a>>,
    conditions: Option<&'a Conditions>,
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

/// One run with all that its rounds measured, who took it back, and its conditions, as JSON, schema `loadmark.run/1`.
pub fn run_json(run: &StoredRun, invalidation: Option<&Invalidation>, conditions: Option<&Conditions>) -> String {
    let invalidated = invalidation.map(InvalidatedView::from);
    pretty(&OneRunView { schema: "loadmark.run/1", run: run.into(), invalidated, conditions })
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

/// What to know of a run's rounds.
pub(super) fn remarks(run: &StoredRun) -> Vec<String> {
    run.rounds.iter().flat_map(StoredRound::remarks).collect()
}

/// A run's series with their values over its valid rounds, by key. One whose query was asked in several forms occurs
/// once a form.
pub(super) fn series(run: &StoredRun) -> Vec<(&SeriesKey, (Unit, SideSummary))> {
    let mut series: BTreeMap<(&SeriesKey, u64, &str), (Unit, Vec<f64>)> = BTreeMap::new();
    for Measurement { key, info, value, .. } in
        run.rounds.iter().filter(|round| round.invalid.is_none()).flat_map(|round| &round.measurements)
    {
        let form = (key, info.definition.0, info.unit.as_str());
        series.entry(form).or_insert((info.unit, Vec::new())).1.push(*value);
    }
    let summed_up = |((key, _, _), (unit, values))| Some((key, (unit, SideSummary::of(values)?)));
    series.into_iter().filter_map(summed_up).collect()
}

/// Series of a run as a table.
pub(super) fn series_table<'a>(series: impl Iterator<Item = (&'a SeriesKey, (Unit, SideSummary))>) -> Table<'static> {
    let row = |(key, (unit, side)): (&SeriesKey, (Unit, SideSummary))| Row {
        cells: vec![
            clean::series(key),
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
