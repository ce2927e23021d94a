//! `baseline`.

use clap::{Args, Subcommand};

use super::exit::CliError;
use super::global::{Format, Global, reason, who};
use super::output;
use crate::app::{self, Context, Pinned};
use crate::domain::settings::Settings;
use crate::report;

/// Arguments of `baseline`.
#[derive(Args, Debug)]
pub(super) struct BaselineArgs {
    #[command(subcommand)]
    action: Option<BaselineAction>,
}

/// What is done with pinned baselines; shown if left out.
#[derive(Subcommand, Debug)]
enum BaselineAction {
    /// Compare candidates with this revision from now on, instead of the configured baseline.
    ///
    /// `--base` of a test goes before it. With stored sets, it needs a master set; the manager has one measured.
    Pin {
        /// Branch, tag or commit.
        revision: String,
        /// Why; kept with it.
        #[arg(long, value_parser = reason)]
        reason: String,
        /// One benchmark of the configuration; all of them if left out.
        #[arg(long, value_name = "NAME")]
        benchmark: Option<String>,
    },
    /// Compare with the configured baseline again.
    Unpin {
        /// One benchmark of the configuration; all of them if left out.
        #[arg(long, value_name = "NAME")]
        benchmark: Option<String>,
    },
    /// Show what is pinned, by whom and why.
    Show {
        /// What was pinned before as well.
        #[arg(long)]
        all: bool,
    },
}

pub(super) async fn baseline(args: BaselineArgs, settings: Settings, global: &Global) -> Result<u8, CliError> {
    let context = Context::open(settings).await?;
    let (done, all) = match args.action.unwrap_or(BaselineAction::Show { all: false }) {
        BaselineAction::Pin { revision, reason, benchmark } => {
            let pinned = app::pin_baseline(&context, &revision, benchmark.as_deref(), &reason, &who()).await?;
            (Some(pinned.iter().map(|one| pinned_text(one, global)).collect()), false)
        }
        BaselineAction::Unpin { benchmark } => {
            let unpinned = app::unpin_baseline(&context, benchmark.as_deref(), &who()).await?;
            (Some(unpinned_text(&unpinned)), false)
        }
        BaselineAction::Show { all } => (None, all),
    };
    output::print(&match (global.format, done) {
        (Format::Json, _) => report::pins_json(&context.settings.project, &app::list_pins(&context, all).await?),
        (Format::Text | Format::Markdown, Some(text)) => text,
        (Format::Text | Format::Markdown, None) => {
            report::pins_text(&app::list_pins(&context, all).await?, output::style())
        }
    })?;
    Ok(0)
}

fn pinned_text(pinned: &Pinned, global: &Global) -> String {
    let Pinned { benchmark, revision, is_measured } = pinned;
    let mut text = format!("{benchmark}: candidates are compared with {} from now on\n", revision.short());
    if !is_measured {
        let program = output::program(global);
        text += &format!(
            "  it has no master set by this configuration: `{program} master {revision} --benchmark {benchmark}` measures one\n"
        );
    }
    text
}

fn unpinned_text(benchmarks: &[String]) -> String {
    match benchmarks {
        [] => "no baseline is pinned".to_owned(),
        _ => format!("{}: candidates are compared with the configured baseline again", benchmarks.join(", ")),
    }
}
