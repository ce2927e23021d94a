//! What tests stand on: real systems, started on demand and gone with the test binary.

pub mod engine;
pub mod jobs;
pub mod manager;
pub mod own_engine;
pub mod postgres;
pub mod program;
pub mod project;
pub mod samples;
pub mod site;
pub mod socket;
pub mod stored;
pub mod way;
