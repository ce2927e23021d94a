//! Comparison: pure thresholds and statistics.
//!
//! Comes in: the two sides. Goes out: verdicts. Must not: do I/O, know how numbers came about.

mod calibration;
mod comparison;
mod confirm;
mod ended_pairs;
mod gaps;
mod ground;
pub mod history;
mod judge;
mod looks;
mod master;
mod movement;
mod notes;
mod pair;
mod paired;
mod pass;
mod recorded;
mod resolution;
mod rules;
mod side;
mod stats;
#[cfg(test)]
mod tests;

pub use calibration::{calibrate, detectable, narrowest_limit, noise, pairs_needed};
pub use comparison::compare;
pub use confirm::confirm;
pub use ended_pairs::{compare_stored_pairs, conclude_pairs, primary_series};
pub use looks::{TooFewPairs, fewest_pairs, looks_until, plan_looks};
pub use master::{judge_master, was_asked};
pub use paired::{Paired, compare_pairs};
pub use pass::pass;
pub use recorded::judge_recorded;
