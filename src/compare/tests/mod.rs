//! Tests of the room as a whole: what readers rely on, and the laws that hold for any numbers.

mod cases;
mod confirm;
mod fixture;
mod laws;
mod master;
mod paired;
mod recorded;
mod recorded_laws;
mod simulated;
