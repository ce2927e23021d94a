//! Use cases: wiring of settings, clients and rooms, one file each; graceful shutdown.
//!
//! Comes in: parsed arguments. Goes out: what to print. Must not: parse arguments, or print.

mod baselines;
mod calibrate;
mod check;
mod context;
mod doctor;
mod enqueue;
mod error;
mod evaluate;
mod export;
mod gather;
mod generate;
mod history;
mod judge;
mod kept;
mod measure;
mod mirror;
mod postgres;
mod remote;
mod reporting;
mod requery;
mod results;
mod rounds;
mod serve;
mod signals;
mod turns;
mod work;

pub use crate::pipeline::{Ended, report_of};
pub use baselines::{Pinned, list_pins, pin_baseline, unpin_baseline};
pub use calibrate::{CalibrationAsked, calibrate, calibrate_from};
pub use check::{Checked, CheckedBenchmark, check};
pub use context::Context;
pub use doctor::{Configuration, examine};
pub use enqueue::{enqueue_master, enqueue_test};
pub use error::{AppError, Blame};
pub use evaluate::{EvaluationAsked, evaluate, write_evaluation};
pub use export::export;
pub use gather::{GatherAsked, gather, gather_from};
pub use generate::{AgentOptions, run_agent, run_standalone};
pub use history::history;
pub use judge::{JudgeOptions, RecordingError, judge, judge_histories};
pub use measure::{Asked, measure_master, measure_test};
pub use remote::Remote;
pub use reporting::{blame_of, report_of_stored};
pub use requery::{Requeries, WhichRuns, requery};
pub use results::{
    ShownRun, compare_stored, invalidate_run, list_jobs, list_runs, placement_of_run, show_configuration, show_job,
    show_run,
};
pub use serve::{Role, serve};
pub use signals::{Signals, stop_on_signals, unless_stopped};
pub use turns::{Retried, cancel_job, retry_job};
pub use work::Projects;
