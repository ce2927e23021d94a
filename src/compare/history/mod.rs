//! Histories: steps and drift in a series over commits, and where a new value stands among those of the past.
//!
//! The test for steps takes the place of E-divisive's. It looks for the strongest split in windows of every size
//! ("seeded intervals"), where E-divisive looks at the whole alone and so does not see a slowdown that was mended after
//! twenty commits of a thousand; and it permutes what is left of the noise once its autocorrelation is taken out and
//! puts it in again, where a permutation of the values themselves takes every wave of the host for a step.

mod changes;
mod drift;
mod level;
mod noise;
mod scan;
mod steps;
#[cfg(test)]
mod tests;
mod triage;

pub use changes::{DEFAULT_LIMIT, changes};
pub use triage::{FEWEST, Triage, passes_none, standing, triage};
