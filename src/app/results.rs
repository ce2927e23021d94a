//! Stored results: runs and jobs listed and shown, two runs compared, a run taken back.

use super::context::Context;
use super::error::AppError;
use time::OffsetDateTime;

use crate::checkout::CheckoutError;
use crate::compare;
use crate::database::DatabaseError;
use crate::domain::comparison::{Comparison, Sides};
use crate::domain::conditions::Conditions;
use crate::domain::ids::{JobId, RunId};
use crate::domain::job::{Job, JobFilter, JobKind};
use crate::domain::placement::Placement;
use crate::domain::procedure::CompareMethod;
use crate::domain::run::{Invalidation, RunFilter, RunSummary, StoredRun};
use crate::measure;

/// The project's runs, the newest first.
///
/// # Errors
/// Postgres fails.
pub async fn list_runs(context: &Context, limit: u32) -> Result<Vec<RunSummary>, AppError> {
    let filter = RunFilter { project: Some(context.settings.project.clone()), benchmark: None, state: None, limit };
    Ok(context.database.runs(&filter).await?)
}

/// A run, and who took it back, if somebody did.
#[derive(Clone, PartialEq, Debug)]
pub struct ShownRun {
    /// The run.
    pub run: StoredRun,
    /// Who took it back, and why.
    pub invalidation: Option<Invalidation>,
    /// Under which conditions it was measured; none where they were not recorded.
    pub conditions: Option<Conditions>,
}

/// A run by its id or the beginning of it.
///
/// # Errors
/// There is none, or several begin so.
pub async fn show_run(context: &Context, id: &str) -> Result<ShownRun, AppError> {
    let run = context.database.run(id).await?;
    let invalidation = context.database.invalidation(run.summary.id).await?;
    let conditions = context.database.conditions(run.summary.id).await?;
    Ok(ShownRun { run, invalidation, conditions })
}

/// Which cores the stacks of a run were on; none: all on all, or not recorded.
///
/// # Errors
/// Postgres fails.
pub async fn placement_of_run(context: &Context, run: RunId) -> Result<Option<Placement>, AppError> {
    Ok(context.database.conditions(run).await?.and_then(|conditions| conditions.placement))
}

/// The configuration that was in force in a run, named by its id or the beginning of it; the id comes with the text.
///
/// # Errors
/// There is no such run, or several begin so.
pub async fn show_configuration(context: &Context, id: &str) -> Result<(RunId, String), AppError> {
    let run = context.database.run(id).await?.summary.id;
    Ok((run, context.database.run_configuration(run).await?))
}

/// Takes a run back: it is never compared again.
///
/// # Errors
/// There is no such run.
pub async fn invalidate_run(context: &Context, id: &str, reason: &str, by: &str) -> Result<RunSummary, AppError> {
    let run = context.database.run(id).await?.summary;
    context.database.invalidate(run.id, reason, by).await?;
    Ok(context.database.run(id).await?.summary)
}

/// The project's jobs, the newest first.
///
/// # Errors
/// Postgres fails.
pub async fn list_jobs(context: &Context, limit: u32) -> Result<Vec<Job>, AppError> {
    // One whose holder was killed would else be shown as running for ever.
    context.queue().reap().await?;
    let filter = JobFilter { project: Some(context.settings.project.clone()), limit };
    Ok(context.database.jobs(&filter).await?)
}

/// A job by its number.
///
/// # Errors
/// There is none.
pub async fn show_job(context: &Context, job: JobId) -> Result<Job, AppError> {
    context.queue().reap().await?;
    Ok(context.database.job(job).await?)
}

/// Compares two stored runs, each named by run or by revision, under the queries and limits in force now.
///
/// # Errors
/// One of them is not stored, or they are of different benchmarks.
pub async fn compare_stored(context: &Context, baseline: &str, candidate: &str) -> Result<Comparison, AppError> {
    let mut candidate = find(context, candidate, None).await?;
    let mut baseline = find(context, baseline, Some(&candidate.summary.benchmark)).await?;
    let (of, with) = (&candidate.summary.benchmark, &baseline.summary.benchmark);
    if of != with {
        return Err(AppError::Usage(format!(
            "run {} is of benchmark `{of}`, run {} of `{with}`: nothing to compare",
            candidate.summary.id.short(),
            baseline.summary.id.short()
        )));
    }
    let mut benchmark = context.benchmark(of)?.clone();
    let is_pair = context.database.is_pair(baseline.summary.id, candidate.summary.id).await?;
    let today = OffsetDateTime::now_utc().date();
    let asked = context.database.job(candidate.summary.job).await?.request;
    if is_pair {
        candidate.keep_rounds_of(&baseline);
        benchmark.pairs.max = asked.rounds.unwrap_or(benchmark.pairs.max);
        let (project, class) = (&context.settings.project, &candidate.summary.class);
        if let Some(calibration) = context.database.calibration(project, &benchmark.name, class).await? {
            calibration.promote_tails(&mut benchmark.queries, benchmark.pairs.max, today);
        }
    } else if asked.kind == JobKind::NewMaster || asked.compare.unwrap_or(benchmark.compare) == CompareMethod::Stored {
        benchmark.rounds = asked.rounds.unwrap_or(benchmark.rounds);
    }
    for run in [&mut baseline, &mut candidate] {
        measure::keep_asked(run, &benchmark.queries);
    }
    let sides = Sides { baseline: Some(&baseline), candidate: &candidate, queries: &benchmark.queries, today };
    if is_pair {
        return Ok(compare::compare_stored_pairs(sides, &benchmark.pairs, benchmark.fewest_primary(today)));
    }
    // What was measured a second time to confirm the first is judged as it was then.
    let is_confirmed = !candidate.summary.paired && candidate.rounds.len() == 2 * usize::from(benchmark.rounds);
    Ok(if is_confirmed { compare::confirm(sides, benchmark.rounds) } else { compare::compare(sides) })
}

/// A run by its id, or the last complete one of a revision that the repository or the database knows; of any
/// benchmark, if none is given.
pub(super) async fn find(context: &Context, name: &str, benchmark: Option<&str>) -> Result<StoredRun, AppError> {
    match context.database.run(name).await {
        // No run is called so; perhaps a revision is.
        Err(DatabaseError::Unknown { .. }) => {}
        known => return Ok(known?),
    }
    let mirror = context.open_mirror().await?;
    let sha = match mirror.resolve(name).await {
        Ok(revision) => revision.to_string(),
        // Perhaps the beginning of a dirty revision, which only the database knows.
        Err(CheckoutError::Revision { .. }) => name.to_owned(),
        Err(error) => return Err(error.into()),
    };
    let found = context.database.latest_run_of_revision(&context.settings.project, benchmark, &sha).await?;
    found.ok_or_else(|| {
        AppError::Usage(format!(
            "`{name}` is no stored run, and no run of such a revision is stored; see `loadmark runs`"
        ))
    })
}
