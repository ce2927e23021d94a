//! The paired procedure over the rounds of two runs.

use crate::domain::comparison::{Comparison, Evidence, Sides};
use crate::domain::procedure::PairsTold;
use crate::domain::recorded::Looks;

use super::comparison::compare;

/// A comparison by pairs of rounds, as far as it got.
#[derive(Clone, PartialEq, Debug)]
pub struct Paired {
    /// What is said so far.
    pub comparison: Comparison,
    /// Whether further pairs would change nothing.
    pub is_decided: bool,
}

/// Compares two runs whose rounds of the same number are pairs, by all looks that their valid pairs allow. Runs under way
/// are no fault: call it again after further pairs, until it is decided.
pub fn compare_pairs(sides: Sides<'_>, looks: &Looks) -> Paired {
    let mut comparison = compare(sides);
    let measured = comparison.candidate.rounds.0;
    for series in &mut comparison.series {
        series.evidence = Evidence::Paired;
    }
    let taken: Vec<u16> = looks.at.iter().copied().filter(|look| *look <= measured).collect();
    let is_decided = taken.len() == looks.at.len();
    comparison.pairs = Some(PairsTold { valid: measured, measured, looks: taken, arrangement: None });
    Paired { comparison, is_decided }
}
