//! Publishing: keeps what stands on GitHub true to the queue.
//!
//! Comes in: notices that are due, and the jobs and results they tell of. Goes out: checks or commit statuses, the one
//! comment of a pull request, the issue about a regression. Must not: measure, decide what runs, or invent words that are
//! not the report's. A notice is written whole, as often as it takes. What may have been written before our memory of it
//! was, is found again by its mark and taken over: nothing is ever posted twice.

mod content;
mod error;
mod gather;
mod issue;
mod pull;
mod run;
mod write;

pub use error::PublishError;
pub use run::{Publication, Publisher, Rhythm};
