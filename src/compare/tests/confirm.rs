//! Confirmation by a second set of rounds, and candidates that the past passes.

use super::fixture::{LATENCY, TODAY, key, query, relative, run_with};
use crate::compare::{confirm, pass};
use crate::domain::comparison::{Comparison, Evidence, Sides};
use crate::domain::history::{PastMedian, PastRun};
use crate::domain::ids::RunId;
use crate::domain::verdict::Verdict;

const BASELINE: [f64; 3] = [1.0, 1.01, 0.99];

/// A candidate whose first three rounds were confirmed by as many.
fn confirmed(candidate: [f64; 6]) -> Comparison {
    let key = key("x", "/");
    let (baseline, candidate) = (run_with(&key, &BASELINE), run_with(&key, &candidate));
    let queries = [query("x", Some(relative(0.1)))];
    confirm(Sides { baseline: Some(&baseline), candidate: &candidate, queries: &queries, today: TODAY }, 3)
}

#[test]
fn a_regression_stands_where_both_sets_of_rounds_show_it() {
    let comparison = confirmed([1.3, 1.31, 1.29, 1.32, 1.3, 1.28]);
    assert_eq!((comparison.verdict, comparison.series[0].verdict), (Verdict::Regression, Verdict::Regression));
    assert_eq!(comparison.series[0].candidate.as_ref().unwrap().values.len(), 6);
    assert!(comparison.method.ends_with("was measured a second time, and counts where both times agree"));
}

#[test]
fn one_that_is_not_confirmed_is_no_alert() {
    let once = confirmed([1.3, 1.31, 1.29, 1.0, 1.02, 0.98]);
    assert_ne!(once.verdict, Verdict::Regression);
    // All six are worse, and the second three by less than the limit.
    let less = confirmed([1.3, 1.31, 1.29, 1.05, 1.06, 1.3]);
    assert_eq!((less.verdict, less.series[0].verdict), (Verdict::Inconclusive, Verdict::Inconclusive));
    let reason = less.series[0].reason.as_deref().unwrap();
    assert_eq!(reason, "a regression in the first set of rounds, which the second does not confirm");
}

fn past(medians: &[f64]) -> Vec<PastRun> {
    let median = |median: &f64| PastMedian { key: key("x", "/"), info: LATENCY, median: *median };
    let revision = || "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
    let run = |one| PastRun { run: RunId::random(), revision: revision(), medians: vec![median(one)] };
    medians.iter().map(run).collect()
}

#[test]
fn what_the_past_passes_is_unchanged_and_labelled_so() {
    let past = past(&[1.0, 1.2, 0.9, 1.1, 1.3, 0.8, 1.0, 1.1, 0.9, 1.0]);
    let candidate = run_with(&key("x", "/"), &[1.25, 1.25, 1.25]);
    let passed = pass(&candidate, &past, &[query("x", Some(relative(0.1)))], TODAY);
    let series = &passed.series[0];
    assert_eq!(
        (passed.verdict, series.verdict, series.evidence),
        (Verdict::Unchanged, Verdict::Unchanged, Evidence::History)
    );
    assert_eq!(series.reason, None);
    assert_eq!(series.baseline.as_ref().unwrap().values.len(), 10);
    assert!(passed.method.starts_with("history: ") && passed.method.ends_with("the last 10 master sets"));
    assert_eq!(passed.baseline.as_ref().unwrap().id, past[9].run);
}
