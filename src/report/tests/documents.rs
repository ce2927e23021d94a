//! Reports as they are stored and read again.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::{Body, Failure, ReportModel, markdown, text};
use super::fixture::{WIDE, build_failure, comparison, latency, master, regression, stored, unchanged};
use crate::domain::verdict::Verdict;

/// What a reader in another process, on another host, gets.
fn reread(model: &ReportModel) -> ReportModel {
    ReportModel::from_document(model.to_document()).unwrap()
}

/// A report that holds nothing of the place where it was made.
fn placeless(mut model: ReportModel) -> ReportModel {
    model.log_folder = None;
    if let Body::Failure(failure) = &mut model.body {
        failure.log = None;
    }
    model
}

#[test]
fn every_kind_of_report_is_read_as_it_was_written() {
    let mut with_previous = master();
    with_previous.previous = match regression().body {
        Body::Comparison(comparison) => Some(comparison),
        _ => None,
    };
    for model in [regression(), unchanged(), build_failure(), master(), with_previous] {
        let model = placeless(model);
        let again = reread(&model);
        assert_eq!(again, model);
        assert_eq!((text(&again, WIDE), markdown(&again)), (text(&model, WIDE), markdown(&model)));
    }
}

#[test]
fn folders_and_the_name_of_the_program_belong_to_the_place_and_stay_there() {
    let mut model = build_failure();
    model.log_folder = Some("/data/runs/1".to_owned());
    model.program = "loadmark --config secret-place.yaml".to_owned();
    let document = model.to_document().to_string();
    assert!(!document.contains("/data/") && !document.contains("secret-place"), "{document}");
    let again = reread(&model);
    assert_eq!((again.program.as_str(), again.log_folder), ("loadmark", None));
}

#[test]
fn other_versions_and_damage_are_told_in_words() {
    let said = |document: Value| ReportModel::from_document(document).unwrap_err().to_string();
    let mut document = regression().to_document();
    document["schema"] = json!("loadmark.result/2");
    assert_eq!(
        said(document),
        "read a stored result: its schema is `loadmark.result/2`, and this Loadmark knows `loadmark.result/1`; update \
         the older of the two (`loadmark --version` on the worker and on the manager)"
    );
    assert!(said(json!({})).contains("its schema is not told"));
    assert!(said(json!("text")).contains("its schema is not told"));
    let damaged = json!({"schema": "loadmark.result/1", "report": {"job": null}});
    assert!(said(damaged).starts_with("read a stored result of `loadmark.result/1`; measure again"));
}

#[test]
fn nothing_that_postgres_refuses_is_in_a_document() {
    let mut model = placeless(build_failure());
    model.body = Body::Failure(Failure { log_tail: vec!["a\0b".to_owned()], ..Failure::default() });
    assert!(!model.to_document().to_string().contains("\\u0000"));
    let Body::Failure(failure) = reread(&model).body else { panic!("it was a failure") };
    assert_eq!(failure.log_tail, ["a\u{fffd}b"]);
}

proptest! {
    #[test]
    fn figures_are_exact(values in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO, 1..8),
                         label in ".{0,20}", nanos in 0..u64::MAX) {
        let mut model = placeless(regression());
        let mut series = latency(&label.replace('\0', ""), Verdict::Regression, Some(1.0), None);
        series.change = Some(values[0]);
        series.candidate = crate::domain::comparison::SideSummary::of(values.clone());
        comparison(&mut model).series = vec![series];
        model.elapsed = Some(Duration::from_nanos(nanos));
        prop_assert_eq!(&reread(&model), &model);
        let mut run = stored();
        for (measurement, value) in run.rounds[0].measurements.iter_mut().zip(&values) {
            measurement.value = *value;
        }
        let model = ReportModel { body: Body::Master(run), ..placeless(master()) };
        prop_assert_eq!(&reread(&model), &model);
    }
}
