//! What a history tells: its steps, and its drift.

use super::drift::drift;
use super::level::Level;
use super::steps::{sizes, steps};
use crate::domain::change::{ChangePoint, Changes};

/// How far a series may move where nothing else is said, as a relative change.
pub const DEFAULT_LIMIT: f64 = 0.03;

/// The steps of a history, in the order of commits, and its drift since the last of them. Steps and drifts of less than
/// half the limit (a relative change) are none. Values must be finite; if one is 0 or negative, differences are looked
/// at in place of ratios. The same seed gives the same answer on every machine.
pub fn changes(values: &[f64], limit: f64, seed: u64) -> Changes {
    let level = Level::of(values);
    let steps = steps(&level, limit / 2.0, seed);
    let since = steps.last().map_or(0, |step| step.at);
    let point =
        |(step, magnitude): (&super::steps::Step, Option<f64>)| ChangePoint { at: step.at, magnitude, p: step.p };
    Changes {
        points: steps.iter().zip(sizes(&level, &steps)).map(point).collect(),
        drift: drift(&level, since, limit / 2.0),
    }
}
