//! `evaluate`.

use std::path::PathBuf;

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::exit::CliError;
use super::global::{Format, Global};
use super::output;
use crate::app::{self, EvaluationAsked};
use crate::report;

/// Arguments of `evaluate`.
#[derive(Args, Debug)]
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
    let evaluation = joined.map_err(|error| CliError::Io { operation: "evaluate".to_owned(), source: error.into() })??;
    if let (Some(folder), Some(page)) = (&args.output, &args.page) {
        app::write_evaluation(&evaluation, folder, page)?;
    }
    output::print(&match global.format {
        Format::Json => report::evaluation_json(&evaluation),
        Format::Text | Format::Markdown => report::evaluation_markdown(&evaluation),
    })?;
    Ok(0)
}
