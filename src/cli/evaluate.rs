//! `evaluate`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use tokio_util::sync::CancellationToken;

use super::exit::CliError;
use super::global::{Format, Global};
use super::measure::Reporter;
use super::output;
use super::progress::Screen;
use crate::app::{self, Context, EvaluationAsked, GatherAsked};
use crate::domain::settings::Settings;
use crate::report;

/// Arguments of `evaluate`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct EvaluateArgs {
    /// Recorded rounds of one revision with itself: files as `judge --input` reads them, or folders of such files.
    #[arg(long, value_name = "PATH")]
    rounds: Vec<PathBuf>,
    /// Keep here what was counted; an evaluation that was stopped goes on from it. Delete it after a change of the
    /// procedure.
    #[arg(long, value_name = "FILE", default_value = ".loadmark/evaluation.jsonl")]
    state: PathBuf,
    /// Write the JSON and the pictures to this folder, and the tables between their marks into `--page`.
    #[arg(long, value_name = "FOLDER", requires = "page")]
    output: Option<PathBuf>,
    /// The page that holds the tables.
    #[arg(long, value_name = "FILE", requires = "output")]
    page: Option<PathBuf>,
    /// The seed of all draws.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// A few jobs of each instead of enough: shows that it works, not how well.
    #[arg(long)]
    quick: bool,
    /// Threads.
    #[arg(long, value_name = "N", default_value_t = threads())]
    jobs: usize,
    #[command(subcommand)]
    pub(super) action: Option<EvaluateAction>,
}

/// What is done for the evaluation.
#[derive(Clone, Subcommand, Debug)]
pub(super) enum EvaluateAction {
    /// Record rounds of one revision with itself for the evaluation, ten pairs at a time; goes on where it was stopped.
    Gather(GatherArgs),
}

/// Arguments of `evaluate gather`.
#[derive(Clone, Args, Debug)]
pub(super) struct GatherArgs {
    /// The benchmark of the configuration.
    #[arg(long, value_name = "NAME", required_unless_present = "from")]
    benchmark: Option<String>,
    /// Branch, tag or commit; that of the rounds that are there, or the default branch, if left out.
    #[arg(long, value_name = "REV")]
    revision: Option<String>,
    /// So many pairs shall be there at the end.
    #[arg(long, value_name = "N", default_value_t = 40)]
    pairs: u16,
    /// Measure nothing: add the pairs of this stored run.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["benchmark", "revision", "pairs"])]
    from: Option<String>,
    /// The file of the rounds; its description stands beside it, in `.json`.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

pub(super) async fn evaluate(args: EvaluateArgs, global: &Global, stop: &CancellationToken) -> Result<u8, CliError> {
    let asked = EvaluationAsked {
        rounds: args.rounds,
        state: args.state,
        seed: args.seed,
        quick: args.quick,
        threads: args.jobs.max(1),
    };
    let stopped = stop.clone();
    let work = move || app::evaluate(&asked, &stopped, |told| tracing::info!("evaluation: {told}"));
    let joined = tokio::task::spawn_blocking(work).await;
    let evaluation =
        joined.map_err(|error| CliError::Io { operation: "evaluate".to_owned(), source: error.into() })??;
    if let (Some(folder), Some(page)) = (&args.output, &args.page) {
        app::write_evaluation(&evaluation, folder, page)?;
    }
    output::print(&match global.format {
        Format::Json => report::evaluation_json(&evaluation),
        Format::Text | Format::Markdown => report::evaluation_markdown(&evaluation),
    })?;
    Ok(0)
}

pub(super) async fn gather(
    args: GatherArgs,
    settings: Settings,
    global: &Global,
    stop: &CancellationToken,
) -> Result<u8, CliError> {
    let context = app::unless_stopped(stop, Context::open(settings)).await?;
    let GatherArgs { benchmark, revision, pairs, from, file } = args;
    let Some(benchmark) = benchmark else {
        let run = from.unwrap_or_default();
        let there = app::unless_stopped(stop, app::gather_from(&context, &run, &file)).await?;
        output::print(&format!("{there} pairs are in {}", file.display()))?;
        return Ok(0);
    };
    let asked = GatherAsked { benchmark, revision, pairs, file };
    let screen = Screen::new();
    let mut reporter = Reporter::new(&context, global, &screen, None);
    let there = app::gather(&context, &asked, screen.listener(), stop, |ended| reporter.tell(ended)).await?;
    output::print(&format!("{there} pairs are in {}", asked.file.display()))?;
    reporter.conclude()
}
