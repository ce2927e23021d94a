//! The whole command line: global arguments and the subcommands.

use clap::{Parser, Subcommand};

use super::global::Global;
use super::{
    baseline, calibrate, compare, completions, evaluate, export, history, jobs, judge, load, man, measure, runs,
};

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

/// The subcommands.
#[derive(Subcommand, Debug)]
pub(super) enum Command {
    #[command(flatten)]
    Configured(Configured),
    /// Serve webhooks, pages and jobs until stopped.
    Serve,
    /// Run jobs of the queue until stopped, beside `serve` on the same database.
    Worker,
    /// What on this host would spoil a measurement, and what is missing; works without a configuration, too.
    Doctor,
    /// Verdicts from recorded rounds, change points from a recorded history; needs no configuration.
    Judge(judge::JudgeArgs),
    /// The load generator by itself; needs no configuration.
    Load(load::LoadArgs),
    /// How often verdicts are right and wrong, ours and those of others' rules, on recorded and simulated rounds; needs no
    /// configuration.
    Evaluate(evaluate::EvaluateArgs),
    /// Print the completions of a shell; needs no configuration.
    Completions(completions::CompletionsArgs),
    /// Print the manual page, or write one for every subcommand; needs no configuration.
    Man(man::ManArgs),
}

/// The subcommands that need a configuration.
#[derive(Subcommand, Debug)]
pub(super) enum Configured {
    /// Measure a revision of the default branch as master set.
    Master(measure::MasterArgs),
    /// Measure a revision and compare it with the master set.
    Test(measure::TestArgs),
    /// Measure pairs of a revision with itself: the noise of each series on this host, and what can be decided in it.
    Calibrate(calibrate::CalibrateArgs),
    /// Compare two stored runs or revisions, without new load.
    Compare(compare::CompareArgs),
    /// The queue: list, show, cancel, enqueue, retry.
    Jobs(jobs::JobsArgs),
    /// The revision that candidates are compared with: show, pin, unpin.
    Baseline(baseline::BaselineArgs),
    /// Stored runs: list, show, invalidate.
    Runs(runs::RunsArgs),
    /// The series of a query over the runs that measured it.
    History(history::HistoryArgs),
    /// Every stored measurement, as CSV or JSON.
    Export(export::ExportArgs),
    /// Check the configuration, compose files and queries; starts nothing.
    Check,
}
