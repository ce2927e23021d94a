//! What Loadmark printed, read again.

use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::super::read_rounds;
use super::super::rounds::Rounds;
use crate::domain::ids::{JobId, RunId};
use crate::domain::limit::{Direction, Limit, Unit};
use crate::domain::machine::MachineClass;
use crate::domain::procedure::Arrangement;
use crate::domain::recorded::{RecordedPair, Scale};
use crate::domain::run::{Invalidation, MeasurementHash, RunState, RunSummary, StoredRound, StoredRun};
use crate::domain::series::{Definition, Measurement, SeriesInfo, SeriesKey};
use crate::report;

const ONE: &str = "00000001-0000-0000-0000-000000000000";
const OTHER: &str = "00000002-0000-0000-0000-000000000000";

/// Of a series by its name, a quantile of it, or none.
fn measurement(query: &str, q: Option<&str>, value: f64) -> Measurement {
    let labels = q.map(|q| ("q".to_owned(), q.to_owned()));
    Measurement {
        key: SeriesKey { query: query.to_owned(), labels: labels.into_iter().collect(), stage: 0 },
        info: SeriesInfo { unit: Unit::Seconds, direction: Direction::Lower, definition: Definition(1) },
        value,
        bucket: None,
        total: None,
    }
}

/// A share of 2,000 requests.
fn share(value: f64) -> Measurement {
    let one = measurement("errors", None, value);
    Measurement { info: SeriesInfo { unit: Unit::Ratio, ..one.info }, total: Some(2000.0), ..one }
}

/// A run of a job with these rounds, each of a number, whether it is valid, and measurements.
fn stored(number: u128, rounds: Vec<(u16, bool, Vec<Measurement>)>) -> StoredRun {
    let round = |(number, valid, measurements): (u16, bool, Vec<Measurement>)| StoredRound {
        number,
        measurements,
        missing: Vec::new(),
        load: Vec::new(),
        windows: Vec::new(),
        steps: Vec::new(),
        invalid: (!valid).then(|| "a restart".to_owned()),
        notes: Vec::new(),
        rejected: Vec::new(),
    };
    let summary = RunSummary {
        id: RunId(Uuid::from_u128(number << 96)),
        job: JobId(12),
        project: "demo".to_owned(),
        benchmark: "http".to_owned(),
        revision: "a".repeat(40).parse().unwrap(),
        is_master: false,
        paired: true,
        arrangement: Some(Arrangement::Turns),
        measurement_hash: MeasurementHash("0f0f".to_owned()),
        class: MachineClass("lab".to_owned()),
        state: RunState::Complete,
        rounds: (3, 3),
        started_at: OffsetDateTime::UNIX_EPOCH,
    };
    StoredRun { summary, rounds: rounds.into_iter().map(round).collect() }
}

/// As it is printed.
fn printed(run: &StoredRun, invalidation: Option<&Invalidation>) -> Value {
    serde_json::from_str(&report::run_json(run, invalidation, None)).unwrap()
}

/// A run with one series in one round, as it is printed.
fn run(id: u128, round: u16) -> Value {
    printed(&stored(id, vec![(round, true, vec![measurement("a", None, 1.0)])]), None)
}

fn read(documents: &[Value]) -> Result<Rounds, String> {
    let names = ["one.json", "two.json"];
    let file = |(document, name): (&Value, &str)| (name.to_owned(), document.to_string());
    let files: Vec<_> = documents.iter().zip(names).map(file).collect();
    read_rounds(&files, "3%").map_err(|error| error.to_string())
}

fn pair(baseline: f64, candidate: impl Into<Option<f64>>) -> RecordedPair {
    RecordedPair { baseline: Some(baseline), candidate: candidate.into(), totals: None }
}

