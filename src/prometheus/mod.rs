//! Prometheus over HTTP: the only user of prometheus-http-query.
//!
//! Comes in: an address, PromQL, times in milliseconds. Goes out: samples. Must not: know what is measured.

mod client;
mod error;

pub use client::{Answer, MetricKind, Prometheus, Sample, Track};
pub use error::PrometheusError;
