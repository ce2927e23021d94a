//! Whether a stored master set does for the queries that are in force.

use crate::domain::query::{Muted, Query};
use crate::domain::run::StoredRun;
use crate::domain::series::{Definition, SeriesInfo};
use crate::domain::verdict::{Outcome, Verdict};

use super::super::{judge_master, was_asked};
use super::fixture::{LATENCY, TODAY, key, miss, query, relative, run_with};

fn asked(run: &StoredRun, queries: &[Query]) -> bool {
    was_asked(run, queries, |query| SeriesInfo { unit: query.unit, direction: query.direction, ..LATENCY })
}

#[test]
fn a_run_that_was_asked_other_queries_does_not_do() {
    let mut run = run_with(&key("x", "/"), &[1.0, 2.0]);
    assert!(asked(&run, &[query("x", None)]));
    assert!(asked(&run, &[]));
    assert!(!asked(&run, &[query("x", None), query("y", None)]));
    miss(&mut run, "y", "empty answer");
    assert!(asked(&run, &[query("x", None), query("y", None)]));
    run.rounds[1].missing.clear();
    assert!(!asked(&run, &[query("x", None), query("y", None)]));
    run.rounds[1].invalid = Some("the generator fell behind".to_owned());
    assert!(asked(&run, &[query("x", None), query("y", None)]));
}

#[test]
fn a_silent_query_fails_a_master_set_unless_it_is_muted() {
    let run = run_with(&key("x", "/"), &[1.0, 2.0]);
    let judged = |muted: Option<Muted>| {
        let silent = Query { muted, ..query("silent", Some(relative(0.1))) };
        judge_master(&run, &[query("x", Some(relative(0.1))), silent], TODAY)
    };
    let until = |until| Some(Muted { reason: "its exporter is gone".to_owned(), until });
    assert_eq!(judged(None), Outcome::Verdict(Verdict::NoData));
    assert_eq!(judged(until(TODAY)), Outcome::Measured);
    assert_eq!(judged(until(TODAY.previous_day().unwrap())), Outcome::Verdict(Verdict::NoData));
}

#[test]
fn an_edited_query_was_not_asked() {
    let run = run_with(&key("x", "/"), &[1.0]);
    assert!(!was_asked(&run, &[query("x", None)], |_| SeriesInfo { definition: Definition(7), ..LATENCY }));
}

#[test]
fn every_quantile_was_asked() {
    let mut of_median = key("x", "/");
    of_median.labels.insert("q".to_owned(), "0.5".to_owned());
    let run = run_with(&of_median, &[1.0]);
    let with = |quantiles: &[f64]| Query { quantiles: quantiles.to_vec(), ..query("x", None) };
    assert!(asked(&run, &[with(&[0.5])]));
    assert!(!asked(&run, &[with(&[0.5, 0.99])]));
}
