//! `runs`.

use clap::{Args, Subcommand};

use super::exit::CliError;
use super::global::{Format, Global};
use super::output;
use crate::app::{self, Context, ShownRun};
use crate::domain::settings::Settings;
use crate::report;

/// Arguments of `runs`.
#[derive(Args, Debug)]
pub(super) struct RunsArgs {
    #[command(subcommand)]
    action: Option<RunsAction>,
}

/// What is done with runs; listed if left out.
#[derive(Subcommand, Debug)]
enum RunsAction {
    /// List runs, the newest first.
    List {
        /// At most so many.
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Show one run with its series.
    Show {
        /// Its id, or the beginning of it.
        run: String,
        /// Print the configuration that was in force instead.
        #[arg(long)]
        configuration: bool,
    },
    /// Take a run back: it is never compared again.
    Invalidate {
        /// Its id, or the beginning of it.
        run: String,
        /// Why; kept with it.
        #[arg(long)]
        reason: String,
    },
}

pub(super) async fn runs(args: RunsArgs, settings: Settings, global: &Global) -> Result<u8, CliError> {
    let context = Context::open(settings).await?;
    let text = match args.action.unwrap_or(RunsAction::List { limit: 20 }) {
        RunsAction::List { limit } => {
            let runs = app::list_runs(&context, limit).await?;
            match global.format {
                Format::Json => report::runs_json(&runs),
                Format::Text | Format::Markdown => report::runs_text(&runs, output::style()),
            }
        }
        RunsAction::Show { run, configuration: false } => {
            let ShownRun { run, invalidation } = app::show_run(&context, &run).await?;
            match global.format {
                Format::Json => report::run_json(&run, invalidation.as_ref()),
                Format::Text | Format::Markdown => report::run_text(&run, invalidation.as_ref(), output::style()),
            }
        }
        RunsAction::Show { run, configuration: true } => {
            let (run, text) = app::show_configuration(&context, &run).await?;
            match global.format {
                Format::Json => report::configuration_json(run, &text),
                Format::Text | Format::Markdown => text,
            }
        }
        RunsAction::Invalidate { run, reason } => {
            let by = std::env::var("USER").unwrap_or_else(|_| "command line".to_owned());
            let run = app::invalidate_run(&context, &run, &reason, &by).await?;
            format!("run {} of {} is invalidated: {reason}", run.id.short(), run.revision.short())
        }
    };
    output::print(&text)?;
    Ok(0)
}
