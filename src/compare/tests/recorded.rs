//! The paired procedure case by case.

use crate::compare::judge_recorded;
use crate::domain::comparison::Tier;
use crate::domain::limit::{Direction, Limit};
use crate::domain::recorded::{Finding, Looks, RecordedPair, RecordedSeries, Scale, SeriesFinding};
use crate::domain::verdict::Verdict;

use super::fixture::relative;

pub(super) fn looks(at: &[u16]) -> Looks {
    Looks { at: at.to_vec(), error: 0.05, seed: 1 }
}

fn pairs(values: &[(f64, f64)]) -> Vec<RecordedPair> {
    let pair = |(baseline, candidate): &(f64, f64)| RecordedPair {
        baseline: Some(*baseline),
        candidate: Some(*candidate),
        totals: None,
    };
    values.iter().map(pair).collect()
}

/// A primary series with a limit of 3 %, lower is better.
pub(super) fn series(name: &str, values: &[(f64, f64)]) -> RecordedSeries {
    RecordedSeries {
        name: name.to_owned(),
        direction: Direction::Lower,
        scale: Scale::Ratio,
        limit: Some(relative(0.03)),
        warn: None,
        improvement: None,
        primary: true,
        nullable: false,
        pairs: pairs(values),
    }
}

/// Pairs around 10 whose ratios scatter by some 2 % around this one, without drawing anything.
pub(super) fn around(ratio: f64, count: usize) -> Vec<(f64, f64)> {
    let scatter = [0.011, -0.017, 0.004, 0.021, -0.006, -0.012, 0.016, 0.001, -0.022, 0.008, -0.003];
    let level = [10.0, 10.3, 9.8, 10.1, 9.7];
    (0..count)
        .map(|pair| {
            let baseline = level[pair % level.len()];
            (baseline, baseline * ratio * (1.0 + scatter[pair % scatter.len()]))
        })
        .collect()
}

pub(super) fn one(series: RecordedSeries, at: &[u16]) -> SeriesFinding {
    judge_recorded(&[series], &looks(at)).series.remove(0)
}

fn verdict_of(values: &[(f64, f64)], at: &[u16]) -> Verdict {
    one(series("x", values), at).verdict
}

pub(super) fn reason_of(found: &SeriesFinding) -> &str {
    found.reason.as_deref().unwrap_or_default()
}

#[test]
fn a_change_beyond_the_limit_is_found_at_the_first_look_and_an_equal_one_excluded() {
    for (ratio, expected) in [(1.06, Verdict::Regression), (1.0, Verdict::Unchanged), (0.94, Verdict::Improvement)] {
        let finding = judge_recorded(&[series("x", &around(ratio, 32))], &looks(&[10, 16, 24, 32]));
        assert_eq!((finding.series[0].verdict, finding.is_decided), (expected, true));
        assert_eq!((finding.pairs, finding.looks), (10, vec![10]));
        let estimate = finding.series[0].estimate.clone().unwrap();
        assert!((estimate.effect - (ratio - 1.0)).abs() < 0.006, "{estimate:?}");
        assert!(estimate.lower.unwrap() < estimate.effect && estimate.effect < estimate.upper.unwrap());
        assert_eq!((estimate.is_relative, estimate.pairs), (true, 10));
        assert!((estimate.confidence - 0.965).abs() < 1e-12);
    }
}

#[test]
fn where_higher_is_better_a_fall_is_worse() {
    let of = |ratio| RecordedSeries { direction: Direction::Higher, ..series("x", &around(ratio, 10)) };
    assert_eq!(one(of(0.94), &[10]).verdict, Verdict::Regression);
    assert_eq!(one(of(1.06), &[10]).verdict, Verdict::Improvement);
    let estimate = one(of(0.94), &[10]).estimate.unwrap();
    assert!(estimate.lower.unwrap() < estimate.upper.unwrap() && estimate.upper.unwrap() < 0.0, "{estimate:?}");
}

