//! Pairs of rounds of two runs.

use crate::compare::{Paired, compare_pairs};
use crate::domain::comparison::{Evidence, Sides};
use crate::domain::limit::{Limit, Unit};
use crate::domain::query::Query;
use crate::domain::recorded::Looks;
use crate::domain::run::{MeasurementHash, RunState, StoredRun};
use crate::domain::series::{Bucket, Definition, SeriesKey};
use crate::domain::verdict::Verdict;

use super::fixture::{TODAY, key, measure, query, relative, run, run_with};

fn looks() -> Looks {
    Looks { at: vec![8, 12], error: 0.05, seed: 1 }
}

fn scattered(level: f64, rounds: usize) -> Vec<f64> {
    [1.01, 0.985, 1.0, 1.02, 0.99, 1.005, 0.98, 1.015, 0.995, 1.0, 1.01, 0.99]
        .iter()
        .cycle()
        .take(rounds)
        .map(|scatter| level * scatter)
        .collect()
}

/// A candidate that is worse by this factor, in the same pairs and a scatter of its own.
fn sides(factor: f64, rounds: usize) -> (StoredRun, StoredRun) {
    let mut after = scattered(factor, rounds);
    after.rotate_left(1.min(rounds));
    (run_with(&key("x", "/"), &scattered(1.0, rounds)), run_with(&key("x", "/"), &after))
}

fn compared(baseline: &StoredRun, candidate: &StoredRun, queries: &[Query]) -> Paired {
    compare_pairs(Sides { baseline: Some(baseline), candidate, queries, today: TODAY }, &looks())
}

fn tenth() -> Query {
    query("x", Some(relative(0.1)))
}

#[test]
fn rounds_of_the_same_number_are_pairs_and_the_first_look_decides_what_is_clear() {
    for (factor, expected) in [(1.2, Verdict::Regression), (1.0, Verdict::Unchanged), (0.8, Verdict::Improvement)] {
        let (baseline, candidate) = sides(factor, 8);
        let Paired { comparison, is_decided } = compared(&baseline, &candidate, &[tenth()]);
        let series = &comparison.series[0];
        assert_eq!((comparison.verdict, series.verdict, is_decided), (expected, expected, true), "{factor}");
        assert_eq!(series.evidence, Evidence::Paired);
        let estimate = series.estimate.as_ref().unwrap();
        assert!((estimate.effect - (factor - 1.0)).abs() < 0.02, "{estimate:?}");
        let pairs = comparison.pairs.unwrap();
        assert_eq!((pairs.valid, pairs.measured, pairs.looks, pairs.arrangement), (8, 8, vec![8], None));
        assert!(comparison.method.starts_with("pairs of rounds"));
    }
}

#[test]
fn runs_under_way_are_no_fault_and_not_decided() {
    let (mut baseline, mut candidate) = sides(1.0, 5);
    for run in [&mut baseline, &mut candidate] {
        run.summary.state = RunState::Partial;
        run.summary.rounds = (5, 12);
    }
    let Paired { comparison, is_decided } = compared(&baseline, &candidate, &[tenth()]);
    assert!(!is_decided);
    assert_eq!(comparison.series[0].verdict, Verdict::Inconclusive);
    assert!(comparison.series[0].reason.as_deref().unwrap().contains("under way"));
    assert!(!comparison.notes.iter().any(|note| note.contains("planned rounds")), "{:?}", comparison.notes);
    let none = compared(&run(0), &run(0), &[tenth()]);
    assert_eq!((none.is_decided, none.comparison.verdict), (false, Verdict::Invalid));
}

#[test]
fn a_pair_counts_where_both_of_its_rounds_are_valid() {
    let (mut baseline, mut candidate) = sides(1.2, 12);
    baseline.rounds[2].invalid = Some("restarted".to_owned());
    candidate.rounds[5].invalid = Some("generator too slow".to_owned());
    candidate.rounds[5].measurements[0].value = 1e6;
    candidate.rounds.pop();
    let Paired { comparison, .. } = compared(&baseline, &candidate, &[tenth()]);
    let pairs = comparison.pairs.unwrap();
    assert_eq!((pairs.valid, pairs.measured, pairs.looks), (9, 11, vec![8]));
    assert_eq!(comparison.series[0].estimate.as_ref().unwrap().pairs, 8);
    assert!(comparison.notes.contains(&"candidate: round 6 is left out: generator too slow".to_owned()));
}

#[test]
fn too_many_invalid_rounds_decide_only_at_the_end() {
    let broken = |rounds: usize| {
        let (baseline, mut candidate) = sides(1.2, rounds);
        candidate.rounds[..3].iter_mut().for_each(|round| round.invalid = Some("restarted".to_owned()));
        let paired = compared(&baseline, &candidate, &[tenth()]);
        (paired.comparison.verdict, paired.is_decided)
    };
    assert_eq!(broken(8), (Verdict::Invalid, false));
    assert_eq!(broken(12), (Verdict::Invalid, true));
}

