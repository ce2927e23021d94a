//! Loadmark load-tests every commit of a service and says, with evidence, whether it became slower.
//!
//! Data flows one way: request, job, source, image, stack, measurements, comparison, report. Each room takes the
//! previous type and returns the next; `pipeline` calls them in order and owns the handles. Which room?
//! Makes SQL: `database`. Touches containers: `stack` or `build`, through `docker`. Decides "slower?": `compare`.
//! Produces words: `report`. Decides order: `pipeline`.

pub mod app;
pub mod build;
pub mod checkout;
pub mod cli;
pub mod compare;
pub mod config;
pub mod database;
pub mod docker;
pub mod domain;
pub mod evaluate;
pub mod github;
pub mod host;
pub mod load;
pub mod manager;
pub mod measure;
pub mod pipeline;
pub mod prometheus;
pub mod publish;
pub mod queue;
pub mod report;
pub mod stack;
pub mod telemetry;
pub mod web;
pub mod webhook;
pub mod worker;
