//! Where a candidate stands among master sets of the past.

use std::collections::BTreeMap;

use time::macros::date;
use uuid::Uuid;

use super::super::{Triage, passes_none, standing, triage};
use crate::domain::history::{PastMedian, PastRun};
use crate::domain::ids::{JobId, RunId};
use crate::domain::limit::{Direction, Unit};
use crate::domain::machine::MachineClass;
use crate::domain::query::{Muted, Query};
use crate::domain::run::{MeasurementHash, RunState, RunSummary, StoredRound, StoredRun};
use crate::domain::series::{Definition, Measurement, SeriesInfo, SeriesKey};

const PAST: [f64; 12] = [10.0, 10.2, 9.9, 10.1, 10.4, 9.8, 10.0, 10.3, 9.7, 10.1, 10.2, 9.9];

fn info(definition: u64) -> SeriesInfo {
    SeriesInfo { unit: Unit::Seconds, direction: Direction::Lower, definition: Definition(definition) }
}

fn key(query: &str) -> SeriesKey {
    SeriesKey { query: query.to_owned(), labels: BTreeMap::new(), stage: 0 }
}

fn past(values: &[f64], definition: u64) -> Vec<PastRun> {
    let run = |value: &f64| PastRun {
        run: RunId(Uuid::nil()),
        revision: "a".repeat(40).parse().unwrap(),
        medians: vec![PastMedian { key: key("latency"), info: info(definition), median: *value }],
    };
    values.iter().map(run).collect()
}

/// A run of three rounds in which these queries answered this value.
fn candidate(queries: &[&str], value: f64) -> StoredRun {
    let measurement = |query: &&str| Measurement { key: key(query), info: info(1), value, bucket: None, total: None };
    let round = |number| StoredRound {
        number,
        measurements: queries.iter().map(measurement).collect(),
        missing: Vec::new(),
        load: Vec::new(),
        windows: Vec::new(),
        steps: Vec::new(),
        invalid: None,
        notes: Vec::new(),
        rejected: Vec::new(),
    };
    let summary = RunSummary {
        id: RunId(Uuid::nil()),
        job: JobId(1),
        project: "shop".to_owned(),
        benchmark: "http".to_owned(),
        revision: "b".repeat(40).parse().unwrap(),
        is_master: false,
        paired: false,
        arrangement: None,
        measurement_hash: MeasurementHash("0f".repeat(32)),
        class: MachineClass("lab".to_owned()),
        state: RunState::Complete,
        rounds: (3, 3),
        started_at: time::OffsetDateTime::UNIX_EPOCH,
    };
    StoredRun { summary, rounds: [1, 2, 3].map(round).to_vec() }
}

fn query(name: &str, primary: bool) -> Query {
    serde_json::from_value(serde_json::json!({
        "name": name, "help": "", "unit": "seconds", "direction": "lower", "promql": "up", "quantiles": [],
        "labels": [], "primary": primary, "limit": {"relative": 0.03, "absolute": null}, "quantile_limits": [],
    }))
    .unwrap()
}

fn of(candidate: &StoredRun, past: &[PastRun]) -> Triage {
    triage(candidate, past, &[query("latency", true), query("memory", false)], date!(2026 - 03 - 04))
}

#[test]
fn the_distance_is_counted_in_robust_deviations() {
    // As numpy and scipy compute it.
    let found = standing(10.6, &PAST, None).unwrap();
    assert!((found.z - 2.313_194_800_991_39).abs() < 1e-9, "{found:?}");
    assert_eq!((found.median, found.points), (10.05, 12));
    assert_eq!(standing(10.6, &PAST[..9], None), Err(9));
}

#[test]
fn a_past_without_any_spread_has_a_floor_of_half_a_percent() {
    let found = standing(1.01, &[1.0; 10], None).unwrap();
    assert!((found.z - 1.01_f64.ln() / (0.005 * 1.1_f64.sqrt())).abs() < 1e-9, "{found:?}");
    assert_eq!(standing(0.0, &[0.0; 10], None).unwrap().z, 0.0);
    assert_eq!(standing(0.1, &[0.0; 10], None).unwrap().z, f64::INFINITY);
    let negative = standing(-2.1, &[-2.0; 10], None).unwrap();
    assert!((negative.z + 0.1 / (0.01 * 1.1_f64.sqrt())).abs() < 1e-9, "{negative:?}");
}

#[test]
fn only_the_past_since_its_last_step_counts() {
    let mut values: Vec<f64> = (0..30).map(|at| PAST[at % 12] * if at < 15 { 1.0 } else { 2.0 }).collect();
    let found = standing(20.1, &values, None).unwrap();
    assert!(found.points == 15 && found.z.abs() < 2.0, "{found:?}");
    values.truncate(23);
    assert_eq!(standing(20.1, &values, None), Err(8));
}

