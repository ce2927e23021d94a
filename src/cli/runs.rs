//! `runs`.

use clap::{Args, Subcommand};
use tokio_util::sync::CancellationToken;

use super::exit::CliError;
use super::global::{Format, Global, who};
use super::output;
use super::progress::Screen;
use crate::app::{self, Context, Requeries, ShownRun, WhichRuns};
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
    #[command(flatten)]
    Store(StoreAction),
    /// Answer the configuration's queries for stored runs, from the samples that were kept of their rounds.
    ///
    /// What was answered before stays as it is; a new or edited query is there from then on, for comparisons as well.
    /// It takes its turn on this host like a job.
    Requery(RequeryArgs),
}

/// What needs nothing but the database.
#[derive(Subcommand, Debug)]
enum StoreAction {
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
        #[arg(long, value_parser = super::global::reason)]
        reason: String,
    },
}

/// Arguments of `runs requery`.
#[derive(Args, Debug)]
struct RequeryArgs {
    /// A run's id (or its beginning), or a revision, whose last complete run is taken.
    #[arg(required_unless_present = "all")]
    run: Option<String>,
    /// Every complete run whose samples are on this host.
    #[arg(long, conflicts_with = "run")]
    all: bool,
    /// Ask this query only; may be given several times.
    #[arg(long, value_name = "NAME")]
    query: Vec<String>,
    /// Show the answers, and store nothing.
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn runs(
    args: RunsArgs,
    settings: Settings,
    global: &Global,
    stop: &CancellationToken,
) -> Result<u8, CliError> {
    let context = app::unless_stopped(stop, Context::open(settings)).await?;
    let text = match args.action.unwrap_or(RunsAction::Store(StoreAction::List { limit: 20 })) {
        RunsAction::Store(action) => app::unless_stopped(stop, store(action, &context, global)).await?,
        // It ends by itself when it is stopped: what it started has to go first.
        RunsAction::Requery(args) => requery(args, &context, global, stop).await?,
    };
    output::print(&text)?;
    Ok(0)
}

async fn requery(
    args: RequeryArgs,
    context: &Context,
    global: &Global,
    stop: &CancellationToken,
) -> Result<String, CliError> {
    let runs = args.run.map_or(WhichRuns::All, WhichRuns::One);
    let asked = Requeries { runs, queries: args.query, store: !args.dry_run };
    let screen = Screen::new();
    let answered = app::requery(context, &asked, screen.listener(), stop).await?;
    Ok(screen.aside(|| match global.format {
        Format::Json => report::requery_json(&answered),
        Format::Text | Format::Markdown => report::requery_text(&answered, output::style()),
    }))
}

async fn store(action: StoreAction, context: &Context, global: &Global) -> Result<String, CliError> {
    Ok(match action {
        StoreAction::List { limit } => {
            let runs = app::list_runs(context, limit).await?;
            match global.format {
                Format::Json => report::runs_json(&runs),
                Format::Text | Format::Markdown => report::runs_text(&runs, output::style()),
            }
        }
        StoreAction::Show { run, configuration: false } => {
            let ShownRun { run, invalidation, conditions } = app::show_run(context, &run).await?;
            let (invalidation, conditions) = (invalidation.as_ref(), conditions.as_ref());
            match global.format {
                Format::Json => report::run_json(&run, invalidation, conditions),
                Format::Text | Format::Markdown => report::run_text(&run, invalidation, conditions, output::style()),
            }
        }
        StoreAction::Show { run, configuration: true } => {
            let (run, text) = app::show_configuration(context, &run).await?;
            match global.format {
                Format::Json => report::configuration_json(run, &text),
                Format::Text | Format::Markdown => text,
            }
        }
        StoreAction::Invalidate { run, reason } => {
            let by = who();
            let run = app::invalidate_run(context, &run, &reason, &by).await?;
            format!("run {} of {} is invalidated by {by}: {reason}", run.id.short(), run.revision.short())
        }
    })
}
