//! What a query's terms make of a plain comparison: warnings, limits of improvements, muting, zeros.

use crate::domain::comparison::{SeriesComparison, Sides, Tier};
use crate::domain::limit::Limit;
use crate::domain::query::{Muted, Query};
use crate::domain::verdict::Verdict;

use super::super::compare;
use super::fixture::{TODAY, key, query, relative, run_with};

const QUARTER: Option<Limit> = Some(Limit { relative: Some(0.25), absolute: None });

/// The only series under a changed query, of values on both sides.
fn judged_under(baseline: &[f64], candidate: &[f64], query: Query) -> (SeriesComparison, Verdict) {
    let (baseline, candidate) = (run_with(&key("x", "/"), baseline), run_with(&key("x", "/"), candidate));
    let sides = Sides { baseline: Some(&baseline), candidate: &candidate, queries: &[query], today: TODAY };
    let mut comparison = compare(sides);
    (comparison.series.remove(0), comparison.verdict)
}

#[test]
fn the_limit_that_warns_tells_and_decides_nothing() {
    let warned = |candidate: &[f64]| {
        let query = Query { warn: Some(relative(0.1)), ..query("x", QUARTER) };
        let (series, whole) = judged_under(&[1.0, 1.0], candidate, query);
        (series.verdict, series.tier, whole)
    };
    assert_eq!(warned(&[1.2, 1.2]), (Verdict::Regression, Some(Tier::Warn), Verdict::Unchanged));
    assert_eq!(warned(&[1.3, 1.3]), (Verdict::Regression, Some(Tier::Fail), Verdict::Regression));
    assert_eq!(warned(&[1.2, 1.0, 1.2]), (Verdict::Unchanged, None, Verdict::Unchanged));
    assert_eq!(warned(&[1.05, 1.05]), (Verdict::Unchanged, None, Verdict::Unchanged));
}

#[test]
fn an_improvement_has_its_own_limit_where_it_is_given() {
    let improved =
        |improvement| judged_under(&[1.0, 1.0], &[0.85, 0.85], Query { improvement, ..query("x", QUARTER) }).1;
    assert_eq!(improved(None), Verdict::Unchanged);
    assert_eq!(improved(Some(relative(0.1))), Verdict::Improvement);
    assert_eq!(improved(Some(relative(0.2))), Verdict::Unchanged);
}

#[test]
fn what_is_muted_is_told_and_decides_nothing_until_its_day_is_over() {
    let muted = |until| {
        let muted = Some(Muted { reason: "known".to_owned(), until });
        let (series, whole) = judged_under(&[1.0, 1.0], &[2.0, 2.0], Query { muted, ..query("x", QUARTER) });
        (series.verdict, series.primary, series.muted.is_some(), whole)
    };
    assert_eq!(muted(TODAY), (Verdict::Regression, false, true, Verdict::NoData));
    let yesterday = TODAY.previous_day().unwrap();
    assert_eq!(muted(yesterday), (Verdict::Regression, true, false, Verdict::Regression));
}

#[test]
fn zero_may_be_declared_a_value_as_any_other() {
    let nullable = |baseline: &[f64], candidate: &[f64]| {
        judged_under(baseline, candidate, Query { nullable: true, ..query("x", QUARTER) }).1
    };
    assert_eq!(nullable(&[0.0, 0.0], &[0.1, 0.1]), Verdict::Regression);
    assert_eq!(nullable(&[0.1, 0.1], &[0.0, 0.0]), Verdict::Improvement);
}
