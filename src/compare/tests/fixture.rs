//! Runs and queries to compare, from a few numbers.

use std::collections::BTreeMap;

use time::macros::date;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::domain::comparison::{Comparison, SeriesComparison, Sides};
use crate::domain::ids::{JobId, RunId};
use crate::domain::limit::{Direction, Limit, Unit};
use crate::domain::machine::MachineClass;
use crate::domain::query::Query;
use crate::domain::run::{MeasurementHash, RunState, RunSummary, StageLoad, StoredRound, StoredRun};
use crate::domain::series::{Definition, Measurement, MissingData, SeriesInfo, SeriesKey};

use super::super::compare;

pub(super) const LATENCY: SeriesInfo =
    SeriesInfo { unit: Unit::Seconds, direction: Direction::Lower, definition: Definition(1) };

/// Nothing is muted then.
pub(super) const TODAY: Date = date!(2026 - 01 - 01);

pub(super) fn relative(part: f64) -> Limit {
    Limit { relative: Some(part), absolute: None }
}

pub(super) fn query(name: &str, limit: Option<Limit>) -> Query {
    Query {
        name: name.to_owned(),
        help: String::new(),
        unit: Unit::Seconds,
        direction: Direction::Lower,
        promql: serde_json::from_value("up".into()).unwrap(),
        quantiles: Vec::new(),
        labels: Vec::new(),
        primary: Some(true),
        limit,
        quantile_limits: Vec::new(),
        warn: None,
        improvement: None,
        required: false,
        nullable: false,
        muted: None,
        total: None,
        series: Vec::new(),
        decidable: Vec::new(),
    }
}

pub(super) fn key(query: &str, endpoint: &str) -> SeriesKey {
    let labels = BTreeMap::from([("endpoint".to_owned(), endpoint.to_owned())]);
    SeriesKey { query: query.to_owned(), labels, stage: 0 }
}

/// A complete run of so many rounds that measured nothing yet.
pub(super) fn run(rounds: u16) -> StoredRun {
    let load = StageLoad { planned_rate: 200.0, achieved_rate: 200.0, failed: 0, scheduled: 2000 };
    let round = |number| StoredRound {
        number,
        measurements: Vec::new(),
        missing: Vec::new(),
        load: vec![load],
        windows: Vec::new(),
        steps: Vec::new(),
        invalid: None,
        notes: Vec::new(),
        rejected: Vec::new(),
    };
    StoredRun {
        summary: RunSummary {
            id: RunId(Uuid::nil()),
            job: JobId(1),
            project: "demo".to_owned(),
            benchmark: "http".to_owned(),
            revision: "0123456789abcdef0123456789abcdef01234567".parse().unwrap(),
            is_master: false,
            paired: false,
            arrangement: None,
            measurement_hash: MeasurementHash("f00d".to_owned()),
            class: MachineClass("here".to_owned()),
            state: RunState::Complete,
            rounds: (rounds, rounds),
            started_at: OffsetDateTime::UNIX_EPOCH,
        },
        rounds: (1..=rounds).map(round).collect(),
    }
}

/// A run with one series' values, one a round.
pub(super) fn run_with(key: &SeriesKey, values: &[f64]) -> StoredRun {
    let values: Vec<_> = values.iter().copied().map(Some).collect();
    let mut run = run(u16::try_from(values.len()).unwrap());
    measure(&mut run, key, &values);
    run
}

/// Adds a series, with its value or none in each round.
pub(super) fn measure(run: &mut StoredRun, key: &SeriesKey, values: &[Option<f64>]) {
    for (round, value) in run.rounds.iter_mut().zip(values) {
        let measurement = |value| Measurement { key: key.clone(), info: LATENCY, value, bucket: None, total: None };
        round.measurements.extend(value.map(measurement));
    }
}

/// Says in every round that a query gave nothing.
pub(super) fn miss(run: &mut StoredRun, query: &str, reason: &str) {
    for round in &mut run.rounds {
        round.missing.push(MissingData { query: query.to_owned(), stage: 0, reason: reason.to_owned() });
    }
}

/// Compares under one query, `x`.
pub(super) fn compared(baseline: &StoredRun, candidate: &StoredRun, limit: Option<Limit>) -> Comparison {
    compare(Sides { baseline: Some(baseline), candidate, queries: &[query("x", limit)], today: TODAY })
}

/// The only series, of values on both sides.
pub(super) fn judged(baseline: &[f64], candidate: &[f64], limit: Option<Limit>) -> SeriesComparison {
    let key = key("x", "/");
    let mut comparison = compared(&run_with(&key, baseline), &run_with(&key, candidate), limit);
    assert_eq!(comparison.series.len(), 1);
    comparison.series.remove(0)
}