/// The past with a hundredth of its spread, 0.02 %: the limit is 3 %.
fn quiet() -> Vec<f64> {
    PAST.iter().map(|value| 10.0 + (value - 10.0) / 100.0).collect()
}

#[test]
fn a_candidate_passes_where_it_is_surely_within_its_limit() {
    let of = |value: f64, past: &[PastRun]| of(&candidate(&["latency"], value), past);
    assert_eq!(of(10.2, &past(&quiet(), 1)), Triage::Passed);
    assert_eq!(of(9.8, &past(&quiet(), 1)), Triage::Passed);
    assert!(matches!(of(10.31, &past(&quiet(), 1)), Triage::NeedsPairs(_)));
    assert!(matches!(of(9.6, &past(&quiet(), 1)), Triage::NeedsPairs(_)));
    assert_eq!(of(10.0, &past(&quiet()[..9], 1)), Triage::TooFew(9));
    assert_eq!(of(10.0, &[]), Triage::TooFew(0));
    // What the query asked before it was edited is no past of it.
    assert_eq!(of(10.0, &past(&quiet(), 2)), Triage::TooFew(0));
}

#[test]
fn noise_that_hides_the_limit_passes_nothing_and_that_is_known_before() {
    let queries = [query("latency", true), query("memory", false)];
    let today = date!(2026 - 03 - 04);
    let noisy = past(&PAST, 1);
    assert!(matches!(of(&candidate(&["latency"], 10.05), &noisy), Triage::NeedsPairs(_)));
    let why = passes_none(&noisy, &queries, today);
    let told = "the master sets of the past vary too much to tell a change of latency by its limit";
    assert_eq!(why.as_deref(), Some(told));
    assert_eq!(passes_none(&past(&quiet(), 1), &queries, today), None);
    assert_eq!(passes_none(&noisy, &[query("latency", false)], today), None);
    // That an earlier form of the query was noisy is over.
    let mended: Vec<PastRun> = noisy.iter().chain(&past(&quiet(), 2)).cloned().collect();
    assert_eq!(passes_none(&mended, &queries, today), None);
}

#[test]
fn a_change_that_came_with_the_newest_sets_is_not_lost_again_unseen() {
    let mut values = quiet();
    values[9..].iter_mut().for_each(|value| *value /= 1.04);
    let median = standing(10.0, &values, None).unwrap().median;
    assert!((median - 10.0).abs() < 0.01, "{median}");
    assert!(matches!(of(&candidate(&["latency"], 10.0), &past(&values, 1)), Triage::NeedsPairs(_)));
    let mut one = quiet();
    one[11] /= 1.04;
    assert_eq!(of(&candidate(&["latency"], 10.0), &past(&one, 1)), Triage::Passed);
}

#[test]
fn a_silent_query_is_missed_unless_it_is_muted() {
    let today = date!(2026 - 03 - 04);
    let why = |until| {
        let muted = Some(Muted { reason: "its exporter is gone".to_owned(), until });
        let queries = [Query { muted, ..query("errors", true) }, query("latency", true)];
        triage(&candidate(&["latency"], 10.0), &past(&quiet(), 1), &queries, today)
    };
    assert_eq!(why(today), Triage::Passed);
    let missed = Triage::NeedsPairs("the candidate lacks errors".to_owned());
    assert_eq!(why(today.previous_day().unwrap()), missed);
}

#[test]
fn what_stands_apart_or_is_missing_needs_pairs() {
    let why = |triage: Triage| match triage {
        Triage::NeedsPairs(why) => why,
        other => panic!("{other:?}"),
    };
    let past = past(&PAST, 1);
    let apart = why(of(&candidate(&["latency"], 10.6), &past));
    let told = "latency, +2.3 standard deviations from the master sets of the past, may have changed by its limit";
    assert_eq!(apart, told);
    assert!(why(of(&candidate(&["latency"], 9.0), &past)).starts_with("latency, -"));
    assert_eq!(why(of(&candidate(&["memory"], 10.0), &past)), "the candidate lacks latency");
    let mut invalid = candidate(&["latency"], 10.1);
    invalid.rounds[1].invalid = Some("a restart".to_owned());
    assert_eq!(why(of(&invalid, &past)), "round 2 of the candidate is invalid");
    let mut rare = candidate(&["latency"], 10.1);
    rare.rounds[1].measurements.clear();
    assert!(why(of(&rare, &past)).starts_with("latency is in "), "in fewer rounds than there are");
    let mut labelled = past.clone();
    let mut other = labelled[11].medians[0].clone();
    other.key.labels.insert("endpoint".to_owned(), "/buy".to_owned());
    labelled[11].medians.push(other);
    let gone = why(of(&candidate(&["latency"], 10.1), &labelled));
    assert_eq!(gone, "the candidate lacks latency{endpoint=\"/buy\"}");
}
