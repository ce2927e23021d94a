//! Whether two runs can be compared at all, before any series is looked at.

use crate::domain::procedure::Arrangement;
use crate::domain::run::{Arm, RunState};

use super::side::Side;

/// Whether the two runs can be compared at all.
pub(super) enum Ground {
    /// Series by series.
    Comparable,
    /// There is nothing to compare with.
    NoBaseline,
    /// No number of theirs may be compared.
    Invalid {
        /// Why.
        reason: String,
        /// Whether no further round changes that.
        is_final: bool,
    },
}

/// What the runs are to each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Footing {
    /// Measured one after the other: half a baseline is none.
    Stored,
    /// Measured in pairs by one job, which may be under way.
    Paired,
}

impl Ground {
    /// Judges the runs as wholes.
    pub(super) fn of(baseline: Option<&Side<'_>>, candidate: &Side<'_>, footing: Footing) -> Self {
        let unusable = || std::iter::once(candidate).chain(baseline).find_map(|side| unusable(side, footing));
        let incomparable = baseline.and_then(|baseline| incomparable(baseline, candidate, footing));
        // Of two faults the one that stays.
        match (incomparable, unusable(), baseline) {
            (Some(reason), None | Some((_, false)), _) | (_, Some((reason, true)), _) => {
                Self::Invalid { reason, is_final: true }
            }
            (None, Some((reason, false)), _) => Self::Invalid { reason, is_final: false },
            (None, None, None) => Self::NoBaseline,
            (None, None, Some(_)) => Self::Comparable,
        }
    }

    /// Of pairs that were measured, so many are valid: where neither side lost too many rounds, both together may have.
    pub(super) fn demand_pairs(&mut self, valid: usize, measured: usize) {
        if matches!(self, Self::Comparable) && measured - valid > measured / MOST_INVALID {
            let reason = format!("only {valid} of {measured} pairs are valid on both sides");
            *self = Self::Invalid { reason, is_final: false };
        }
    }
}

/// One round in so many may be invalid; with more, what is left is a choice of rounds, not a sample of them.
const MOST_INVALID: usize = 5;

/// Why a side can't be used, and whether that stays so, if it can't.
fn unusable(side: &Side<'_>, footing: Footing) -> Option<(String, bool)> {
    let Side { arm, run, .. } = side;
    match (run.summary.state, arm, footing) {
        (RunState::Invalidated, _, _) => return Some((format!("the {arm}'s run was invalidated"), true)),
        (RunState::Partial, Arm::Baseline, Footing::Stored) => {
            return Some(("the baseline's run is only a part of one".to_owned(), true));
        }
        (RunState::Partial | RunState::Complete, _, _) => {}
    }
    let (valid, all) = (side.valid_rounds().len(), run.rounds.len());
    if valid > 0 && all - valid <= all / MOST_INVALID {
        return None;
    }
    let first = run.rounds.iter().find_map(|round| round.invalid.as_deref()).unwrap_or("none was measured");
    let reason = match valid {
        0 => format!("the {arm} has no valid round: {first}"),
        _ => format!("only {valid} of {all} rounds of the {arm} are valid: {first}"),
    };
    Some((reason, false))
}

/// Why numbers of the two sides came about differently, if so.
fn incomparable(baseline: &Side<'_>, candidate: &Side<'_>, footing: Footing) -> Option<String> {
    let (one, other) = (&baseline.run.summary, &candidate.run.summary);
    if one.measurement_hash != other.measurement_hash {
        let (one, other) = (one.measurement_hash.short(), other.measurement_hash.short());
        return Some(format!("measurement hash {one} of the baseline, {other} of the candidate"));
    }
    if one.class != other.class {
        return Some(format!("machine class `{}` of the baseline, `{}` of the candidate", one.class, other.class));
    }
    let is_twin = |side: &&Side<'_>| side.run.summary.arrangement == Some(Arrangement::Twins);
    let twin = [baseline, candidate].into_iter().find(is_twin).filter(|_| footing == Footing::Stored)?;
    Some(format!(
        "the {}'s run was measured as one of twins: its windows span the time of both, and only those two compare, the \
         baseline's first",
        twin.arm
    ))
}
