//! What Loadmark printed, read again.

use serde_json::{Value, json};

use super::super::read_rounds;
use super::super::rounds::Rounds;
use crate::domain::limit::Limit;
use crate::domain::recorded::{RecordedPair, Scale};

fn measurement(series: &str, value: f64) -> Value {
    let q = series.split_once("q=").map(|(_, q)| q.trim_matches(['"', '}']));
    let labels = q.map_or(json!({}), |q| json!({ "q": q }));
    json!({"series": series, "query": "x", "labels": labels, "stage": 0, "unit": "seconds", "direction": "lower",
           "definition": "0000000000000001", "value": value, "bucket": null})
}

/// A run of these rounds, each of a number, whether it is valid, and measurements.
fn run(rounds: &[(u16, bool, Vec<Value>)]) -> Value {
    let round = |(number, valid, measurements): &(u16, bool, Vec<Value>)| {
        let invalid = if *valid { Value::Null } else { json!("a restart") };
        json!({"number": number, "invalid": invalid, "measurements": measurements})
    };
    json!({"schema": "loadmark.run/1", "rounds": rounds.iter().map(round).collect::<Vec<_>>(),
           "run": {"id": "00000001", "measurement_hash": "0f0f", "machine_class": "lab"}})
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
    let p50 = "latency{q=\"0.5\"}";
    let p99 = "latency{q=\"0.99\"}";
    let mut share = measurement("errors", 0.0);
    share["unit"] = json!("ratio");
    share["total"] = json!(2000.0);
    let baseline = run(&[
        (1, true, vec![measurement(p50, 1.0), measurement(p99, 5.0), share.clone()]),
        (2, true, vec![measurement(p50, 2.0)]),
        (3, false, vec![measurement(p50, 3.0)]),
    ]);
    let candidate = run(&[
        (1, true, vec![measurement(p50, 1.5), share]),
        (2, true, vec![]),
        (3, true, vec![measurement(p50, 3.5)]),
    ]);
    let found = read(&[baseline, candidate]).unwrap();
    let [errors, median, tail] = found.series.as_slice() else { panic!("{found:?}") };
    assert_eq!(median.name, p50);
    assert_eq!(median.pairs, [pair(1.0, 1.5), pair(2.0, None)]);
    assert_eq!((median.primary, tail.primary, errors.primary), (true, false, true));
    assert_eq!((median.scale, errors.scale), (Scale::Ratio, Scale::Difference));
    assert_eq!(errors.limit, Some(Limit { relative: None, absolute: Some(0.001) }));
    assert_eq!(errors.pairs[0].totals, Some((2000.0, 2000.0)));
    assert_eq!(found.notes, ["run 00000001, round 3 is left out: a restart"]);
}

#[test]
fn runs_that_are_not_comparable_are_refused_with_both_shown() {
    let one = run(&[(1, true, vec![measurement("a", 1.0)])]);
    let mut other = one.clone();
    other["run"]["machine_class"] = json!("laptop");
    assert_eq!(
        read(&[one.clone(), other]).unwrap_err(),
        "two.json: machine class laptop, and lab of one.json: such runs are never compared"
    );
    let late = run(&[(2, true, vec![measurement("a", 1.0)])]);
    assert_eq!(
        read(&[one.clone(), late]).unwrap_err(),
        "two.json: has no valid round of a number that one.json has too"
    );
    assert!(read(&[one]).unwrap_err().starts_with("one.json: is one run, and a comparison takes two: give `--input`"));
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
    let gone = read(&[report(series(side(&[1.0, 2.0]), Value::Null))]).unwrap();
    assert_eq!(gone.series[0].pairs, [pair(1.0, None), pair(2.0, None)]);
    let told = read(&[report(series(side(&[1.0, 2.0]), side(&[3.0])))]).unwrap_err();
    assert!(
        told.contains("2 values of the baseline and 1 of the candidate") && told.contains("`--input` twice"),
        "{told}"
    );
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