#[test]
fn rounds_of_the_same_number_in_two_runs_are_pairs() {
    let p50 = |value| measurement("latency", Some("0.5"), value);
    let p99 = |value| measurement("latency", Some("0.99"), value);
    let baseline = stored(
        1,
        vec![(1, true, vec![p50(1.0), p99(5.0), share(0.0)]), (2, true, vec![p50(2.0)]), (3, false, vec![p50(3.0)])],
    );
    let candidate =
        stored(2, vec![(1, true, vec![p50(1.5), share(0.001)]), (2, true, vec![]), (3, true, vec![p50(3.5)])]);
    let found = read(&[printed(&baseline, None), printed(&candidate, None)]).unwrap();
    let [errors, median, tail] = found.series.as_slice() else { panic!("{found:?}") };
    assert_eq!(median.name, "latency{q=\"0.5\"}");
    assert_eq!(median.pairs, [pair(1.0, 1.5), pair(2.0, None)]);
    assert_eq!((median.primary, tail.primary, errors.primary), (true, false, true));
    assert_eq!((median.scale, errors.scale), (Scale::Ratio, Scale::Difference));
    assert_eq!(errors.limit, Some(Limit { relative: None, absolute: Some(0.001) }));
    assert_eq!(errors.pairs[0], RecordedPair { totals: Some((2000.0, 2000.0)), ..pair(0.0, 0.001) });
    assert_eq!(found.notes, [format!("run {ONE}, round 3 is left out: a restart")]);
}

#[test]
fn runs_that_are_not_comparable_are_refused_with_both_shown() {
    let (one, mut elsewhere) = (run(1, 1), run(2, 1));
    elsewhere["run"]["machine_class"] = json!("laptop");
    assert_eq!(
        read(&[one.clone(), elsewhere]).unwrap_err(),
        "two.json: machine class laptop, and lab of one.json: such runs are never compared"
    );
    let late = run(2, 2);
    assert_eq!(
        read(&[one.clone(), late]).unwrap_err(),
        "two.json: has no valid round of a number that one.json has too"
    );
    let mut doubled = run(2, 1);
    doubled["rounds"] = json!([doubled["rounds"][0], doubled["rounds"][0]]);
    let told = read(&[one.clone(), doubled]).unwrap_err();
    assert_eq!(told, "two.json: round 1 is there twice; keep one of them");
    assert!(read(&[one]).unwrap_err().starts_with("one.json: is one run, and a comparison takes two: give `--input`"));
}

#[test]
fn a_run_that_was_taken_back_is_refused_with_who_and_why() {
    let mut taken_back = stored(2, vec![(1, true, vec![measurement("a", None, 1.0)])]);
    taken_back.summary.state = RunState::Invalidated;
    let (by, reason) = ("ada".to_owned(), "the host was busy".to_owned());
    let invalidation = Invalidation { reason, by, at: OffsetDateTime::UNIX_EPOCH };
    let told = |by: &str| format!("run {OTHER} was invalidated{by}, and is never compared: measure it again");
    let by = told(" by ada (the host was busy)");
    let (one, other) = (run(1, 1), printed(&taken_back, Some(&invalidation)));
    assert_eq!(read(&[one.clone(), other.clone()]).unwrap_err(), format!("two.json: {by}"));
    assert_eq!(read(&[other, one.clone()]).unwrap_err(), format!("one.json: {by}"));
    let nobody = read(&[one, printed(&taken_back, None)]).unwrap_err();
    assert_eq!(nobody, format!("two.json: {}", told("")));
}

#[test]
fn twins_are_compared_with_each_other_alone() {
    let (one, other) = (run(1, 1), run(2, 1));
    let of = |run: &Value, job: i64, arrangement: &str| {
        let mut run = run.clone();
        (run["run"]["job"], run["run"]["arrangement"]) = (json!(job), json!(arrangement));
        run
    };
    assert!(read(&[of(&one, 12, "twins"), of(&other, 12, "twins")]).is_ok());
    assert!(read(&[of(&one, 12, "turns"), of(&other, 13, "turns")]).is_ok());
    for (before, after) in [
        (of(&one, 12, "twins"), of(&other, 13, "twins")),
        (of(&one, 12, "twins"), of(&other, 12, "turns")),
        (of(&one, 12, "turns"), of(&other, 13, "twins")),
    ] {
        let told = read(&[before, after]).unwrap_err();
        assert!(told.starts_with(&format!("two.json: run {OTHER}, and run {ONE} of one.json: ")), "{told}");
        assert!(told.contains("compared with the other side of its own job alone"), "{told}");
    }
    let itself = of(&one, 12, "twins");
    assert!(read(&[itself.clone(), itself]).is_err());
}

