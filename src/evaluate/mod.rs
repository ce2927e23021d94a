//! The evaluation: how often the procedure and the rules of others are right and wrong, on recorded and simulated rounds.
//!
//! Comes in: recorded pairs of rounds of one revision with itself. Goes out: tallies by set, planted change and rule.
//! Must not: do I/O, or depend on anything but the rounds and the seed.

mod distribution;
mod draw;
mod kinds;
mod plan;
mod plant;
mod rules;
mod run;
mod sample;
mod set;
mod simulation;
mod tally;
#[cfg(test)]
mod tests;

pub use plan::Extent;
pub use run::{Chunk, Counted, Running, evaluate};
pub use set::Recording;
