//! The shapes of JSON. They are a contract with readers outside, so they are written here and not derived from the
//! types of `domain`, which may change.

use std::collections::BTreeMap;

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::domain::limit::{Direction, Unit};
use crate::domain::procedure::Arrangement;
use crate::domain::run::{RunState, RunSummary, StageLoad, StepTime, StoredRound, StoredRun, Window};
use crate::domain::series::{Bucket, Definition, Measurement, MissingData, SeriesInfo, SeriesKey};

/// Indented JSON, ending in a newline.
pub(super) fn pretty(value: &impl Serialize) -> String {
    // These shapes have string keys and no failing serializer, so the error can't occur; if it did, it must not pass
    // for a report.
    serde_json::to_string_pretty(value).unwrap_or_else(|error| format!("{{\"error\": {:?}}}", error.to_string())) + "\n"
}

/// A run without its measurements.
#[derive(Serialize)]
pub(super) struct RunView<'a> {
    id: String,
    job: i64,
    project: &'a str,
    benchmark: &'a str,
    revision: String,
    master: bool,
    paired: bool,
    arrangement: Option<Arrangement>,
    state: RunState,
    rounds: u16,
    rounds_planned: u16,
    measurement_hash: &'a str,
    machine_class: &'a str,
    #[serde(with = "time::serde::rfc3339")]
    started_at: OffsetDateTime,
}

impl<'a> From<&'a RunSummary> for RunView<'a> {
    fn from(run: &'a RunSummary) -> Self {
        Self {
            id: run.id.to_string(),
            job: run.job.0,
            project: &run.project,
            benchmark: &run.benchmark,
            revision: run.revision.to_string(),
            master: run.is_master,
            paired: run.paired,
            arrangement: run.arrangement,
            state: run.state,
            rounds: run.rounds.0,
            rounds_planned: run.rounds.1,
            measurement_hash: &run.measurement_hash.0,
            machine_class: &run.class.0,
            started_at: run.started_at,
        }
    }
}

/// A series' key, spelled out and in parts.
#[derive(Serialize)]
pub(super) struct KeyView<'a> {
    series: String,
    query: &'a str,
    labels: &'a BTreeMap<String, String>,
    stage: u16,
}

impl<'a> From<&'a SeriesKey> for KeyView<'a> {
    fn from(key: &'a SeriesKey) -> Self {
        Self { series: key.to_string(), query: &key.query, labels: &key.labels, stage: key.stage }
    }
}

/// The load of a stage as it was held.
#[derive(Serialize)]
pub(super) struct LoadView {
    planned_rate: f64,
    achieved_rate: f64,
    scheduled: u64,
    failed: u64,
}

impl From<&StageLoad> for LoadView {
    fn from(load: &StageLoad) -> Self {
        let StageLoad { planned_rate, achieved_rate, scheduled, failed } = *load;
        Self { planned_rate, achieved_rate, scheduled, failed }
    }
}

#[derive(Serialize)]
pub(super) struct MeasurementView<'a> {
    #[serde(flatten)]
    key: KeyView<'a>,
    unit: Unit,
    direction: Direction,
    definition: Definition,
    value: f64,
    bucket: Option<BucketView>,
    total: Option<f64>,
}

#[derive(Serialize)]
struct BucketView {
    lower: f64,
    upper: Option<f64>,
}

impl From<Bucket> for BucketView {
    fn from(Bucket { lower, upper }: Bucket) -> Self {
        Self { lower, upper }
    }
}

impl<'a> From<&'a Measurement> for MeasurementView<'a> {
    fn from(measurement: &'a Measurement) -> Self {
        let SeriesInfo { unit, direction, definition } = measurement.info;
        Self {
            key: (&measurement.key).into(),
            unit,
            direction,
            definition,
            value: measurement.value,
            bucket: measurement.bucket.map(BucketView::from),
            total: measurement.total,
        }
    }
}

#[derive(Serialize)]
pub(super) struct MissingView<'a> {
    query: &'a str,
    stage: u16,
    reason: &'a str,
}

impl<'a> From<&'a MissingData> for MissingView<'a> {
    fn from(missing: &'a MissingData) -> Self {
        Self { query: &missing.query, stage: missing.stage, reason: &missing.reason }
    }
}

#[derive(Serialize)]
struct WindowView {
    stage: u16,
    t0: String,
    t1: String,
    seconds: f64,
    load_seconds: f64,
}

impl From<&Window> for WindowView {
    fn from(window: &Window) -> Self {
        let Window { stage, t0_ms, t1_ms, load_seconds } = *window;
        let seconds = (t1_ms - t0_ms) as f64 / 1000.0;
        Self { stage, t0: millisecond(t0_ms), t1: millisecond(t1_ms), seconds, load_seconds }
    }
}

/// A time in milliseconds since the Unix epoch as RFC 3339.
fn millisecond(unix_ms: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000).ok();
    // Only a time beyond the year 9999 has no such form.
    at.and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_else(|| format!("{unix_ms} ms"))
}

#[derive(Serialize)]
struct StepView<'a> {
    step: &'a str,
    seconds: f64,
}

impl<'a> From<&'a StepTime> for StepView<'a> {
    fn from(step: &'a StepTime) -> Self {
        Self { step: &step.step, seconds: step.seconds }
    }
}

#[derive(Serialize)]
struct RoundView<'a> {
    number: u16,
    invalid: Option<&'a str>,
    rejected: &'a [String],
    notes: &'a [String],
    load: Vec<LoadView>,
    windows: Vec<WindowView>,
    steps: Vec<StepView<'a>>,
    measurements: Vec<MeasurementView<'a>>,
    missing: Vec<MissingView<'a>>,
}

impl<'a> From<&'a StoredRound> for RoundView<'a> {
    fn from(round: &'a StoredRound) -> Self {
        Self {
            number: round.number,
            invalid: round.invalid.as_deref(),
            rejected: &round.rejected,
            notes: &round.notes,
            load: round.load.iter().map(LoadView::from).collect(),
            windows: round.windows.iter().map(WindowView::from).collect(),
            steps: round.steps.iter().map(StepView::from).collect(),
            measurements: round.measurements.iter().map(MeasurementView::from).collect(),
            missing: round.missing.iter().map(MissingView::from).collect(),
        }
    }
}

/// A run with all that its rounds measured.
#[derive(Serialize)]
pub(super) struct FullRunView<'a> {
    run: RunView<'a>,
    rounds: Vec<RoundView<'a>>,
}

impl<'a> From<&'a StoredRun> for FullRunView<'a> {
    fn from(run: &'a StoredRun) -> Self {
        Self { run: (&run.summary).into(), rounds: run.rounds.iter().map(RoundView::from).collect() }
    }
}
