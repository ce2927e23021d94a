//! `compare`.

use clap::Args;

use super::exit::{CliError, code_of_outcome};
use super::global::Global;
use super::output;
use crate::app::{self, Context};
use crate::domain::settings::Settings;

/// Arguments of `compare`.
#[derive(Args, Debug)]
pub(super) struct CompareArgs {
    /// A run's id (or its beginning), or a revision, whose last complete run is taken.
    base: String,
    /// The same, for what is judged.
    candidate: String,
}

pub(super) async fn compare(args: CompareArgs, settings: Settings, global: &Global) -> Result<u8, CliError> {
    let context = Context::open(settings).await?;
    let comparison = app::compare_stored(&context, &args.base, &args.candidate).await?;
    let placement = app::placement_of_run(&context, comparison.candidate.id).await?;
    let model = app::report_of_stored(comparison, placement, &output::program(global));
    output::print_report(&model, global)?;
    Ok(code_of_outcome(&model.outcome, global))
}
