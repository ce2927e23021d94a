//! Use cases: wiring of settings, clients and rooms, one file each; graceful shutdown.
//!
//! Comes in: parsed arguments. Goes out: what to print. Must not: parse or print.

mod check;
mod context;
mod error;
mod generate;
mod measure;
mod postgres;
mod reporting;
mod results;
mod signals;
mod turns;

pub use crate::worker::Ended;
pub use check::{Checked, CheckedBenchmark, check};
pub use context::Context;
pub use error::{AppError, Blame};
pub use generate::{AgentOptions, run_agent, run_standalone};
pub use measure::{Asked, measure_master, measure_test};
pub use reporting::{blame_of, report_of, report_of_stored};
pub use results::{
    ShownRun, compare_stored, invalidate_run, list_jobs, list_runs, show_configuration, show_job, show_run,
};
pub use signals::{stop_on_signals, unless_stopped};
pub use turns::{cancel_job, retry_job};
