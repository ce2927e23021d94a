//! Case by case.

use crate::domain::comparison::Sides;
use crate::domain::limit::Limit;
use crate::domain::query::Query;
use crate::domain::run::{MeasurementHash, RunState};
use crate::domain::series::{Bucket, Definition, SeriesKey};
use crate::domain::verdict::{Outcome, Verdict};

use super::super::{compare, judge_master};
use super::fixture::{TODAY, compared, judged, key, measure, miss, query, relative, run, run_with};

const QUARTER: Option<Limit> = Some(Limit { relative: Some(0.25), absolute: None });

#[test]
fn beyond_the_limit_and_separated_is_a_claim() {
    let worse = judged(&[1.0, 1.1, 1.0], &[2.0, 2.1, 1.9], QUARTER);
    assert_eq!((worse.verdict, worse.reason), (Verdict::Regression, None));
    assert_eq!(worse.change, Some(1.0));
    assert_eq!(judged(&[2.0, 2.1], &[1.0, 1.1], QUARTER).verdict, Verdict::Improvement);
}

#[test]
fn overlapping_rounds_hide_a_change() {
    let series = judged(&[1.0, 1.1, 2.0], &[1.9, 2.0, 2.1], QUARTER);
    assert_eq!(series.verdict, Verdict::Inconclusive);
    assert!(series.reason.unwrap().contains("overlap"));
    // Rounds that touch are not separated.
    assert_eq!(judged(&[1.0, 1.0, 2.0], &[2.0, 2.0, 2.0], QUARTER).verdict, Verdict::Inconclusive);
    // What may be better is not worse.
    let better = judged(&[1.9, 2.0, 2.1], &[1.0, 1.1, 2.0], QUARTER);
    assert_eq!(better.verdict, Verdict::Unchanged);
    assert!(better.reason.unwrap().contains("better beyond the limit"));
}

#[test]
fn one_round_claims_nothing() {
    for (baseline, candidate) in [(&[1.0][..], &[2.0, 2.0][..]), (&[1.0, 1.0], &[2.0])] {
        let series = judged(baseline, candidate, QUARTER);
        assert_eq!(series.verdict, Verdict::Inconclusive);
        assert!(series.reason.unwrap().contains("1 round on a side"));
    }
    assert_eq!(judged(&[1.0], &[1.1], QUARTER).verdict, Verdict::Unchanged);
}

#[test]
fn zeros() {
    assert_eq!(judged(&[0.0, 0.0], &[0.0, 0.0], QUARTER).verdict, Verdict::Unchanged);
    let undefined = judged(&[0.0, 0.0], &[0.1, 0.1], QUARTER);
    assert_eq!((undefined.verdict, undefined.change), (Verdict::Invalid, None));
    assert!(undefined.reason.unwrap().contains("absolute part"));
    let both = Some(Limit { relative: Some(0.25), absolute: Some(0.05) });
    assert_eq!(judged(&[0.0, 0.0], &[0.1, 0.1], both).verdict, Verdict::Regression);
    assert_eq!(judged(&[0.0, 0.0], &[0.04, 0.04], both).verdict, Verdict::Unchanged);
}

#[test]
fn a_limit_of_nothing_still_needs_a_change() {
    assert_eq!(judged(&[1.0, 1.0], &[1.0, 1.0], Some(relative(0.0))).verdict, Verdict::Unchanged);
    assert_eq!(judged(&[1.0, 1.0], &[1.1, 1.1], Some(relative(0.0))).verdict, Verdict::Regression);
}

#[test]
fn without_a_limit_nothing_is_claimed_and_nothing_passes() {
    let key = key("x", "/");
    let comparison = compared(&run_with(&key, &[1.0, 1.0]), &run_with(&key, &[9.0, 9.0]), None);
    let series = &comparison.series[0];
    assert_eq!((series.verdict, series.primary), (Verdict::Inconclusive, false));
    assert!(series.reason.as_ref().unwrap().contains("no limit"));
    assert_eq!(comparison.verdict, Verdict::NoData);
    assert!(comparison.notes[1].contains("no primary series"), "{:?}", comparison.notes);
}

