//! Comparison: pure thresholds and statistics.
//!
//! Comes in: the two sides. Goes out: verdicts. Must not: do I/O, know how numbers came about.

mod comparison;
mod ground;
pub mod history;
mod judge;
mod master;
mod movement;
mod notes;
mod pair;
mod resolution;
mod side;
#[cfg(test)]
mod tests;

pub use comparison::compare;
pub use master::{judge_master, was_asked};
