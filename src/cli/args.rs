//! The arguments that all subcommands share, and the list of subcommands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::{compare, jobs, load, measure, runs};
use crate::domain::verdict::FailOn;

/// Load-tests every commit of a service and says, with evidence, whether it became slower.
#[derive(Parser, Debug)]
#[command(name = "loadmark", version, max_term_width = 100, after_help = AFTER_HELP)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

const AFTER_HELP: &str = "Exit codes: 0 passed; 1 Loadmark or its environment failed; 2 usage; 3 invalid or absent \
configuration; 4 no verdict where one was required; 98 the service failed; 99 regression; 130 interrupted.";

/// What every subcommand takes.
#[derive(Args, Clone, Debug)]
pub(super) struct Global {
    /// The configuration file.
    #[arg(long, global = true, value_name = "PATH", default_value = "config.yaml")]
    pub(super) config: PathBuf,
    /// How results are written to standard output.
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Format,
    /// Which verdicts make the command fail.
    #[arg(long, global = true, value_name = "WHAT", default_value = "no-data")]
    pub(super) fail_on: FailOn,
}

/// How results are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum Format {
    /// For a terminal.
    Text,
    /// One document a result; see docs/formats.md.
    Json,
    /// For a pull request.
    Markdown,
}

/// The subcommands.
#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// Measure a revision of the default branch as master set.
    Master(measure::MasterArgs),
    /// Measure a revision and compare it with the master set.
    Test(measure::TestArgs),
    /// Compare two stored runs or revisions, without new load.
    Compare(compare::CompareArgs),
    /// The queue: list, show, cancel, retry.
    Jobs(jobs::JobsArgs),
    /// Stored runs: list, show, invalidate.
    Runs(runs::RunsArgs),
    /// Check the configuration, compose files and queries; starts nothing.
    Check,
    /// The load generator by itself; needs no configuration.
    Load(load::LoadArgs),
}
