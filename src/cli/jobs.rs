//! `jobs`.

use clap::{Args, Subcommand};
use tokio_util::sync::CancellationToken;

use super::exit::CliError;
use super::global::{Format, Global};
use super::measure::Reporter;
use super::output;
use super::progress::Screen;
use crate::app::{self, Context, Retried};
use crate::domain::github::PullNumber;
use crate::domain::ids::JobId;
use crate::domain::job::Cancellation;
use crate::domain::order::Ordered;
use crate::domain::settings::Settings;
use crate::report;

/// Arguments of `jobs`.
#[derive(Args, Debug)]
pub(super) struct JobsArgs {
    #[command(subcommand)]
    action: Option<JobsAction>,
}

/// What is done with jobs; listed if left out.
#[derive(Subcommand, Debug)]
enum JobsAction {
    /// List jobs, the newest first.
    List {
        /// At most so many.
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Show one job.
    Show {
        /// Its number.
        job: JobId,
    },
    /// End a waiting or running job; a running one takes its stack down.
    Cancel {
        /// Its number.
        job: JobId,
    },
    /// Order a job by hand, for any worker: for what was lost, or nobody asked for.
    Enqueue {
        #[command(subcommand)]
        what: Enqueue,
    },
    /// Run a job again: one that was lost as itself, one that is over as a new one. One that a worker of `serve` took goes
    /// back to the queue, and this returns at once.
    Retry {
        /// Its number.
        job: JobId,
    },
}

/// What is ordered by hand.
#[derive(Subcommand, Debug)]
enum Enqueue {
    /// Measure the head of a pull request, compare, and report to it.
    NewTest {
        /// Its number on GitHub.
        #[arg(long, value_name = "N")]
        pull: i32,
        /// One benchmark of the configuration; those that events start if left out.
        #[arg(long, value_name = "NAME")]
        benchmark: Option<String>,
    },
    /// Measure a revision as master set.
    NewMaster {
        /// Branch, tag or commit; the default branch if left out.
        revision: Option<String>,
        /// One benchmark of the configuration; all of them if left out.
        #[arg(long, value_name = "NAME")]
        benchmark: Option<String>,
    },
}

pub(super) async fn jobs(
    args: JobsArgs,
    settings: Settings,
    global: &Global,
    stop: &CancellationToken,
) -> Result<u8, CliError> {
    let context = app::unless_stopped(stop, Context::open(settings)).await?;
    match args.action.unwrap_or(JobsAction::List { limit: 20 }) {
        JobsAction::List { limit } => {
            let jobs = app::list_jobs(&context, limit).await?;
            output::print(&match global.format {
                Format::Json => report::jobs_json(&jobs),
                Format::Text | Format::Markdown => report::jobs_text(&jobs, output::style()),
            })?;
        }
        JobsAction::Show { job } => {
            let job = app::show_job(&context, job).await?;
            output::print(&match global.format {
                Format::Json => report::job_json(&job),
                Format::Text | Format::Markdown => report::job_text(&job, output::style()),
            })?;
        }
        JobsAction::Cancel { job } => {
            output::print(&match app::cancel_job(&context, job).await? {
                Cancellation::Cancelled => format!("job {job} is cancelled"),
                Cancellation::Requested => format!("job {job} is under way; it takes its stack down and ends"),
                Cancellation::AlreadyFinished(outcome) => format!("job {job} was over already: {outcome}"),
            })?;
        }
        JobsAction::Enqueue { what } => {
            let ordered = match what {
                Enqueue::NewTest { pull, benchmark } => {
                    let test = app::enqueue_test(context, PullNumber(pull), benchmark.as_deref());
                    app::unless_stopped(stop, test).await?
                }
                Enqueue::NewMaster { revision, benchmark } => {
                    let master = app::enqueue_master(&context, revision.as_deref(), benchmark.as_deref());
                    app::unless_stopped(stop, master).await?
                }
            };
            for ordered in ordered {
                output::print(&match ordered {
                    Ordered::New(job) => format!("job {job} waits for a worker of `loadmark serve`"),
                    Ordered::Known(job) => format!("job {job} is that already, and not over yet"),
                })?;
            }
        }
        JobsAction::Retry { job } => {
            let screen = Screen::new();
            let mut reporter = Reporter::new(&context, global, &screen, None);
            match app::retry_job(&context, job, screen.listener(), stop).await? {
                Retried::Ran(ended) => reporter.tell(&ended),
                Retried::Queued(Ordered::New(again)) => {
                    output::print(&format!(
                        "job {again} waits for a worker of `loadmark serve`, in place of job {job}"
                    ))?;
                }
                Retried::Queued(Ordered::Known(open)) => {
                    output::print(&format!("job {open} of the same request is not over yet: it goes on"))?;
                }
            }
            return reporter.conclude();
        }
    }
    Ok(0)
}
