//! Tests of the room's histories: of steps, drift and standings as a whole.

mod references;
mod simulated;
mod triage;