#[test]
fn too_many_pairs_may_be_lost_though_neither_side_lost_too_many_rounds() {
    let (mut baseline, mut candidate) = sides(1.2, 12);
    for (run, rounds) in [(&mut baseline, 0..2), (&mut candidate, 2..4)] {
        run.rounds[rounds].iter_mut().for_each(|round| round.invalid = Some("restarted".to_owned()));
    }
    let Paired { comparison, is_decided } = compared(&baseline, &candidate, &[tenth()]);
    assert_eq!((comparison.verdict, is_decided), (Verdict::Invalid, true));
    let reason = comparison.series[0].reason.as_deref().unwrap();
    assert_eq!(reason, "only 8 of 12 pairs are valid on both sides");
}

#[test]
fn runs_that_came_about_differently_are_not_compared_however_many_pairs() {
    let (mut baseline, candidate) = sides(1.2, 8);
    baseline.summary.measurement_hash = MeasurementHash("beef".to_owned());
    let Paired { comparison, is_decided } = compared(&baseline, &candidate, &[tenth()]);
    assert_eq!((comparison.verdict, is_decided), (Verdict::Invalid, true));
    let reason = comparison.series[0].reason.as_deref();
    assert_eq!(reason, Some("measurement hash beef of the baseline, f00d of the candidate"));
    let alone =
        compare_pairs(Sides { baseline: None, candidate: &candidate, queries: &[tenth()], today: TODAY }, &looks());
    assert_eq!((alone.comparison.verdict, alone.is_decided), (Verdict::NoBaseline, true));
}

#[test]
fn what_needs_no_values_keeps_its_verdict() {
    let (mut baseline, mut candidate) = sides(1.2, 8);
    let all = vec![Some(1.0); 8];
    let (goes, comes) = (key("x", "/goes"), key("x", "/comes"));
    measure(&mut baseline, &goes, &all);
    measure(&mut candidate, &comes, &all);
    let edited = key("edited", "/");
    for run in [&mut baseline, &mut candidate] {
        measure(run, &edited, &all);
        measure(run, &key("x", "/half"), &[Some(1.0), None, None, None, None, None, Some(1.0), None]);
        measure(
            run,
            &key("x", "/most"),
            &[Some(1.0), Some(1.0), Some(1.0), Some(1.0), Some(1.0), None, Some(1.0), None],
        );
    }
    let of_edited = candidate.rounds.iter_mut().flat_map(|round| &mut round.measurements);
    of_edited.filter(|one| one.key == edited).for_each(|one| one.info.definition = Definition(2));
    let queries = [tenth(), query("edited", Some(relative(0.1))), query("silent", Some(relative(0.1)))];
    let comparison = compared(&baseline, &candidate, &queries).comparison;
    let verdict = |key: &SeriesKey| comparison.series.iter().find(|one| one.key == *key).unwrap().verdict;
    assert_eq!([verdict(&goes), verdict(&comes), verdict(&edited)], [Verdict::Gone, Verdict::New, Verdict::New]);
    assert_eq!([verdict(&key("x", "/half")), verdict(&key("x", "/most"))], [Verdict::NoData, Verdict::Invalid]);
    assert!(comparison.series.iter().any(|one| one.key.query == "silent" && one.verdict == Verdict::NoData));
    assert_eq!((verdict(&key("x", "/")), comparison.verdict), (Verdict::Regression, Verdict::Regression));
}

#[test]
fn coarse_buckets_are_no_part_of_the_family() {
    let (mut baseline, mut candidate) = sides(1.2, 8);
    for round in baseline.rounds.iter_mut().chain(&mut candidate.rounds) {
        round.measurements[0].bucket = Some(Bucket { lower: 0.5, upper: Some(5.0) });
    }
    let Paired { comparison, .. } = compared(&baseline, &candidate, &[tenth()]);
    assert_eq!((comparison.series[0].verdict, comparison.series[0].primary), (Verdict::Inconclusive, false));
    assert!(comparison.series[0].reason.as_deref().unwrap().starts_with("buckets too coarse"));
    assert_eq!(comparison.verdict, Verdict::NoData);
}

#[test]
fn shares_are_told_as_differences_and_judged_by_their_events() {
    let point = Query { unit: Unit::Ratio, ..query("x", Some(Limit { relative: None, absolute: Some(0.002) })) };
    let errors = |shares: [f64; 8]| {
        let mut run = run_with(&key("x", "/"), &shares);
        for measurement in run.rounds.iter_mut().flat_map(|round| &mut round.measurements) {
            measurement.total = Some(2000.0);
            measurement.info.unit = Unit::Ratio;
        }
        run
    };
    let (none, some) = (errors([0.0; 8]), errors([0.005, 0.004, 0.006, 0.005, 0.0055, 0.0045, 0.005, 0.005]));
    let comparison = compared(&none, &some, std::slice::from_ref(&point)).comparison;
    assert_eq!(comparison.verdict, Verdict::Regression);
    let estimate = comparison.series[0].estimate.as_ref().unwrap();
    assert!(!estimate.is_relative && (estimate.effect - 0.005).abs() < 1e-9, "{estimate:?}");
    let burst = errors([0.0, 0.0, 0.04, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(compared(&none, &burst, &[point]).comparison.verdict, Verdict::Inconclusive);
}
