//! JSON. These snapshots are the contract that docs/formats.md describes.

use insta::assert_snapshot;

use crate::domain::verdict::Verdict;

use super::super::{json, run_json, runs_json};
use super::fixture::{build_failure, compared, latency, master, regression, run, stored, unchanged};

#[test]
fn a_comparison() {
    let model = compared(vec![latency("/buy", Verdict::Regression, Some(4.0), Some(8.0))]);
    assert_snapshot!(json(&model), @"");
}

#[test]
fn a_failure() {
    assert_snapshot!(json(&build_failure()), @"");
}

#[test]
fn exactly_one_body_is_there() {
    for model in [regression(), unchanged(), build_failure(), master()] {
        let value: serde_json::Value = serde_json::from_str(&json(&model)).unwrap();
        assert_eq!(value["outcome"], model.outcome.to_string());
        let bodies = ["comparison", "master", "failure"].iter().filter(|body| !value[**body].is_null());
        assert_eq!(bodies.count(), 1);
    }
}

#[test]
fn runs() {
    assert_snapshot!(runs_json(&[run(1, "a")]), @"");
}

#[test]
fn one_run() {
    let mut run = stored();
    run.rounds.remove(0);
    run.rounds[0].measurements.truncate(1);
    run.rounds[1].measurements.clear();
    assert_snapshot!(run_json(&run), @"");
}