#[test]
fn what_is_not_decided_goes_on_and_ends_as_inconclusive() {
    let at_the_limit = around(1.025, 24);
    let under_way = judge_recorded(&[series("x", &at_the_limit[..12])], &looks(&[10, 24]));
    assert!(!under_way.is_decided);
    assert_eq!((under_way.looks, under_way.pairs), (vec![10], 12));
    assert_eq!(under_way.series[0].verdict, Verdict::Inconclusive);
    assert!(reason_of(&under_way.series[0]).contains("under way"));
    let noisier = |(one, other): (f64, f64)| (one, one * (1.02 + 5.0 * (other / one - 1.0)));
    let wide: Vec<_> = around(1.0, 24).into_iter().map(noisier).collect();
    let last = judge_recorded(&[series("x", &wide)], &looks(&[10, 24]));
    assert_eq!((last.is_decided, last.looks), (true, vec![10, 24]));
    let estimate = last.series[0].estimate.clone().unwrap();
    assert_eq!(last.series[0].verdict, Verdict::Inconclusive, "{estimate:?}");
    assert!(estimate.pairs_needed.unwrap() > 24 && estimate.detectable.unwrap() > 0.03, "{estimate:?}");
    assert_eq!(last.series[0].reason, None, "the pairs that would decide it say so");
}

#[test]
fn a_verdict_is_that_of_the_look_at_which_it_was_decided() {
    let mut values = around(1.0, 10);
    values.extend(around(1.5, 22));
    let slow = series("slow to decide", &around(1.02, 32));
    let both = judge_recorded(&[series("x", &values), slow], &looks(&[10, 16, 24, 32]));
    assert!(both.pairs > 10, "{both:?}");
    assert_eq!((both.series[0].verdict, both.series[0].estimate.as_ref().unwrap().pairs), (Verdict::Unchanged, 10));
}

#[test]
fn a_regression_ends_it_and_says_so_to_the_others() {
    let finding = judge_recorded(
        &[series("open", &around(1.025, 32)), series("bad", &around(1.2, 32)), series("same", &around(1.0, 32))],
        &looks(&[10, 16, 24, 32]),
    );
    assert_eq!((finding.pairs, finding.is_decided), (10, true));
    assert_eq!(finding.series[0].verdict, Verdict::Inconclusive);
    assert!(reason_of(&finding.series[0]).contains("ended early, as bad is worse"), "{finding:?}");
    assert_eq!([finding.series[1].verdict, finding.series[2].verdict], [Verdict::Regression, Verdict::Unchanged]);
}

#[test]
fn both_parts_of_a_limit_must_be_passed() {
    let with = |absolute| RecordedSeries {
        limit: Some(Limit { relative: Some(0.03), absolute: Some(absolute) }),
        ..series("x", &around(1.06, 10))
    };
    assert_eq!(one(with(0.2), &[10]).verdict, Verdict::Regression);
    assert_eq!(one(with(2.0), &[10]).verdict, Verdict::Unchanged);
}

#[test]
fn the_limit_that_warns_decides_nothing() {
    let warned = |ratio| {
        let limits = RecordedSeries {
            limit: Some(relative(0.2)),
            warn: Some(relative(0.03)),
            ..series("x", &around(ratio, 32))
        };
        judge_recorded(&[limits, series("other", &around(1.0, 32))], &looks(&[10, 32]))
    };
    let finding = warned(1.06);
    assert_eq!((finding.series[0].verdict, finding.series[0].tier), (Verdict::Regression, Some(Tier::Warn)));
    assert_eq!(finding.series[1].verdict, Verdict::Unchanged);
    assert_eq!(warned(1.3).series[0].tier, Some(Tier::Fail));
    assert_eq!(warned(1.0).series[0].verdict, Verdict::Unchanged);
}

#[test]
fn an_improvement_has_its_own_limit_where_it_is_given() {
    let with = |improvement| RecordedSeries { improvement, ..series("x", &around(0.95, 10)) };
    assert_eq!(one(with(None), &[10]).verdict, Verdict::Improvement);
    assert_eq!(one(with(Some(relative(0.02))), &[10]).verdict, Verdict::Improvement);
    assert_eq!(one(with(Some(relative(0.2))), &[10]).verdict, Verdict::Unchanged);
}

#[test]
fn what_only_looks_better_is_unchanged_at_last() {
    let outlier = |pair: usize| if pair % 2 == 1 { 1.02 } else { 0.9 };
    let values: Vec<_> = (0..7).map(|pair| (10.0, 10.0 * outlier(pair) * (1.0 + 0.001 * pair as f64))).collect();
    let found = one(series("x", &values), &[7]);
    assert_eq!((found.verdict, reason_of(&found)), (Verdict::Unchanged, "looks better, but that is not shown"));
    assert!(!judge_recorded(&[series("x", &values)], &looks(&[7, 20])).is_decided);
}