#[test]
fn a_report_has_its_limits_and_its_pairs_in_their_order() {
    let series = |baseline: Value, candidate: Value| {
        json!({"series": "a", "query": "a", "labels": {}, "stage": 0, "verdict": "unchanged", "primary": false,
               "change": 0.0, "limit": {"relative": 0.25, "absolute": 0.001}, "unit": "seconds",
               "direction": "higher", "baseline": baseline, "candidate": candidate, "reason": null})
    };
    let side = |values: &[f64]| json!({"median": 1.0, "values": values});
    let report = |series: Value| json!({"schema": "loadmark.report/1", "comparison": {"series": [series]}});
    let found = read(&[report(series(side(&[1.0, 2.0]), side(&[3.0, 4.0])))]).unwrap();
    assert_eq!(found.series[0].pairs, [pair(1.0, 3.0), pair(2.0, 4.0)]);
    assert_eq!(found.series[0].limit, Some(Limit { relative: Some(0.25), absolute: Some(0.001) }));
    assert!(!found.series[0].primary);
    let counted = |limit: Value| {
        let mut counts = series(side(&[0.0, 2.0]), side(&[1.0, 0.0]));
        (counts["unit"], counts["limit"]) = (json!("count"), limit);
        read(&[report(counts)]).unwrap().series[0].scale
    };
    assert_eq!(counted(json!({"relative": null, "absolute": 2.0})), Scale::Difference);
    assert_eq!(counted(json!({"relative": 0.1, "absolute": 2.0})), Scale::Ratio);
    let gone = read(&[report(series(side(&[1.0, 2.0]), Value::Null))]).unwrap();
    assert_eq!(gone.series[0].pairs, [pair(1.0, None), pair(2.0, None)]);
    let told = read(&[report(series(side(&[1.0, 2.0]), side(&[3.0])))]).unwrap_err();
    assert!(
        told.contains("2 values of the baseline and 1 of the candidate") && told.contains("`--input` twice"),
        "{told}"
    );
    let with_pairs = |valid: u16| {
        let mut document = report(series(side(&[1.0, 2.0]), side(&[3.0, 4.0])));
        document["comparison"]["pairs"] = json!({"valid": valid, "measured": 3, "looks": [3], "arrangement": "turns"});
        read(&[document])
    };
    assert!(with_pairs(3).is_ok());
    let told = with_pairs(2).unwrap_err();
    assert!(told.starts_with("one.json: has 3 pairs, of which 2 are valid, and does not tell which: "), "{told}");
    let failed = json!({"schema": "loadmark.report/1", "comparison": null});
    assert_eq!(read(&[failed]).unwrap_err(), "one.json: is the report of a job that compared nothing");
}

#[test]
fn other_documents_are_named() {
    let jobs = json!({"schema": "loadmark.jobs/1"});
    let told = read(&[jobs]).unwrap_err();
    assert!(told.ends_with("this is `loadmark.jobs/1`"), "{told}");
    let broken = json!({"schema": "loadmark.run/1", "run": 1});
    assert!(read(&[broken.clone(), broken]).unwrap_err().starts_with("one.json: is not what its schema promises: "));
    let csv = ("rounds.csv".to_owned(), "series,pair,side,value\n".to_owned());
    let told = read_rounds(&[csv.clone(), csv], "3%").unwrap_err().to_string();
    assert!(told.contains("is CSV, which holds both sides"), "{told}");
}
