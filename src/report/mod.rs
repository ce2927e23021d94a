//! Reports: pure words.
//!
//! Comes in: a comparison, a run, jobs. Goes out: text, Markdown, JSON. Must not: do I/O, decide a verdict. What a
//! service, a log or a repository supplied is never trusted: it is cleaned for a terminal and made inert for Markdown.

mod clean;
mod facts;
mod figures;
mod headline;
mod jobs;
mod json;
mod markdown;
mod model;
mod phrase;
mod runs;
mod selection;
mod steps;
mod style;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod view;

pub use jobs::{job_json, job_text, jobs_json, jobs_text};
pub use json::json;
pub use markdown::markdown;
pub use model::{Body, Failure, ReportModel};
pub use runs::{configuration_json, run_json, run_text, runs_json, runs_text};
pub use style::{Colours, Style};
pub use text::text;
