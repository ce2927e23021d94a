//! Measurement: PromQL over exactly the load window.
//!
//! Comes in: queries, windows, a stack's Prometheus. Goes out: measurements, what is missing and why, the bounds of
//! windows. Must not: judge them.
//!
//! A window lies between two scrapes at quiescence: T0 after the warm-up or the stage before, T1 after the drain.
//! Each is the time of the last target's scrape that began while no request was under way, so that differences of
//! counters between the two hold all of the load and nothing else.

mod collect;
mod error;
mod scrape;

pub use collect::{Collected, collect};
pub use error::MeasureError;
pub use scrape::Scraper;
