//! The load generator: schedule, pacing, HTTP/1.1, recording, metrics.
//!
//! Comes in: a [`crate::domain::load::LoadSpec`], and the order to run a phase of it. Goes out: a
//! [`crate::domain::load::LoadRecord`], a status and Prometheus metrics while it runs. Must not: know stacks, runs or
//! verdicts.
//!
//! Open loop: a `schedule` of exact times is dealt to threads (`worker`, woken by a `pacer`), each of which hands
//! what is due over `lanes` to its own connections (`seat`, `link`). Every request is timed from its intended send and
//! ends in exactly one entry of the ledger (`tally`). A `run` puts a phase's record together; the `board` shows it
//! from outside, to the `agent` and the `metrics`.

mod agent;
mod board;
mod clock;
mod desk;
mod error;
mod generator;
mod lanes;
mod link;
mod lottery;
mod meter;
mod metrics;
mod pacer;
mod probe;
mod routes;
mod run;
mod schedule;
mod seat;
mod slices;
mod standalone;
mod summary;
mod tally;
mod target;
mod worker;

pub use agent::{serve, serve_metrics};
pub use error::LoadError;
pub use generator::Generator;
pub use metrics::METRICS_CONTENT_TYPE;
pub use standalone::run_plan;
