//! The words of Loadmark as types: what crosses from one room to the next.
//!
//! Comes in: nothing. Goes out: ids, revisions, settings, load plans, queries, measurements, verdicts.
//! Must not: do I/O, hold a handle, know another room. A value that exists here is valid; the
//! constructors and `Deserialize` implementations refuse what is not.

pub mod approval;
pub mod calibration;
pub mod chain;
pub mod change;
pub mod check;
pub mod command;
pub mod comparison;
pub mod conditions;
pub mod evaluation;
pub mod event;
pub mod export;
pub mod fault;
pub mod finding;
pub mod flow;
pub mod github;
pub mod grpc;
pub mod history;
pub mod ids;
pub mod job;
pub mod judgement;
pub mod limit;
pub mod load;
pub mod machine;
pub mod notice;
pub mod order;
pub mod overview;
pub mod pin;
pub mod placement;
pub mod plan;
pub mod procedure;
pub mod progress;
pub mod query;
pub mod ready;
pub mod recorded;
pub mod requery;
pub mod revision;
pub mod rules;
pub mod run;
pub mod series;
pub mod settings;
pub mod template;
pub mod units;
pub mod usage;
pub mod verdict;