#[test]
fn the_limit_of_a_quantile_is_its_own() {
    let mut with_q = key("x", "/");
    with_q.labels.insert("q".to_owned(), "0.99".to_owned());
    let mut query = query("x", QUARTER);
    query.quantile_limits.push((0.99, relative(2.0)));
    let (baseline, candidate) = (run_with(&with_q, &[1.0, 1.0]), run_with(&with_q, &[2.0, 2.0]));
    let comparison =
        compare(Sides { baseline: Some(&baseline), candidate: &candidate, queries: &[query], today: TODAY });
    assert_eq!(comparison.verdict, Verdict::Unchanged);
    assert_eq!(comparison.series[0].limit, Some(relative(2.0)));
}

#[test]
fn no_baseline_says_so_for_every_series() {
    let candidate = run_with(&key("x", "/"), &[1.0, 1.0]);
    let comparison =
        compare(Sides { baseline: None, candidate: &candidate, queries: &[query("x", QUARTER)], today: TODAY });
    assert_eq!((comparison.verdict, comparison.series[0].verdict), (Verdict::NoBaseline, Verdict::NoBaseline));
    assert_eq!(comparison.series[0].candidate.as_ref().unwrap().median, 1.0);
}

#[test]
fn a_silent_query_is_one_row_without_data() {
    let mut baseline = run_with(&key("x", "/a"), &[1.0, 1.0]);
    measure(&mut baseline, &key("x", "/b"), &[Some(1.0), Some(1.0)]);
    let mut candidate = run(2);
    miss(&mut candidate, "x", "empty answer");
    let comparison = compared(&baseline, &candidate, QUARTER);
    assert_eq!(comparison.series.len(), 1);
    let row = &comparison.series[0];
    assert_eq!((row.verdict, row.primary, row.reason.as_deref()), (Verdict::NoData, true, Some("empty answer")));
    assert_eq!(row.key, SeriesKey { query: "x".to_owned(), labels: Default::default(), stage: 0 });
    assert_eq!(comparison.verdict, Verdict::NoData);
}

#[test]
fn a_query_is_silent_stage_by_stage() {
    let (first, mut second) = (key("x", "/"), key("x", "/"));
    second.stage = 1;
    let mut baseline = run_with(&first, &[1.0, 1.0]);
    measure(&mut baseline, &second, &[Some(1.0), Some(1.0)]);
    let comparison = compared(&baseline, &run_with(&first, &[1.0, 1.0]), QUARTER);
    let said: Vec<_> = comparison.series.iter().map(|one| (one.key.stage, one.verdict)).collect();
    assert_eq!(said, [(1, Verdict::NoData), (0, Verdict::Unchanged)]);
}

#[test]
fn series_come_and_go() {
    let (stays, goes, comes) = (key("x", "/stays"), key("x", "/goes"), key("x", "/comes"));
    let (mut baseline, mut candidate) = (run_with(&stays, &[1.0, 1.0]), run_with(&stays, &[1.0, 1.0]));
    measure(&mut baseline, &goes, &[Some(1.0), Some(1.0)]);
    measure(&mut candidate, &comes, &[Some(1.0), Some(1.0)]);
    let comparison = compared(&baseline, &candidate, QUARTER);
    let said: Vec<_> = comparison.series.iter().map(|one| (&one.key, one.verdict)).collect();
    assert_eq!(said, [(&goes, Verdict::Gone), (&comes, Verdict::New), (&stays, Verdict::Unchanged)]);
    assert_eq!(comparison.verdict, Verdict::New, "what may go does so like what comes");
    let required = Query { required: true, ..query("x", QUARTER) };
    let sides = Sides { baseline: Some(&baseline), candidate: &candidate, queries: &[required], today: TODAY };
    assert_eq!(compare(sides).verdict, Verdict::Gone);
}

#[test]
fn a_query_that_the_baseline_was_not_asked_is_new() {
    let (old, fresh) = (key("x", "/"), key("y", "/"));
    let mut candidate = run_with(&old, &[1.0, 1.0]);
    measure(&mut candidate, &fresh, &[Some(1.0), Some(1.0)]);
    let baseline = run_with(&old, &[1.0, 1.0]);
    let queries = [query("x", QUARTER), query("y", QUARTER)];
    let comparison =
        compare(Sides { baseline: Some(&baseline), candidate: &candidate, queries: &queries, today: TODAY });
    assert_eq!(comparison.verdict, Verdict::New);
    assert_eq!(comparison.series[0].reason.as_deref(), Some("the baseline was not asked this query"));
}

