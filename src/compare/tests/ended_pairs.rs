//! Pairs that end before their last look.

use crate::compare::{Paired, compare_pairs, conclude_pairs};
use crate::domain::comparison::{Comparison, Sides};
use crate::domain::recorded::Looks;
use crate::domain::run::StoredRun;
use crate::domain::verdict::Verdict;

use super::fixture::{TODAY, key, query, relative, run, run_with};

fn candidate(values: &[f64]) -> StoredRun {
    run_with(&key("x", "/"), values)
}

/// What a candidate comes to beside a baseline that is 1 in every pair, under a limit of 10 %: by the looks so far, and
/// as nothing more will be measured.
fn compared(candidate: &StoredRun, looks: &[u16]) -> (Paired, Comparison) {
    let baseline = run_with(&key("x", "/"), &vec![1.0; candidate.rounds.len()]);
    let queries = [query("x", Some(relative(0.1)))];
    let sides = Sides { baseline: Some(&baseline), candidate, queries: &queries, today: TODAY };
    let looks = Looks { at: looks.to_vec(), error: 0.05, seed: 1 };
    (compare_pairs(sides, &looks), conclude_pairs(sides, &looks))
}

fn looks_of(comparison: &Comparison) -> Vec<u16> {
    comparison.pairs.as_ref().unwrap().looks.clone()
}

fn reason_of(comparison: &Comparison) -> &str {
    comparison.series[0].reason.as_deref().unwrap_or_default()
}

#[test]
fn time_that_ends_between_two_looks_takes_the_last_one_there() {
    // One of eight is better, by so much that it takes two more to show that the others are worse.
    let late = candidate(&[1.21, 1.22, 1.23, 1.24, 0.8, 1.26, 1.27, 1.28, 1.29, 1.3]);
    let (under_way, ended) = compared(&late, &[8, 12]);
    assert_eq!((under_way.is_decided, under_way.comparison.verdict), (false, Verdict::Inconclusive));
    assert!(reason_of(&under_way.comparison).contains("under way"));
    assert_eq!(looks_of(&under_way.comparison), [8]);
    assert_eq!((ended.verdict, looks_of(&ended)), (Verdict::Regression, vec![8, 10]));
}

#[test]
fn what_a_look_decided_is_not_looked_at_again() {
    let clear = candidate(&[1.21, 1.22, 1.23, 1.24, 1.25, 1.26, 1.27, 1.28, 0.5, 0.4]);
    let (decided, ended) = compared(&clear, &[8, 12]);
    assert!(decided.is_decided);
    assert_eq!((ended.verdict, looks_of(&ended)), (Verdict::Regression, vec![8]));
}

#[test]
fn one_lost_pair_of_all_puts_the_last_look_after_the_others() {
    // From 12 % better to 31 % worse, in no order: that decides nothing.
    let values: Vec<f64> = (0..32).map(|pair| 0.88 + 0.014 * f64::from(7 * pair % 32)).collect();
    let mut wild = candidate(&values);
    wild.rounds[4].invalid = Some("restarted".to_owned());
    let (under_way, ended) = compared(&wild, &[10, 16, 24, 32]);
    assert_eq!((under_way.is_decided, looks_of(&under_way.comparison)), (false, vec![10, 16, 24]));
    assert!(reason_of(&under_way.comparison).contains("under way"));
    let pairs = ended.pairs.as_ref().unwrap();
    assert_eq!((pairs.valid, pairs.measured, looks_of(&ended)), (31, 32, vec![10, 16, 24, 31]));
    assert_eq!(ended.verdict, Verdict::Inconclusive);
    assert!(!reason_of(&ended).contains("under way"), "{ended:?}");
}

#[test]
fn without_a_valid_pair_there_is_nothing_to_look_at() {
    let (_, ended) = compared(&run(0), &[8, 12]);
    assert_eq!((ended.verdict, looks_of(&ended)), (Verdict::Invalid, Vec::new()));
}
