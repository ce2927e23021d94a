//! `jobs enqueue`: orders by hand, for any worker.

use super::context::Context;
use super::error::AppError;
use super::serve::project_on_github;
use crate::domain::github::PullNumber;
use crate::domain::job::{JobKind, JobRequest};
use crate::domain::order::{Order, Ordered, Priority, Terms};
use crate::manager::{Manager, Pace};

/// Who asked, as the queue shows it.
const BY_HAND: &str = "command line";

/// Orders the test of a pull request's head, a benchmark each.
///
/// # Errors
/// The project is not on GitHub, the pull request may not run, or GitHub or the database fails.
pub async fn enqueue_test(
    context: Context,
    pull: PullNumber,
    benchmark: Option<&str>,
) -> Result<Vec<Ordered>, AppError> {
    let project = project_on_github(&context)?.ok_or_else(|| {
        AppError::Usage(
            "pull requests are on GitHub, and the configuration has no `github`; see `loadmark test`".into(),
        )
    })?;
    let settings = &context.settings;
    let pace = Pace::new(settings.queue.poll.0, settings.manager.reconcile.0);
    let manager = Manager::new(vec![project], context.queue(), context.database.clone(), pace);
    Ok(manager.enqueue_pull(&settings.project, pull, benchmark, BY_HAND).await?)
}

/// Orders the master set of a revision, a benchmark each: one that was ordered before and is over, once more.
///
/// # Errors
/// The revision or the benchmark is unknown, or the repository or the database fails.
pub async fn enqueue_master(
    context: &Context,
    revision: Option<&str>,
    benchmark: Option<&str>,
) -> Result<Vec<Ordered>, AppError> {
    let benchmarks = context.benchmarks(benchmark)?;
    let asked_as = revision.unwrap_or(&context.settings.default_branch).to_owned();
    let revision = context.open_mirror().await?.resolve(&asked_as).await?;
    let queue = context.queue();
    let mut all = Vec::new();
    for benchmark in benchmarks {
        let project = &context.settings.project;
        let request = JobRequest::new(JobKind::NewMaster, project, &benchmark, &revision, &asked_as);
        let terms =
            Terms { served: true, priority: Priority::Master, ask: String::new(), asked_by: BY_HAND.to_owned() };
        all.push(match queue.order(&Order { request, terms, after: None }).await? {
            Ordered::Known(job) => queue.ask_again(job).await?,
            new => new,
        });
    }
    Ok(all)
}
