//! `history`.

use clap::Args;

use super::exit::CliError;
use super::global::{Format, Global};
use super::output;
use super::series::SeriesArgs;
use crate::app::{self, Context};
use crate::domain::settings::Settings;
use crate::report;

/// Arguments of `history`.
#[derive(Args, Debug)]
pub(super) struct HistoryArgs {
    /// The query's name, such as `http_latency`.
    query: String,
    #[command(flatten)]
    series: SeriesArgs,
    /// At most so many runs of each benchmark, the newest.
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

pub(super) async fn history(args: HistoryArgs, settings: Settings, global: &Global) -> Result<u8, CliError> {
    let context = Context::open(settings).await?;
    let filter = args.series.filter(&context, Some(args.query.clone()));
    let histories = app::history(&context, &filter, args.limit).await?;
    output::print(&match global.format {
        Format::Text => report::history_text(&histories, output::style()),
        Format::Json => report::history_json(&filter.project, &args.query, &histories),
        Format::Markdown => report::history_markdown(&histories),
    })?;
    Ok(0)
}
