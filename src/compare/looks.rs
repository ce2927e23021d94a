//! When is looked, and how the chance of error is shared among the looks.
//!
//! Looking again and again until something shows finds something in noise, too. So the chance of a false claim that a
//! job may have is shared among its looks; the first has the largest part, because what it decides saves the most.

use thiserror::Error;

use crate::domain::procedure::PairSettings;
use crate::domain::recorded::Looks;

/// At most so many: each further one costs all others a part of the error that they may make.
const MOST: usize = 4;
/// From one look to the next there are at least so many times the pairs: fewer tell hardly anything new.
const GROWTH: f64 = 1.25;

/// Why a comparison can't be planned.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error(
    "{most} pairs can show nothing at {primary} primary series: with fewer than {needed} even the clearest change is as \
     likely as chance; allow {needed} pairs or more, or make fewer series primary"
)]
pub struct TooFewPairs {
    /// The pairs at the last look.
    pub most: u16,
    /// The primary series.
    pub primary: usize,
    /// The fewest pairs that can show anything.
    pub needed: u16,
}

/// The looks of a comparison of so many primary series (those with a limit): at most four, the first after `min` pairs
/// or as many as it takes to show anything, the last after `max`.
///
/// # Errors
/// Where even the last look could show nothing. Say so before anything is measured.
pub fn plan_looks(settings: &PairSettings, primary: usize, error: f64) -> Result<Looks, TooFewPairs> {
    for looks in (1..=MOST).rev() {
        let needed = fewest_pairs(primary, share(0, looks) * error);
        let first = if looks == 1 { settings.max } else { settings.min.max(needed) };
        let growth = f64::from(settings.max) / f64::from(first.max(1));
        if first >= needed && first <= settings.max && growth >= GROWTH.powi(looks as i32 - 1) {
            return Ok(Looks { at: spaced(first, settings.max, looks), error, seed: settings.seed });
        }
    }
    Err(TooFewPairs { most: settings.max, primary, needed: fewest_pairs(primary, error) })
}

/// The same looks for a comparison that ends after so many pairs, because its time is over or nobody recorded more: the
/// last look is then there.
pub fn looks_until(looks: &Looks, pairs: u16) -> Looks {
    let mut at: Vec<u16> = looks.at.iter().copied().filter(|look| *look < pairs).collect();
    at.push(pairs);
    Looks { at, ..*looks }
}

/// The part of the error that a look has, from 0: of four .35, .25, .20 and .20, of one all.
pub(super) fn share(look: usize, looks: usize) -> f64 {
    let weight = |look: usize| match look {
        0 => 7.0,
        1 => 5.0,
        _ => 4.0,
    };
    weight(look) / (0..looks).map(weight).sum::<f64>()
}

/// The fewest pairs that can show a change in one of so many series at this chance of error: each pair halves the
/// chance that all have the same sign.
pub fn fewest_pairs(series: usize, error: f64) -> u16 {
    let bound = (series.max(1) as f64 / error).log2();
    // A bound of exactly a whole number is reached by it, whatever the last digit says.
    if bound.is_finite() { (bound - 1e-9).ceil().clamp(1.0, f64::from(u16::MAX)) as u16 } else { u16::MAX }
}

/// Numbers of pairs that grow evenly by their root, as errors shrink; even ones in between, so that either side came
/// first equally often.
fn spaced(first: u16, last: u16, looks: usize) -> Vec<u16> {
    let (from, to) = (f64::from(first).sqrt(), f64::from(last).sqrt());
    let between = |look: usize| {
        let root = from + (to - from) * look as f64 / (looks - 1) as f64;
        ((root * root - 0.1) / 2.0).ceil() as u16 * 2
    };
    let mut at: Vec<u16> = if looks == 1 { Vec::new() } else { vec![first] };
    at.extend((1..looks.saturating_sub(1)).map(between));
    at.push(last);
    at.dedup_by(|next, before| next <= before);
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(min: u16, max: u16, primary: usize) -> Result<Vec<u16>, TooFewPairs> {
        plan_looks(&PairSettings { min, max, ..PairSettings::default() }, primary, 0.05).map(|looks| looks.at)
    }

    #[test]
    fn four_looks_by_default_and_fewer_where_they_lie_too_close() {
        assert_eq!(plan(10, 32, 1), Ok(vec![10, 16, 24, 32]));
        assert_eq!(plan(10, 32, 20), Ok(vec![11, 18, 24, 32]));
        assert_eq!(plan(10, 16, 1), Ok(vec![10, 14, 16]));
        assert_eq!(plan(10, 12, 1), Ok(vec![12]));
        assert_eq!(plan(6, 6, 1), Ok(vec![6]));
    }

    #[test]
    fn too_few_pairs_are_said_with_the_number_that_it_takes() {
        assert_eq!(plan(4, 4, 1), Err(TooFewPairs { most: 4, primary: 1, needed: 5 }));
        let error = plan(5, 10, 100).unwrap_err();
        assert_eq!(error.needed, 11);
        assert!(error.to_string().contains("allow 11 pairs or more"));
        assert!(plan(5, 11, 100).is_ok());
    }

    #[test]
    fn every_look_of_a_plan_can_show_something() {
        for primary in [1, 2, 7, 20, 100, 1000] {
            for max in 5..60 {
                let Ok(at) = plan(5, max, primary) else { continue };
                assert!(at.is_sorted_by(|one, other| one < other), "{at:?}");
                assert_eq!(at.last(), Some(&max));
                assert!(at[0] >= fewest_pairs(primary, share(0, at.len()) * 0.05), "{primary} {at:?}");
            }
        }
    }

    #[test]
    fn the_shares_of_all_looks_are_the_whole() {
        assert_eq!([0, 1, 2, 3].map(|look| share(look, 4)), [0.35, 0.25, 0.2, 0.2]);
        for looks in 1..=9 {
            let all: f64 = (0..looks).map(|look| share(look, looks)).sum();
            assert!((all - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn a_comparison_that_ends_early_has_its_last_look_there() {
        let looks = Looks { at: vec![10, 16, 24, 32], error: 0.05, seed: 1 };
        assert_eq!(looks_until(&looks, 12).at, [10, 12]);
        assert_eq!(looks_until(&looks, 16).at, [10, 16]);
        assert_eq!(looks_until(&looks, 7).at, [7]);
    }
}
