//! Pairs of the recorded procedure that lack a value, or have one that is none.

use crate::compare::judge_recorded;
use crate::domain::recorded::{RecordedPair, RecordedSeries};
use crate::domain::verdict::Verdict;

use super::recorded::{around, looks, one, reason_of, series};

#[test]
fn from_zero_there_is_no_ratio_unless_zero_is_a_value() {
    let mut values = around(1.0, 10);
    values[6].0 = 0.0;
    let found = one(series("x", &values), &[10]);
    assert_eq!(found.verdict, Verdict::Invalid);
    assert!(reason_of(&found).starts_with("pair 7: 0 of the baseline"), "{found:?}");
    let nullable = RecordedSeries { nullable: true, ..series("x", &values) };
    let found = one(nullable, &[10]);
    assert!(!found.estimate.as_ref().unwrap().is_relative);
    assert_ne!(found.verdict, Verdict::Invalid);
}

#[test]
fn what_is_no_measurement_is_named() {
    for (broken, expected) in
        [(-1.0, "pair 3: -1 of the candidate is negative"), (f64::INFINITY, "pair 3: inf of the candidate")]
    {
        let mut values = around(1.0, 10);
        values[2].1 = broken;
        let found = one(series("x", &values), &[10]);
        assert_eq!(found.verdict, Verdict::Invalid);
        assert!(reason_of(&found).starts_with(expected), "{found:?}");
    }
}

#[test]
fn what_is_declared_to_be_a_value_excuses_nothing_else() {
    let mut values = around(1.0, 10);
    (values[1].0, values[6].1) = (0.0, -5.0);
    let nullable = |values: &[(f64, f64)]| one(RecordedSeries { nullable: true, ..series("x", values) }, &[10]);
    let found = nullable(&values);
    assert_eq!(found.verdict, Verdict::Invalid);
    assert!(reason_of(&found).starts_with("pair 7: -5 of the candidate is negative"), "{found:?}");
    values.reverse();
    assert_eq!(nullable(&values).verdict, Verdict::Invalid, "in any order");
}

#[test]
fn one_pair_in_five_may_lack_a_value() {
    let lacking = |missing: usize| {
        let mut one = series("x", &around(1.1, 10));
        one.pairs[..missing].iter_mut().for_each(|pair| pair.candidate = Some(f64::NAN));
        one
    };
    let found = one(lacking(2), &[10]);
    assert_eq!((found.verdict, found.estimate.unwrap().pairs), (Verdict::Regression, 8));
    let found = one(lacking(3), &[10]);
    assert_eq!((found.verdict, reason_of(&found)), (Verdict::Invalid, "3 of 10 pairs lack a value of a side"));
}

#[test]
fn series_come_and_go() {
    let without = |side: fn(&mut RecordedPair)| {
        let mut one = series("x", &around(1.0, 10));
        one.pairs.iter_mut().for_each(side);
        judge_recorded(&[one], &looks(&[10])).series.remove(0).verdict
    };
    assert_eq!(without(|pair| pair.candidate = None), Verdict::Gone);
    assert_eq!(without(|pair| pair.baseline = None), Verdict::New);
    assert_eq!(without(|pair| *pair = RecordedPair::default()), Verdict::NoData);
}

#[test]
fn a_series_that_begins_late_is_judged_by_the_pairs_that_have_it() {
    let mut late = series("x", &around(1.0, 60));
    late.pairs[..10].iter_mut().for_each(|pair| *pair = RecordedPair::default());
    let found = judge_recorded(&[late], &looks(&[10, 60])).series.remove(0);
    assert_eq!((found.verdict, found.estimate.unwrap().pairs), (Verdict::Unchanged, 50));
}
