//! `master` and `test`.

use std::path::PathBuf;

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::exit::{CliError, code_of_job, worst};
use super::global::Global;
use super::output;
use super::progress::Screen;
use crate::app::{self, Asked, Context, Ended};
use crate::domain::job::JobKind;
use crate::domain::procedure::CompareMethod;
use crate::domain::settings::Settings;

/// Arguments of `master`.
#[derive(Args, Debug)]
pub(super) struct MasterArgs {
    /// Branch, tag or commit; the default branch if left out.
    revision: Option<String>,
    /// One benchmark of the configuration; all of them if left out.
    #[arg(long, value_name = "NAME")]
    benchmark: Option<String>,
    /// Measure it, even if an equal set is stored.
    #[arg(long)]
    force: bool,
    /// Write the report as JSON to this file as well; for one benchmark.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Arguments of `test`.
#[derive(Args, Debug)]
pub(super) struct TestArgs {
    /// Branch, tag or commit; HEAD if left out.
    #[arg(conflicts_with = "dirty")]
    revision: Option<String>,
    /// Compare with this revision instead of the configured baseline; with stored sets, it is measured first if it has no
    /// master set as it would be measured now on this machine.
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Test the work tree as it is, uncommitted changes included.
    #[arg(long)]
    dirty: bool,
    /// What it is compared with, instead of what the configuration says: stored sets, pairs of rounds of both
    /// revisions, or stored sets where they suffice and else pairs.
    #[arg(long, value_name = "stored|paired|auto")]
    compare: Option<CompareMethod>,
    /// So many rounds, or pairs of rounds at most, instead of what the configuration says.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: Option<u16>,
    /// One benchmark of the configuration; all of them if left out.
    #[arg(long, value_name = "NAME")]
    benchmark: Option<String>,
    /// Write the revision's report as JSON to this file as well; for one benchmark.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) async fn master(
    args: MasterArgs,
    settings: Settings,
    global: &Global,
    stop: &CancellationToken,
) -> Result<u8, CliError> {
    let asked = Asked { revision: args.revision, benchmark: args.benchmark, force: args.force, ..Asked::default() };
    let file = report_file(args.output, JobKind::NewMaster, &asked, &settings)?;
    let context = app::unless_stopped(stop, Context::open(settings)).await?;
    let screen = Screen::new();
    let mut reporter = Reporter::new(&context, global, &screen, file);
    app::measure_master(&context, &asked, screen.listener(), stop, |ended| reporter.tell(ended)).await?;
    reporter.conclude()
}

pub(super) async fn test(
    args: TestArgs,
    settings: Settings,
    global: &Global,
    stop: &CancellationToken,
) -> Result<u8, CliError> {
    let asked = Asked {
        revision: args.revision,
        base: args.base,
        dirty: args.dirty,
        benchmark: args.benchmark,
        force: false,
        compare: args.compare,
        rounds: args.rounds,
    };
    let file = report_file(args.output, JobKind::Experiment, &asked, &settings)?;
    let context = app::unless_stopped(stop, Context::open(settings)).await?;
    let screen = Screen::new();
    let mut reporter = Reporter::new(&context, global, &screen, file);
    app::measure_test(&context, &asked, screen.listener(), stop, |ended| reporter.tell(ended)).await?;
    reporter.conclude()
}

/// Where one report goes as well: that of the job of this kind.
pub(super) struct ReportFile {
    path: PathBuf,
    of: JobKind,
}

/// The file of `--output`, which takes one report.
fn report_file(
    path: Option<PathBuf>,
    of: JobKind,
    asked: &Asked,
    settings: &Settings,
) -> Result<Option<ReportFile>, CliError> {
    let Some(path) = path else { return Ok(None) };
    if asked.benchmark.is_none() && settings.benchmarks.len() > 1 {
        let benchmarks = settings.benchmarks.keys().cloned().collect::<Vec<_>>().join(", ");
        return Err(CliError::OneReport { benchmarks });
    }
    Ok(Some(ReportFile { path, of }))
}

/// Prints the report of each job when it ends, so that what comes after it can't take it away.
pub(super) struct Reporter<'a> {
    context: &'a Context,
    global: &'a Global,
    screen: &'a Screen,
    file: Option<ReportFile>,
    codes: Vec<u8>,
    /// The first report that could not be written.
    failed: Option<CliError>,
}

impl<'a> Reporter<'a> {
    pub(super) fn new(context: &'a Context, global: &'a Global, screen: &'a Screen, file: Option<ReportFile>) -> Self {
        Self { context, global, screen, file, codes: Vec::new(), failed: None }
    }

    /// Prints a report.
    pub(super) fn tell(&mut self, ended: &Ended) {
        self.codes.push(code_of_job(ended, self.global));
        if let Err(error) = self.write(ended) {
            self.failed.get_or_insert(error);
        }
    }

    fn write(&self, ended: &Ended) -> Result<(), CliError> {
        let model = app::report_of(&self.context.settings.data, ended, &output::program(self.global));
        self.screen.aside(|| output::print_report(&model, self.global))?;
        match &self.file {
            Some(file) if file.of == ended.request.kind => output::write_report(&model, &file.path),
            _ => Ok(()),
        }
    }

    /// The exit code of all jobs together.
    pub(super) fn conclude(self) -> Result<u8, CliError> {
        match self.failed {
            Some(error) => Err(error),
            None => Ok(worst(&self.codes)),
        }
    }
}
