//! The command line: clap types, one file a subcommand; what is printed and with which exit code.
//!
//! Comes in: arguments. Goes out: calls of `app`, data on standard output, progress and logs on standard error, an
//! exit code. Must not: hold logic.

mod args;
mod baseline;
mod calibrate;
mod check;
mod compare;
mod completions;
mod doctor;
mod evaluate;
mod exit;
mod export;
mod global;
mod history;
mod jobs;
mod judge;
mod load;
mod man;
mod measure;
mod output;
mod progress;
mod run;
mod runs;
mod series;
mod serve;

pub use run::run;
