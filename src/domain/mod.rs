//! The words of Loadmark as types: what crosses from one room to the next.
//!
//! Comes in: nothing. Goes out: ids, revisions, settings, load plans, queries, measurements, verdicts.
//! Must not: do I/O, hold a handle, know another room. A value that exists here is valid; the
//! constructors and `Deserialize` implementations refuse what is not.

pub mod chain;
pub mod comparison;
pub mod flow;
pub mod ids;
pub mod job;
pub mod limit;
pub mod load;
pub mod machine;
pub mod plan;
pub mod progress;
pub mod query;
pub mod ready;
pub mod revision;
pub mod run;
pub mod series;
pub mod settings;
pub mod template;
pub mod units;
pub mod verdict;
