//! Pairs that ended: by their looks, by their time, or long ago.

use crate::domain::comparison::{Comparison, Sides};
use crate::domain::procedure::{JOB_ERROR, PairSettings};
use crate::domain::recorded::Looks;

use super::looks::{looks_until, plan_looks};
use super::paired::compare_pairs;

/// What pairs came to that ended, whatever was planned: what the looks decided; where they did not, the last look is
/// taken now.
pub fn conclude_pairs(sides: Sides<'_>, looks: &Looks) -> Comparison {
    let paired = compare_pairs(sides, looks);
    let valid = paired.comparison.pairs.as_ref().map_or(0, |pairs| pairs.valid);
    if paired.is_decided || valid == 0 {
        return paired.comparison;
    }
    compare_pairs(sides, &looks_until(looks, valid)).comparison
}

/// Compares two stored runs that were measured in pairs, by the looks that their job's settings plan for as many primary series
/// as there are, or as their queries tell, if that is more. Where so few pairs were measured that they could show nothing, that
/// is what the verdicts say.
pub fn compare_stored_pairs(sides: Sides<'_>, settings: &PairSettings, fewest_primary: usize) -> Comparison {
    let measured = u16::try_from(sides.candidate.rounds.len()).unwrap_or(u16::MAX).max(1);
    let at_end = Looks { at: vec![measured], error: JOB_ERROR, seed: settings.seed };
    let once = compare_pairs(sides, &at_end).comparison;
    let planned = settings.max.max(measured);
    let settings = PairSettings { min: settings.min.min(planned), max: planned, ..settings.clone() };
    let looks = plan_looks(&settings, primary_series(&once).max(fewest_primary), JOB_ERROR);
    conclude_pairs(sides, &looks.unwrap_or(at_end))
}

/// How many series of a comparison decide: among so many the chance of error is shared.
pub fn primary_series(comparison: &Comparison) -> usize {
    comparison.series.iter().filter(|series| series.primary).count()
}
