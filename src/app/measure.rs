//! `master` and `test`: from a name of a revision to an ended job.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::error::AppError;
use crate::checkout::Mirror;
use crate::domain::ids::JobId;
use crate::domain::job::{JobKind, JobRequest, Wait, WaitReason};
use crate::domain::progress::{Listener, Progress};
use crate::domain::revision::Revision;
use crate::domain::run::{RunFilter, RunState};
use crate::worker::{Ended, Worker};

/// What was asked on the command line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Asked {
    /// A name of a revision; none: the default branch for a master set, `HEAD` for a test.
    pub revision: Option<String>,
    /// A name of the revision to compare with.
    pub base: Option<String>,
    /// The work tree as it is, in place of a revision.
    pub dirty: bool,
    /// One benchmark; none: all of them.
    pub benchmark: Option<String>,
}

/// Measures a master set, once a benchmark; stops at the first that is interrupted.
///
/// # Errors
/// The revision or the benchmark is unknown, or the environment fails.
pub async fn measure_master(
    context: &Context,
    asked: &Asked,
    listener: Arc<Listener>,
    stop: &CancellationToken,
) -> Result<Vec<Ended>, AppError> {
    let mirror = context.open_mirror().await?;
    let name = asked.revision.clone().unwrap_or_else(|| context.settings.default_branch.clone());
    let revision = mirror.resolve(&name).await?;
    let request = |benchmark: String| JobRequest {
        kind: JobKind::NewMaster,
        project: context.settings.project.clone(),
        benchmark,
        revision: revision.clone(),
        asked_as: name.clone(),
        base: None,
    };
    let requests: Vec<JobRequest> = benchmarks(context, asked)?.into_iter().map(request).collect();
    run_all(context, mirror, &requests, listener, stop).await
}

/// Measures a revision and compares it with the master set, once a benchmark. A base that was named and has no
/// master set is measured first.
///
/// # Errors
/// A revision or the benchmark is unknown, or the environment fails.
pub async fn measure_test(
    context: &Context,
    asked: &Asked,
    listener: Arc<Listener>,
    stop: &CancellationToken,
) -> Result<Vec<Ended>, AppError> {
    let mirror = context.open_mirror().await?;
    let name = asked.revision.clone().unwrap_or_else(|| "HEAD".to_owned());
    let (revision, asked_as) = if asked.dirty {
        (mirror.snapshot_work_tree().await?, "work tree".to_owned())
    } else {
        (mirror.resolve(&name).await?, name)
    };
    let base = match &asked.base {
        Some(name) => Some((mirror.resolve(name).await?, name.clone())),
        None => None,
    };
    let mut requests = Vec::new();
    for benchmark in benchmarks(context, asked)? {
        if let Some((base, name)) = &base
            && !has_master(context, &benchmark, base).await?
        {
            listener(Progress::Note(format!(
                "base {} has no master set of `{benchmark}`: measured first",
                base.short()
            )));
            requests.push(JobRequest {
                kind: JobKind::NewMaster,
                project: context.settings.project.clone(),
                benchmark: benchmark.clone(),
                revision: base.clone(),
                asked_as: name.clone(),
                base: None,
            });
        }
        requests.push(JobRequest {
            kind: JobKind::Experiment,
            project: context.settings.project.clone(),
            benchmark,
            revision: revision.clone(),
            asked_as: asked_as.clone(),
            base: base.as_ref().map(|(base, _)| base.clone()),
        });
    }
    run_all(context, mirror, &requests, listener, stop).await
}

/// Whether a complete master set of a revision is stored; whether it fits, the comparison decides.
async fn has_master(context: &Context, benchmark: &str, revision: &Revision) -> Result<bool, AppError> {
    let filter = RunFilter {
        project: Some(context.settings.project.clone()),
        benchmark: Some(benchmark.to_owned()),
        state: Some(RunState::Complete),
        limit: u32::MAX,
    };
    let runs = context.database.runs(&filter).await?;
    Ok(runs.iter().any(|run| run.is_master && &run.revision == revision))
}

fn benchmarks(context: &Context, asked: &Asked) -> Result<Vec<String>, AppError> {
    let known: Vec<String> = context.settings.benchmarks.keys().cloned().collect();
    match &asked.benchmark {
        None => Ok(known),
        Some(name) if known.contains(name) => Ok(vec![name.clone()]),
        Some(name) => {
            Err(AppError::Usage(format!("there is no benchmark `{name}`; the configuration has {}", known.join(", "))))
        }
    }
}

async fn run_all(
    context: &Context,
    mirror: Mirror,
    requests: &[JobRequest],
    listener: Arc<Listener>,
    stop: &CancellationToken,
) -> Result<Vec<Ended>, AppError> {
    let worker = context.worker(mirror, Arc::clone(&listener)).await?;
    let mut ended = Vec::new();
    for request in requests {
        let job = worker.queue().enqueue(request).await?;
        ended.push(run_job(&worker, job, request, &listener, stop).await?);
        if stop.is_cancelled() {
            break;
        }
    }
    Ok(ended)
}

/// Runs a job that is in the queue, and tells what it waits for whenever that changes.
pub(super) async fn run_job(
    worker: &Worker,
    job: JobId,
    request: &JobRequest,
    listener: &Arc<Listener>,
    stop: &CancellationToken,
) -> Result<Ended, AppError> {
    let mut last: Option<Wait> = None;
    let on_wait = |wait: &Wait| {
        if last.as_ref() != Some(wait) {
            listener(Progress::Note(format!("job {job} waits its turn: {}", waiting(wait))));
            last = Some(wait.clone());
        }
    };
    Ok(worker.work(job, request, stop, on_wait).await?)
}

/// What a job waits for, in words.
fn waiting(wait: &Wait) -> String {
    let why = match wait.reason {
        WaitReason::SlotHeld { since } => {
            let clock = time::format_description::well_known::Rfc3339;
            format!("is under way on this host since {}", since.format(&clock).unwrap_or_default())
        }
        WaitReason::AskedEarlier => "was asked earlier".to_owned(),
    };
    format!("job {} ({} of {}) {why}; {} ahead of it", wait.first, wait.kind, wait.revision.short(), wait.ahead)
}
