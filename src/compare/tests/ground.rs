//! Runs whose numbers came about differently: they are not compared, and both sides are told.

use crate::compare::{compare, compare_pairs};
use crate::domain::comparison::{Comparison, Sides};
use crate::domain::machine::MachineClass;
use crate::domain::procedure::Arrangement;
use crate::domain::recorded::Looks;
use crate::domain::run::{MeasurementHash, StoredRun};
use crate::domain::verdict::Verdict;

use super::fixture::{TODAY, key, query, relative, run_with};

/// Eight rounds that are the same in every run.
fn same() -> StoredRun {
    run_with(&key("x", "/"), &[1.0; 8])
}

fn twin(arrangement: Arrangement) -> StoredRun {
    let mut run = same();
    (run.summary.paired, run.summary.arrangement) = (true, Some(arrangement));
    run
}

/// As stored sets, and in pairs.
fn compared(baseline: &StoredRun, candidate: &StoredRun) -> [Comparison; 2] {
    let queries = [query("x", Some(relative(0.1)))];
    let sides = Sides { baseline: Some(baseline), candidate, queries: &queries, today: TODAY };
    let looks = Looks { at: vec![8], error: 0.05, seed: 1 };
    [compare(sides), compare_pairs(sides, &looks).comparison]
}

#[track_caller]
fn assert_refused(comparison: &Comparison, reason: &str) {
    let series = &comparison.series[0];
    assert_eq!((comparison.verdict, series.verdict), (Verdict::Invalid, Verdict::Invalid));
    assert_eq!(series.reason.as_deref(), Some(reason));
}

#[test]
fn what_came_about_alike_is_compared() {
    assert!(compared(&same(), &same()).iter().all(|comparison| comparison.verdict == Verdict::Unchanged));
}

#[test]
fn runs_of_other_stacks_or_loads_are_refused_with_both_hashes() {
    let mut other = same();
    other.summary.measurement_hash = MeasurementHash("beef".to_owned());
    for comparison in compared(&other, &same()) {
        assert_refused(&comparison, "measurement hash beef of the baseline, f00d of the candidate");
    }
}

#[test]
fn runs_of_other_machines_are_refused_with_both_classes() {
    let mut other = same();
    other.summary.class = MachineClass("there".to_owned());
    for comparison in compared(&other, &same()) {
        assert_refused(&comparison, "machine class `there` of the baseline, `here` of the candidate");
    }
    for comparison in compared(&same(), &other) {
        assert_refused(&comparison, "machine class `here` of the baseline, `there` of the candidate");
    }
}

#[test]
fn a_twin_compares_with_its_own_twin_and_nothing_else() {
    let one_of_twins = twin(Arrangement::Twins);
    let refused = |arm: &str| {
        format!(
            "the {arm}'s run was measured as one of twins: its windows span the time of both, and only those two \
             compare, the baseline's first"
        )
    };
    for (baseline, candidate, arm) in [
        (&one_of_twins, &same(), "baseline"),
        (&same(), &one_of_twins, "candidate"),
        // Each has another twin.
        (&one_of_twins, &one_of_twins, "baseline"),
    ] {
        let [stored, _] = compared(baseline, candidate);
        assert_refused(&stored, &refused(arm));
    }
    let [_, paired] = compared(&one_of_twins, &one_of_twins);
    assert_eq!(paired.verdict, Verdict::Unchanged);
}

#[test]
fn what_was_measured_in_turn_compares_with_anything() {
    let in_turn = twin(Arrangement::Turns);
    for (baseline, candidate) in [(&in_turn, &same()), (&same(), &in_turn)] {
        assert_eq!(compared(baseline, candidate)[0].verdict, Verdict::Unchanged);
    }
}
