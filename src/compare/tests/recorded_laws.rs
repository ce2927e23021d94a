//! What holds for the paired procedure whatever the numbers are.

use proptest::prelude::*;

use crate::compare::judge_recorded;
use crate::domain::limit::{Direction, Limit};
use crate::domain::recorded::{Finding, Looks, RecordedPair, RecordedSeries, Scale};
use crate::domain::verdict::Verdict;

const PAIRS: usize = 10;

/// Series that share a level and a scatter of their own, some of them changed, some with gaps.
fn series() -> impl Strategy<Value = RecordedSeries> {
    let values = prop::collection::vec((0.9..1.1_f64, 0.9..1.1_f64, 0..30_u8), PAIRS);
    let terms = (prop_oneof![Just(Direction::Lower), Just(Direction::Higher)], any::<bool>(), 0.0..0.1_f64);
    (values, 0.5..50.0_f64, prop_oneof![Just(1.0), 0.8..1.25_f64], terms).prop_map(
        |(values, level, factor, (direction, primary, limit))| RecordedSeries {
            name: "x".to_owned(),
            direction,
            scale: Scale::Ratio,
            limit: Some(Limit { relative: Some(limit), absolute: None }),
            warn: None,
            improvement: None,
            primary,
            nullable: false,
            pairs: values
                .into_iter()
                .map(|(before, after, gap)| RecordedPair {
                    baseline: (gap != 0).then_some(level * before),
                    candidate: (gap != 1).then_some(level * factor * after),
                    totals: None,
                })
                .collect(),
        },
    )
}

fn all() -> impl Strategy<Value = Vec<RecordedSeries>> {
    prop::collection::vec(series(), 1..5)
}

fn judged(series: &[RecordedSeries]) -> Finding {
    judge_recorded(series, &Looks { at: vec![7, PAIRS as u16], error: 0.2, seed: 3 })
}

fn changed(series: &[RecordedSeries], change: impl Fn(&mut RecordedPair)) -> Vec<RecordedSeries> {
    let mut series = series.to_vec();
    series.iter_mut().flat_map(|one| &mut one.pairs).for_each(change);
    series
}

fn mirrored(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Regression => Verdict::Improvement,
        Verdict::Improvement => Verdict::Regression,
        other => other,
    }
}

/// By one look, so that what ends the comparison in one direction does not cut short the other.
fn at_one_look(series: &[RecordedSeries]) -> Vec<Verdict> {
    let finding = judge_recorded(series, &Looks { at: vec![PAIRS as u16], error: 0.2, seed: 3 });
    finding.series.iter().map(|found| found.verdict).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn exchanging_the_sides_mirrors_every_claim(series in all()) {
        let exchanged = changed(&series, |pair| std::mem::swap(&mut pair.baseline, &mut pair.candidate));
        for (there, back) in at_one_look(&series).into_iter().zip(at_one_look(&exchanged)) {
            match (there, back) {
                // What is not worse beyond its limit may be better, and the other way round in doubt.
                (Verdict::Inconclusive, Verdict::Unchanged) | (Verdict::Unchanged, Verdict::Inconclusive) => {}
                _ => prop_assert_eq!(back, mirrored(there)),
            }
        }
    }

    #[test]
    fn the_unit_does_not_matter(series in all()) {
        let scaled = changed(&series, |pair| {
            for value in [&mut pair.baseline, &mut pair.candidate] {
                *value = value.map(|value| value * 1e-3);
            }
        });
        let (one, other) = (judged(&series), judged(&scaled));
        prop_assert_eq!(&one.looks, &other.looks);
        for (one, other) in one.series.iter().zip(&other.series) {
            prop_assert_eq!((one.verdict, one.tier), (other.verdict, other.tier));
        }
    }

    #[test]
    fn what_direction_is_good_only_changes_the_sign(series in all()) {
        let inverted: Vec<_> = changed(&series, |pair| {
            for value in [&mut pair.baseline, &mut pair.candidate] {
                *value = value.map(f64::recip);
            }
        })
        .into_iter()
        .map(|one| RecordedSeries {
            direction: if one.direction == Direction::Lower { Direction::Higher } else { Direction::Lower },
            // A rise by a half is a fall by a third.
            limit: one.limit.map(|limit| Limit {
                relative: limit.relative.map(|part| match one.direction {
                    Direction::Lower => part / (1.0 + part),
                    Direction::Higher => part / (1.0 - part),
                }),
                absolute: None,
            }),
            ..one
        })
        .collect();
        prop_assert_eq!(at_one_look(&series), at_one_look(&inverted));
    }

    #[test]
    fn a_claim_agrees_with_its_figures(series in all()) {
        for (series, found) in series.iter().zip(judged(&series).series) {
            let Some(estimate) = found.estimate else { continue };
            let worse = if series.direction == Direction::Lower { estimate.effect } else { -estimate.effect };
            match found.verdict {
                Verdict::Regression => prop_assert!(worse >= 0.0 && estimate.p.unwrap() <= 0.2),
                Verdict::Improvement => prop_assert!(worse <= 0.0 && estimate.p.unwrap() <= 0.2),
                _ => {}
            }
            prop_assert!(estimate.lower.is_none_or(|lower| lower <= estimate.effect));
            prop_assert!(estimate.upper.is_none_or(|upper| upper >= estimate.effect));
        }
    }

    /// What was said at a look is said again, whatever comes later.
    #[test]
    fn further_pairs_never_change_what_was_decided(series in all()) {
        let first: Vec<_> = series
            .iter()
            .map(|one| RecordedSeries { pairs: one.pairs[..7].to_vec(), ..one.clone() })
            .collect();
        let (early, late) = (judged(&first), judged(&series));
        if early.is_decided {
            prop_assert_eq!(early, late);
        } else {
            for ((series, early), late) in series.iter().zip(early.series).zip(late.series) {
                if series.primary && early.verdict != Verdict::Inconclusive && early.verdict != Verdict::Invalid {
                    prop_assert_eq!(early, late);
                }
            }
        }
    }
}
