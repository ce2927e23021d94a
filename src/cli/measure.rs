//! `master` and `test`.

use std::path::PathBuf;

use clap::Args;

use super::exit::{CliError, code_of_jobs};
use super::global::Global;
use super::{output, progress};
use crate::app::{self, Asked, Context, Ended};
use crate::domain::settings::Settings;

/// Arguments of `master`.
#[derive(Args, Debug)]
pub(super) struct MasterArgs {
    /// Branch, tag or commit; the default branch if left out.
    revision: Option<String>,
    /// One benchmark of the configuration; all of them if left out.
    #[arg(long, value_name = "NAME")]
    benchmark: Option<String>,
    /// Write the report as JSON to this file as well.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Arguments of `test`.
#[derive(Args, Debug)]
pub(super) struct TestArgs {
    /// Branch, tag or commit; HEAD if left out.
    #[arg(conflicts_with = "dirty")]
    revision: Option<String>,
    /// Compare with this revision instead of the configured baseline; it is measured first if it has no master set.
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Test the work tree as it is, uncommitted changes included.
    #[arg(long)]
    dirty: bool,
    /// One benchmark of the configuration; all of them if left out.
    #[arg(long, value_name = "NAME")]
    benchmark: Option<String>,
    /// Write the report as JSON to this file as well.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) async fn master(args: MasterArgs, settings: Settings, global: &Global) -> Result<u8, CliError> {
    let asked = Asked { revision: args.revision, benchmark: args.benchmark, ..Asked::default() };
    let stop = signals()?;
    let context = Context::open(settings).await?;
    let ended = app::measure_master(&context, &asked, progress::listener(), &stop).await?;
    report(&context, &ended, args.output, global)
}

pub(super) async fn test(args: TestArgs, settings: Settings, global: &Global) -> Result<u8, CliError> {
    let asked = Asked { revision: args.revision, base: args.base, dirty: args.dirty, benchmark: args.benchmark };
    let stop = signals()?;
    let context = Context::open(settings).await?;
    let ended = app::measure_test(&context, &asked, progress::listener(), &stop).await?;
    report(&context, &ended, args.output, global)
}

/// Ctrl-C and SIGTERM, from before anything is started.
pub(super) fn signals() -> Result<tokio_util::sync::CancellationToken, CliError> {
    app::stop_on_signals().map_err(|source| CliError::Io { operation: "listen for signals".to_owned(), source })
}

/// Prints a report for each job that ended.
pub(super) fn report(
    context: &Context,
    ended: &[Ended],
    file: Option<PathBuf>,
    global: &Global,
) -> Result<u8, CliError> {
    for job in ended {
        let model = app::report_of(context, job, &output::program(global));
        output::print_report(&model, global)?;
        if let Some(file) = &file {
            output::write_report(&model, file)?;
        }
    }
    Ok(code_of_jobs(ended, global))
}
