//! Measurement: PromQL over exactly the load window.
//!
//! Comes in: queries, windows, a stack's Prometheus. Goes out: measurements, what is missing and why, the bounds of
//! windows, what speaks against a round's numbers. Must not: judge whether the service is slower.
//!
//! A window lies between two scrapes at quiescence: T0 after the warm-up or the stage before, T1 after the drain.
//! Each is the time of the last target's scrape that began while no request was under way, so that differences of
//! counters between the two hold all of the load and nothing else.

mod collect;
mod conservation;
mod error;
mod pace;
mod resolution;
mod restarts;
mod scrape;
mod scrapes;
mod stored;
mod throttling;
mod totals;
mod validity;

pub use collect::{Collected, collect, definition};
pub use error::MeasureError;
pub use scrape::Scraper;
pub use stored::keep_asked;
pub use validity::{Found, Held, Span, find_faults};
