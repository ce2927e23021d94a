//! Tests of the room as a whole: what readers rely on, and the laws that hold for any numbers.

mod cases;
mod confirm;
mod ended_pairs;
mod fixture;
mod ground;
mod laws;
mod master;
mod paired;
mod recorded;
mod recorded_gaps;
mod recorded_laws;
mod rules;
mod simulated;
mod terms;