#[test]
fn an_edited_query_is_new_and_leaves_the_others_alone() {
    let (edited, other) = (key("x", "/"), key("y", "/"));
    let mut baseline = run_with(&edited, &[1.0, 1.0]);
    measure(&mut baseline, &other, &[Some(1.0), Some(1.0)]);
    let mut candidate = baseline.clone();
    for measurement in candidate.rounds.iter_mut().flat_map(|round| &mut round.measurements) {
        if measurement.key == edited {
            measurement.info.definition = Definition(2);
            measurement.value = 9.0;
        }
    }
    let queries = [query("x", Some(relative(0.1))), query("y", Some(relative(0.1)))];
    let comparison =
        compare(Sides { baseline: Some(&baseline), candidate: &candidate, queries: &queries, today: TODAY });
    let verdicts: Vec<_> = comparison.series.iter().map(|one| (one.key.query.as_str(), one.verdict)).collect();
    assert_eq!(verdicts, [("x", Verdict::New), ("y", Verdict::Unchanged)]);
    assert_eq!(comparison.series[0].baseline, None);
    assert!(comparison.series[0].reason.as_deref().unwrap().contains("edited"));
}

#[test]
fn only_new_series_are_no_comparison() {
    let mut baseline = run(2);
    miss(&mut baseline, "x", "empty answer");
    let comparison = compared(&baseline, &run_with(&key("x", "/"), &[1.0, 1.0]), QUARTER);
    assert_eq!(comparison.series[0].verdict, Verdict::New);
    assert_eq!(comparison.series[0].reason.as_deref(), Some("the baseline has no data: empty answer"));
    assert_eq!(comparison.verdict, Verdict::NoBaseline);
}

#[test]
fn invalid_rounds_are_left_out_and_named() {
    let key = key("x", "/");
    let mut candidate = run_with(&key, &[1.0, 9.0, 1.0, 1.0, 1.0]);
    candidate.rounds[1].invalid = Some("generator too slow".to_owned());
    let baseline = run_with(&key, &[1.0, 1.0, 1.0]);
    let comparison = compared(&baseline, &candidate, QUARTER);
    assert_eq!(comparison.verdict, Verdict::Unchanged);
    assert_eq!(comparison.series[0].candidate.as_ref().unwrap().values, [1.0; 4]);
    assert_eq!(comparison.load.len(), 4);
    assert!(comparison.notes.contains(&"candidate: round 2 is left out: generator too slow".to_owned()));

    candidate.rounds[3].invalid = Some("restarted".to_owned());
    let comparison = compared(&baseline, &candidate, QUARTER);
    assert_eq!(comparison.verdict, Verdict::Invalid);
    let reason = comparison.series[0].reason.as_deref();
    assert_eq!(reason, Some("only 3 of 5 rounds of the candidate are valid: generator too slow"));
}

#[test]
fn rounds_that_were_run_again_and_what_is_noted_of_them_are_told() {
    let key = key("x", "/");
    let mut baseline = run_with(&key, &[1.0, 1.0]);
    baseline.rounds[1].rejected = vec!["a restart".to_owned()];
    baseline.rounds[0].notes = vec!["throttled".to_owned()];
    let comparison = compared(&baseline, &run_with(&key, &[1.0, 1.0]), QUARTER);
    assert_eq!(comparison.verdict, Verdict::Unchanged);
    let expected = ["baseline: round 1: throttled", "baseline: round 2 was run again: a restart"];
    assert_eq!(comparison.notes[comparison.notes.len() - 2..], expected);
}

#[test]
fn too_coarse_a_bucket_takes_the_decision_from_a_series() {
    let (coarse, fine) = (Bucket { lower: 0.005, upper: Some(0.01) }, Bucket { lower: 0.0095, upper: Some(0.01) });
    let judged = |bucket| {
        let run = |value| {
            let mut run = run_with(&key("x", "/"), &[value, value]);
            run.rounds.iter_mut().for_each(|round| round.measurements[0].bucket = Some(bucket));
            run
        };
        compared(&run(0.006), &run(0.0099), Some(relative(0.05)))
    };
    let fine = judged(fine);
    assert_eq!((fine.verdict, fine.series[0].primary), (Verdict::Regression, true));
    let coarse = judged(coarse);
    assert_eq!((coarse.series[0].verdict, coarse.series[0].primary), (Verdict::Inconclusive, false));
    let reason = coarse.series[0].reason.as_ref().unwrap();
    assert!(reason.starts_with("buckets too coarse: it lies between 5 ms and 10 ms, which tells nothing of +5%;"));
    assert_eq!(coarse.verdict, Verdict::NoData, "nothing else decides");
}