#[test]
fn a_limit_of_nothing_still_needs_a_change() {
    let with = |values: &[(f64, f64)]| RecordedSeries { limit: Some(relative(0.0)), ..series("x", values) };
    assert_eq!(one(with(&[(5.0, 5.0); 10]), &[10]).verdict, Verdict::Unchanged);
    assert_eq!(one(with(&around(1.03, 10)), &[10]).verdict, Verdict::Regression);
    assert_eq!(one(with(&around(1.0, 10)), &[10]).verdict, Verdict::Inconclusive);
}

#[test]
fn exactly_the_limit_is_beyond_it() {
    let values: Vec<_> = (1..=8).map(|pair| (f64::from(pair), f64::from(pair) * 1.03)).collect();
    assert_eq!(verdict_of(&values, &[8]), Verdict::Regression);
}

#[test]
fn sides_that_are_the_same_are_unchanged() {
    assert_eq!(verdict_of(&[(2.0, 2.0); 10], &[10]), Verdict::Unchanged);
    let none = one(series("x", &[(0.0, 0.0); 10]), &[10]);
    assert_eq!(none.verdict, Verdict::Unchanged);
    assert_eq!(none.estimate.map(|estimate| (estimate.effect, estimate.upper)), Some((0.0, Some(0.0))));
}

#[test]
fn too_few_pairs_can_show_nothing_and_say_how_many_it_takes() {
    let found = one(series("x", &around(2.0, 4)), &[4]);
    assert_eq!(found.verdict, Verdict::Inconclusive);
    assert_eq!(reason_of(&found), "4 pairs can show no change in one of 1 series: it takes 5 (--rounds)");
    let estimate = found.estimate.unwrap();
    assert_eq!((estimate.pairs_needed, estimate.detectable), (Some(6), None));
    assert_eq!(verdict_of(&around(2.0, 5), &[5]), Verdict::Regression);
    // Near its limit, so that it is undecided; among a hundred it takes more pairs to show anything at all.
    let many: Vec<_> = (0..100).map(|number| series(&number.to_string(), &around(1.02, 8))).collect();
    let first_of = |series: &[RecordedSeries]| judge_recorded(series, &looks(&[8])).series.remove(0);
    let found = first_of(&many);
    assert_eq!(found.verdict, Verdict::Inconclusive);
    assert_eq!(reason_of(&found), "8 pairs can show no change in one of 100 series: it takes 11 (--rounds)");
    assert_eq!(found.estimate.unwrap().detectable, None);
    let found = first_of(&many[..1]);
    assert!(!reason_of(&found).contains("can show no change"), "{found:?}");
    assert!(found.estimate.unwrap().detectable.is_some());
}

#[test]
fn differences_are_judged_by_the_absolute_part() {
    let of = |shift: f64, limit| {
        let values: Vec<_> = around(1.0, 10).iter().map(|(one, other)| (one - 10.0, other - 10.0 + shift)).collect();
        RecordedSeries { scale: Scale::Difference, limit: Some(limit), ..series("x", &values) }
    };
    let absolute = Limit { relative: None, absolute: Some(0.5) };
    assert_eq!(one(of(1.0, absolute), &[10]).verdict, Verdict::Regression);
    assert_eq!(one(of(0.0, absolute), &[10]).verdict, Verdict::Unchanged);
    let estimate = one(of(1.0, absolute), &[10]).estimate.unwrap();
    assert!(!estimate.is_relative && (estimate.effect - 1.0).abs() < 0.1, "{estimate:?}");
    let mut from_nothing = of(1.0, relative(0.03));
    from_nothing.pairs.iter_mut().for_each(|pair| pair.baseline = Some(0.0));
    let found = one(from_nothing, &[10]);
    assert_eq!(found.verdict, Verdict::Invalid);
    assert!(reason_of(&found).contains("absolute part"));
}

