//! The load generator: plan, pacing, HTTP, recording, metrics.
//!
//! Comes in: a [`crate::domain::load::LoadSpec`]. Goes out: a [`crate::domain::load::LoadRecord`] and metrics while it
//! runs. Must not: know stacks, runs or verdicts.