#[test]
fn a_run_with_an_invalid_round_is_no_master_set() {
    let mut run = run_with(&key("x", "/"), &[1.0, 1.0]);
    let queries = [query("x", QUARTER)];
    assert_eq!(judge_master(&run, &queries, TODAY), Outcome::Measured);
    run.rounds[1].invalid = Some("restarted".to_owned());
    assert_eq!(judge_master(&run, &queries, TODAY), Outcome::Verdict(Verdict::Invalid));
}

#[test]
fn without_a_valid_round_all_is_invalid() {
    let key = key("x", "/");
    let (mut broken, whole) = (run_with(&key, &[1.0]), run_with(&key, &[1.0]));
    broken.rounds[0].invalid = Some("restarted".to_owned());
    for (baseline, candidate) in [(&broken, &whole), (&whole, &broken)] {
        let comparison = compared(baseline, candidate, QUARTER);
        assert_eq!(comparison.verdict, Verdict::Invalid);
        let reason = comparison.series[0].reason.as_ref().unwrap();
        assert!(reason.contains("no valid round: restarted"), "{reason}");
    }
    assert_eq!(compared(&whole, &run(0), QUARTER).verdict, Verdict::Invalid);
}

#[test]
fn runs_that_came_about_differently_are_not_compared() {
    let key = key("x", "/");
    let same = run_with(&key, &[1.0, 1.0]);
    let mut other = same.clone();
    other.summary.measurement_hash = MeasurementHash("beef".to_owned());
    let comparison = compared(&other, &same, QUARTER);
    assert_eq!(comparison.verdict, Verdict::Invalid);
    let reason = comparison.series[0].reason.as_ref().unwrap();
    assert!(reason.contains("beef") && reason.contains("f00d"), "{reason}");

    for state in [RunState::Partial, RunState::Invalidated] {
        let mut half = same.clone();
        half.summary.state = state;
        assert_eq!(compared(&half, &same, QUARTER).verdict, Verdict::Invalid, "{state}");
    }
}

#[test]
fn gaps_are_bridged_up_to_half() {
    let key = key("x", "/");
    let baseline = run_with(&key, &[1.0, 1.0, 1.0, 1.0]);
    let with = |values: &[Option<f64>]| {
        let mut candidate = run(4);
        measure(&mut candidate, &key, values);
        compared(&baseline, &candidate, QUARTER).series.remove(0)
    };
    let half = with(&[Some(2.0), None, None, Some(2.0)]);
    assert_eq!(half.verdict, Verdict::Regression);
    assert_eq!(half.reason.as_deref(), Some("in 2 of 4 rounds of the candidate"));
    let less = with(&[Some(2.0), None, None, None]);
    assert_eq!(less.verdict, Verdict::NoData);
    assert_eq!(less.reason.as_deref(), Some("in 1 of 4 rounds of the candidate"));
}

#[test]
fn the_worst_comes_first_then_the_furthest_beyond_its_limit() {
    let keys = ["/a", "/b", "/c", "/d"].map(|endpoint| key("x", endpoint));
    let (mut baseline, mut candidate) = (run(2), run(2));
    for (key, after) in keys.iter().zip([1.0, 2.0, 3.0, 0.1]) {
        measure(&mut baseline, key, &[Some(1.0), Some(1.0)]);
        measure(&mut candidate, key, &[Some(after), Some(after)]);
    }
    let comparison = compared(&baseline, &candidate, QUARTER);
    let order: Vec<_> = comparison.series.iter().map(|one| one.key.clone()).collect();
    assert_eq!(order, [2, 1, 3, 0].map(|index: usize| keys[index].clone()));
}

#[test]
fn load_that_was_not_held_is_noted() {
    let key = key("x", "/");
    let (baseline, mut candidate) = (run_with(&key, &[1.0, 1.0]), run_with(&key, &[1.0, 1.0]));
    candidate.summary.rounds = (2, 3);
    candidate.summary.revision = "89abcdef0123456789abcdef0123456789abcdef".parse().unwrap();
    candidate.rounds[0].load[0].achieved_rate = 197.0;
    candidate.rounds[1].load[0].achieved_rate = 150.0;
    candidate.rounds[1].load[0].failed = 40;
    let notes = compared(&baseline, &candidate, QUARTER).notes;
    let expected = [
        "candidate: 2 of 3 planned rounds were measured",
        "candidate: load not held: 150.0 of 200 requests/s in round 2, stage 1",
        "candidate: 40 of 4000 requests failed (1.00%)",
    ];
    assert_eq!(notes, expected);
}
