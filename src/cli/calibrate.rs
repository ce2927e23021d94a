//! `calibrate`.

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::exit::CliError;
use super::global::{Format, Global};
use super::measure::Reporter;
use super::output;
use super::progress::Screen;
use crate::app::{self, CalibrationAsked, Context, Ended};
use crate::domain::calibration::Calibration;
use crate::domain::settings::Settings;
use crate::report;

/// Arguments of `calibrate`.
#[derive(Args, Debug)]
pub(super) struct CalibrateArgs {
    /// Branch, tag or commit; the default branch if left out.
    revision: Option<String>,
    /// So many pairs.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(4..=100))]
    pairs: u16,
    /// One benchmark of the configuration; all of them if left out.
    #[arg(long, value_name = "NAME")]
    benchmark: Option<String>,
    /// Measure nothing: compute it from a stored run, which was measured in pairs with its own revision.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["revision", "pairs", "benchmark"])]
    from: Option<String>,
}

pub(super) async fn calibrate(
    args: CalibrateArgs,
    settings: Settings,
    global: &Global,
    stop: &CancellationToken,
) -> Result<u8, CliError> {
    let context = app::unless_stopped(stop, Context::open(settings)).await?;
    if let Some(run) = args.from {
        let calibration = app::unless_stopped(stop, app::calibrate_from(&context, &run)).await?;
        print(&calibration, global)?;
        return Ok(0);
    }
    let asked = CalibrationAsked { revision: args.revision, benchmark: args.benchmark, pairs: args.pairs };
    let screen = Screen::new();
    let mut reporter = Reporter::new(&context, global, &screen, None);
    let mut failure = None;
    let on_end = |calibrated: Result<Calibration, Ended>| match calibrated {
        Ok(calibration) => {
            failure = failure.take().or(screen.aside(|| print(&calibration, global)).err());
        }
        Err(ended) => reporter.tell(&ended),
    };
    app::calibrate(&context, &asked, screen.listener(), stop, on_end).await?;
    match failure {
        Some(error) => Err(error),
        None => reporter.conclude(),
    }
}

fn print(calibration: &Calibration, global: &Global) -> Result<(), CliError> {
    output::print(&match global.format {
        Format::Text => report::calibration_text(calibration, output::style()),
        Format::Json => report::calibration_json(calibration),
        Format::Markdown => report::calibration_markdown(calibration),
    })
}
