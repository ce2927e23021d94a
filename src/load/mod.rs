//! The load generator: schedule, pacing, HTTP/1.1, gRPC, recording, metrics.
//!
//! Comes in: a [`crate::domain::load::LoadSpec`], and the order to run a phase of it. Goes out: a
//! [`crate::domain::load::LoadRecord`], a status and Prometheus metrics while it runs. Must not: know stacks, runs or
//! verdicts.
//!
//! Open loop: a `schedule` of exact times is dealt to threads (`worker`, woken by a `pacer`), each of which hands
//! what is due over `lanes` to a `seat` with a `line` of its own: a connection (`link`, for an `http` request), or a
//! `stream` of a shared one (`trunk`, for an `rpc`). Every request is timed from its intended send and ends in exactly
//! one entry of the ledger (`tally`). Where two generators take turns, a `timetable` says when. A `run` puts a phase's
//! record together, with its `slices` and their `tails`; the `board` shows it from outside, to the `agent` and the
//! `metrics`. What a gRPC `message` looks like is told by the specification, or by the service's own `reflection` in a
//! `lesson` before the first phase. The `relay` hands on metrics that are not the generator's.

mod agent;
mod board;
mod clock;
mod desk;
mod error;
mod generator;
mod head;
mod http;
mod lanes;
mod lesson;
mod line;
mod link;
mod lottery;
mod means;
mod message;
mod meter;
mod metrics;
mod pacer;
mod probe;
mod reflection;
mod relay;
mod routes;
mod rpc;
mod run;
mod schedule;
mod seat;
mod slices;
mod standalone;
mod stream;
mod summary;
mod tails;
mod tally;
mod target;
mod timetable;
mod trunk;
mod worker;

pub use agent::{serve, serve_metrics};
pub use error::LoadError;
pub use generator::Generator;
pub use metrics::METRICS_CONTENT_TYPE;
pub use standalone::run_plan;
