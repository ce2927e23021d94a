//! Measurement: PromQL over exactly the load window.
//!
//! Comes in: queries, windows, Prometheus. Goes out: measurements and raw samples. Must not: judge them.
