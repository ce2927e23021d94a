//! What holds whatever the numbers are.

use proptest::prelude::*;

use crate::domain::comparison::Sides;
use crate::domain::limit::{Direction, Limit};
use crate::domain::query::Query;
use crate::domain::run::StoredRun;
use crate::domain::series::SeriesKey;
use crate::domain::verdict::Verdict;

use super::super::compare;
use super::fixture::{TODAY, key, query, run_with};

/// Values of a few rounds around a level, so that unchanged, overlapping and separated sides all occur.
fn values() -> impl Strategy<Value = Vec<f64>> {
    (0.5..3.0_f64, prop::collection::vec(0.8..1.25_f64, 1..5))
        .prop_map(|(level, noise)| noise.into_iter().map(|factor| level * factor).collect())
}

fn limit() -> impl Strategy<Value = Limit> {
    let absolute = prop::option::of(0.01..1.0_f64);
    (prop::option::of(0.0..0.9_f64), absolute)
        .prop_filter("a limit has a part", |(relative, absolute)| relative.is_some() || absolute.is_some())
        .prop_map(|(relative, absolute)| Limit { relative, absolute })
}

fn direction() -> impl Strategy<Value = Direction> {
    prop_oneof![Just(Direction::Lower), Just(Direction::Higher)]
}

fn verdict(baseline: &[f64], candidate: &[f64], limit: Limit, direction: Direction) -> Verdict {
    let key = key("x", "/");
    let query = Query { direction, ..query("x", Some(limit)) };
    let (baseline, candidate) = (run_with(&key, baseline), run_with(&key, candidate));
    compare(Sides { baseline: Some(&baseline), candidate: &candidate, queries: &[query], today: TODAY }).verdict
}

fn mirrored(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Regression => Verdict::Improvement,
        Verdict::Improvement => Verdict::Regression,
        other => other,
    }
}

proptest! {
    #[test]
    fn exchanging_the_sides_mirrors_the_verdict(a in values(), b in values(), limit in limit(), direction in direction()) {
        let there = verdict(&a, &b, limit, direction);
        let back = verdict(&b, &a, limit, direction);
        let can_claim = a.len().min(b.len()) >= 2;
        match (there, back) {
            // Rounds that overlap are in doubt where they look worse, and not worse where they look better.
            (Verdict::Inconclusive, Verdict::Unchanged) | (Verdict::Unchanged, Verdict::Inconclusive) => {
                prop_assert!(can_claim);
            }
            (Verdict::Inconclusive, Verdict::Inconclusive) => prop_assert!(!can_claim),
            _ => prop_assert_eq!(back, mirrored(there)),
        }
    }

    #[test]
    fn the_order_of_rounds_changes_nothing(a in values(), b in values(), limit in limit(), direction in direction()) {
        let (mut backwards_a, mut backwards_b) = (a.clone(), b.clone());
        backwards_a.reverse();
        backwards_b.reverse();
        prop_assert_eq!(verdict(&a, &b, limit, direction), verdict(&backwards_a, &backwards_b, limit, direction));
    }

    #[test]
    fn another_unit_changes_nothing(a in values(), b in values(), limit in limit(), power in -20..20_i32) {
        // A power of 2 keeps every quotient exact.
        let factor = 2.0_f64.powi(power);
        let scaled = |values: &[f64]| values.iter().map(|value| value * factor).collect::<Vec<_>>();
        let in_unit = Limit { relative: limit.relative, absolute: limit.absolute.map(|part| part * factor) };
        let direction = Direction::Lower;
        prop_assert_eq!(verdict(&a, &b, limit, direction), verdict(&scaled(&a), &scaled(&b), in_unit, direction));
    }

    #[test]
    fn a_claim_is_beyond_its_limit_and_separated(a in values(), b in values(), limit in limit()) {
        let worst = |values: &[f64]| values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let best = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
        if verdict(&a, &b, limit, Direction::Lower) == Verdict::Regression {
            prop_assert!(best(&b) > worst(&a));
            prop_assert!(a.len() >= 2 && b.len() >= 2);
        }
    }

    #[test]
    fn the_whole_is_the_join_of_its_primary_series(
        sides in prop::collection::vec((values(), values(), any::<bool>()), 0..5),
        limit in limit(),
    ) {
        let names: Vec<String> = (0..sides.len()).map(|index| format!("q{index}")).collect();
        let (mut baseline, mut candidate) = (super::fixture::run(4), super::fixture::run(4));
        let mut queries = Vec::new();
        for (name, (before, after, primary)) in names.iter().zip(&sides) {
            add(&mut baseline, &key(name, "/"), before);
            add(&mut candidate, &key(name, "/"), after);
            queries.push(Query { primary: Some(*primary), ..query(name, Some(limit)) });
        }
        let comparison = |queries: &[Query]| {
            compare(Sides { baseline: Some(&baseline), candidate: &candidate, queries, today: TODAY })
        };
        let forwards = comparison(&queries);
        let primary = forwards.series.iter().filter(|one| one.primary).map(|one| one.verdict);
        prop_assert_eq!(forwards.verdict, Verdict::join(primary));
        queries.reverse();
        prop_assert_eq!(comparison(&queries), forwards);
    }
}

fn add(run: &mut StoredRun, key: &SeriesKey, values: &[f64]) {
    let values: Vec<_> = values.iter().copied().map(Some).collect();
    super::fixture::measure(run, key, &values);
}
