//! `runs requery`: the queries of now, answered for stored runs from the samples that were kept of their rounds.
//!
//! It takes its turn on the host like a job: a Prometheus beside a measurement would be noise in it.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::error::AppError;
use super::kept::Asking;
use super::measure::telling_waits;
use super::results::find;
use super::signals::unless_stopped;
use crate::domain::chain::error_chain;
use crate::domain::ids::WorkerId;
use crate::domain::job::{JobKind, JobRequest};
use crate::domain::progress::{Listener, Progress};
use crate::domain::query::Query;
use crate::domain::requery::Requery;
use crate::domain::run::{RunFilter, RunState, RunSummary};
use crate::domain::verdict::Outcome;
use crate::host;
use crate::queue::{Lease, Loss, Turn};
use crate::stack::Stacks;

/// Which runs are asked again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WhichRuns {
    /// The one of this id, or the last complete one of this revision.
    One(String),
    /// Every complete one of the project whose benchmark is configured; one whose samples can't be used is passed over.
    All,
}

/// What is asked again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Requeries {
    /// Of which runs.
    pub runs: WhichRuns,
    /// Only these queries; empty: all of the benchmark's.
    pub queries: Vec<String>,
    /// Whether the answers are stored.
    pub store: bool,
}

/// Asks stored runs again, one after the other, each in its turn on this host.
///
/// # Errors
/// A run or a query is unknown, a run is not complete, its samples are gone or damaged, it is interrupted, or the
/// environment fails.
pub async fn requery(
    context: &Context,
    asked: &Requeries,
    listener: Arc<Listener>,
    stop: &CancellationToken,
) -> Result<Vec<Requery>, AppError> {
    let runs = unless_stopped(stop, choose(context, &asked.runs)).await?;
    let host = host::name()?;
    let desk = Desk { context, stacks: context.stacks(), host, listener, stop };
    let mut answered = Vec::new();
    for run in runs {
        match desk.ask(&run, asked).await {
            Ok(requery) => answered.push(requery),
            Err(error @ AppError::Samples { .. }) if asked.runs == WhichRuns::All => desk.note(error.to_string()),
            Err(error) => return Err(error),
        }
    }
    Ok(answered)
}

async fn choose(context: &Context, which: &WhichRuns) -> Result<Vec<RunSummary>, AppError> {
    let settings = &context.settings;
    let WhichRuns::One(name) = which else {
        let (project, state) = (Some(settings.project.clone()), Some(RunState::Complete));
        let all = context.database.runs(&RunFilter { project, benchmark: None, state, limit: u32::MAX }).await?;
        return Ok(all.into_iter().filter(|run| settings.benchmarks.contains_key(&run.benchmark)).collect());
    };
    let run = find(context, name, None).await?.summary;
    if run.project != settings.project {
        let (id, of, ours) = (run.id.short(), &run.project, &settings.project);
        return Err(AppError::Usage(format!("run {id} is of project `{of}`, and this configuration is `{ours}`'s")));
    }
    if run.state != RunState::Complete {
        let (id, state) = (run.id.short(), run.state);
        return Err(AppError::Usage(format!(
            "run {id} is {state}: it is never compared, so there is nothing to ask it"
        )));
    }
    Ok(vec![run])
}

/// What all runs that are asked share.
struct Desk<'a> {
    context: &'a Context,
    stacks: Stacks,
    host: String,
    listener: Arc<Listener>,
    stop: &'a CancellationToken,
}

impl Desk<'_> {
    fn note(&self, text: String) {
        (self.listener)(Progress::Note(text));
    }

    async fn ask(&self, run: &RunSummary, asked: &Requeries) -> Result<Requery, AppError> {
        let queries = self.queries(run, &asked.queries)?;
        let (context, stacks) = (self.context, &self.stacks);
        let asking = Asking { context, stacks, run, queries, listener: &*self.listener };
        let rounds = unless_stopped(self.stop, asking.rounds()).await?;
        let lease = self.take_turn(run).await?;
        let job = lease.job().id;
        let ended = tokio::select! {
            answered = asking.answer(lease.job(), &rounds, asked.store) => answered,
            loss = lease.lost() => match loss {
                Loss::Ended(_) => Err(AppError::Interrupted),
                loss => Err(AppError::TurnLost { job, loss }),
            },
            () = self.stop.cancelled() => Err(AppError::Interrupted),
        };
        if let Err(error) = stacks.remove_run(run.id).await {
            self.note(error_chain(&error));
        }
        match &ended {
            Ok(_) => lease.finish(Outcome::Measured, None).await?,
            Err(AppError::TurnLost { .. }) => {}
            Err(AppError::Interrupted) => lease.finish(Outcome::Cancelled, None).await?,
            Err(error) => lease.finish(Outcome::InfrastructureFailed, Some(&error_chain(error))).await?,
        }
        ended
    }

    /// The queries that are asked of a run: those of its benchmark as the configuration has them now.
    fn queries(&self, run: &RunSummary, names: &[String]) -> Result<Vec<Query>, AppError> {
        let all = &self.context.benchmark(&run.benchmark)?.queries;
        if let Some(unknown) = names.iter().find(|name| all.iter().all(|query| query.name != **name)) {
            let known = all.iter().map(|query| query.name.as_str()).collect::<Vec<_>>().join(", ");
            let benchmark = &run.benchmark;
            return Err(AppError::Usage(format!("benchmark `{benchmark}` has no query `{unknown}`; it has {known}")));
        }
        Ok(all.iter().filter(|query| names.is_empty() || names.contains(&query.name)).cloned().collect())
    }

    /// Waits until no job is under way on this host, and keeps others waiting. What killed ones left is removed.
    async fn take_turn(&self, run: &RunSummary) -> Result<Lease, AppError> {
        let queue = self.context.queue();
        let kind = JobKind::Requery;
        let request = JobRequest::new(kind, &run.project, &run.benchmark, &run.revision, &run.id.short());
        let job = queue.enqueue(&request).await?;
        let on_wait = telling_waits(job, &self.listener);
        let turn = tokio::select! {
            turn = queue.await_turn(job, &self.host, WorkerId::random(), on_wait) => turn?,
            () = self.stop.cancelled() => {
                queue.cancel(job).await?;
                return Err(AppError::Interrupted);
            }
        };
        let Turn::Claimed(lease) = turn else { return Err(AppError::Interrupted) };
        // What can't be removed is told; it must not cost the turn.
        let swept =
            async { Ok::<_, AppError>(self.stacks.sweep(&queue.live_runs().await?.into_iter().collect()).await?) };
        match swept.await {
            Ok(removed) => {
                for dead in removed {
                    self.note(format!("removed what an interrupted run left behind: {dead}"));
                }
            }
            Err(error) => self.note(error_chain(&error)),
        }
        Ok(lease)
    }
}