#[test]
fn shares_are_judged_by_their_events() {
    let of = |errors: &[f64], total: f64| {
        let pair = |errors: &f64| RecordedPair {
            baseline: Some(0.0),
            candidate: Some(errors / total),
            totals: Some((total, total)),
        };
        RecordedSeries {
            scale: Scale::Difference,
            limit: Some(Limit { relative: None, absolute: Some(0.002) }),
            pairs: errors.iter().map(pair).collect(),
            ..series("x", &[])
        }
    };
    let steady = [8.0, 6.0, 9.0, 8.0, 7.0, 10.0, 8.0, 9.0, 6.0, 8.0];
    assert_eq!(one(of(&steady, 1600.0), &[10]).verdict, Verdict::Regression);
    let mut burst = [0.0; 10];
    burst[3] = 200.0;
    assert_eq!(one(of(&burst, 1600.0), &[10]).verdict, Verdict::Inconclusive);
    let silent = one(of(&[0.0; 10], 1600.0), &[10]);
    assert_eq!((silent.verdict, silent.reason), (Verdict::Unchanged, None));
    let rare = one(of(&[0.0; 10], 10.0), &[10]);
    assert_eq!(rare.verdict, Verdict::Unchanged);
    assert!(reason_of(&rare).contains("of too few events to exclude"), "{rare:?}");
    // As long as there will be more of them, nothing is said.
    assert!(!judge_recorded(&[of(&[0.0; 10], 10.0)], &looks(&[10, 20])).is_decided);
    // A tenth of a point is nobody's concern, however sure.
    let mut tiny = of(&[16.0; 10], 20_000.0);
    tiny.limit = Some(Limit { relative: None, absolute: Some(0.0) });
    assert_eq!(one(tiny, &[10]).verdict, Verdict::Unchanged);
}

#[test]
fn what_decides_nothing_is_judged_at_the_end_and_ends_nothing() {
    let secondary = |ratio| RecordedSeries { primary: false, ..series("secondary", &around(ratio, 32)) };
    let unlimited = RecordedSeries { limit: None, ..series("unlimited", &around(2.0, 32)) };
    let finding =
        judge_recorded(&[secondary(1.5), series("x", &around(1.0, 32)), unlimited, secondary(1.0)], &looks(&[10, 32]));
    let verdicts: Vec<_> = finding.series.iter().map(|one| one.verdict).collect();
    use Verdict::{Inconclusive, Regression, Unchanged};
    assert_eq!((finding.pairs, verdicts), (10, vec![Regression, Unchanged, Inconclusive, Unchanged]));
    assert_eq!(reason_of(&finding.series[2]), "no limit: reported, never judged");
    assert!((finding.series[2].estimate.as_ref().unwrap().effect - 1.0).abs() < 0.02);
}

#[test]
fn nothing_recorded_is_nothing_decided() {
    let finding: Finding = judge_recorded(&[], &looks(&[10]));
    assert_eq!((finding.series.len(), finding.pairs, finding.is_decided), (0, 0, false));
    assert!(!judge_recorded(&[series("x", &around(1.0, 5))], &looks(&[])).is_decided);
}

#[test]
fn pairs_of_nothing_on_both_sides_are_no_reference_for_a_limit() {
    let with = |limit: Limit, nullable: bool, values: &[(f64, f64)]| {
        let one_of = RecordedSeries { limit: Some(limit), nullable, ..series("x", values) };
        one(one_of, &[values.len() as u16])
    };
    // Most pairs have nothing, the others twenty times as much as before.
    let mut grown = vec![(0.0, 0.0); 7];
    grown.extend((0..6).map(|pair| (0.002, 0.04 + 0.001 * f64::from(pair))));
    let limit = Limit { relative: Some(0.25), absolute: Some(0.0003) };
    assert_eq!(with(limit, false, &grown).verdict, Verdict::Regression);
    let shrunk: Vec<_> = grown.iter().map(|(before, after)| (*after, *before)).collect();
    assert_eq!(with(limit, false, &shrunk).verdict, Verdict::Improvement);
    // Where 0 is a value as any other, a millionth more is no regression by 3 %.
    let mut same = vec![(0.0, 0.0); 7];
    same.extend((0..6).map(|pair| (100.0, 100.0001 + 1e-5 * f64::from(pair))));
    same.push((0.0, 1e-6));
    assert_eq!(with(relative(0.03), true, &same).verdict, Verdict::Unchanged);
}

#[test]
fn one_huge_value_does_not_make_the_others_equal() {
    let huge = 2.0_f64.powi(64);
    let mut values = vec![(huge, huge), (0.0, 5e5)];
    values.extend((0..12).map(|pair| (1e6, 2e6 + f64::from(pair))));
    let found = one(RecordedSeries { nullable: true, ..series("x", &values) }, &[14]);
    assert_eq!(found.verdict, Verdict::Regression, "{found:?}");
}

#[test]
fn of_a_single_series_more_pairs_can_be_surer_than_draws() {
    let values = around(2.0, 32);
    let looks = Looks { at: vec![32], error: 1e-6, seed: 1 };
    let found = judge_recorded(&[series("x", &values)], &looks).series.remove(0);
    assert_eq!((found.verdict, found.estimate.unwrap().p), (Verdict::Regression, Some(0.5_f64.powi(32))));
}
