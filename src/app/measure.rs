//! `master` and `test`: from a name of a revision to ended jobs.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::error::AppError;
use super::signals::unless_stopped;
use crate::domain::chain::error_chain;
use crate::domain::ids::JobId;
use crate::domain::job::{JobKind, JobRequest, WaitReason};
use crate::domain::procedure::CompareMethod;
use crate::domain::progress::{Listener, Progress};
use crate::domain::revision::Revision;
use crate::domain::verdict::{Outcome, Verdict};
use crate::pipeline::Ended;
use crate::queue::Waiting;
use crate::worker::Worker;

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
    /// Measure a master set, even if it is stored already.
    pub force: bool,
    /// What it is compared with; none: as the benchmark says.
    pub compare: Option<CompareMethod>,
    /// How many rounds, or pairs at most; none: as the benchmark says.
    pub rounds: Option<u16>,
}

/// A revision with the name by which it was asked for.
struct Named {
    revision: Revision,
    asked_as: String,
}

/// The jobs of one benchmark, in order.
struct Task {
    /// The master set that has to be there first.
    base: Option<JobRequest>,
    request: JobRequest,
}

/// Measures a master set, once a benchmark; stops when it is interrupted. `on_end` hears each job as it ends.
///
/// # Errors
/// The revision or the benchmark is unknown, it is interrupted before the first job, or the environment fails.
pub async fn measure_master(
    context: &Context,
    asked: &Asked,
    listener: Arc<Listener>,
    stop: &CancellationToken,
    on_end: impl FnMut(&Ended),
) -> Result<(), AppError> {
    let benchmarks = context.benchmarks(asked.benchmark.as_deref())?;
    let prepare = async {
        let mirror = context.open_mirror().await?;
        let asked_as = asked.revision.clone().unwrap_or_else(|| context.settings.default_branch.clone());
        let subject = Named { revision: mirror.resolve(&asked_as).await?, asked_as };
        Ok::<_, AppError>((subject, context.worker(mirror, Arc::clone(&listener)).await?))
    };
    let (subject, worker) = unless_stopped(stop, prepare).await?;
    let task = |benchmark: String| {
        let request = request(context, JobKind::NewMaster, &benchmark, &subject);
        Task { base: None, request: JobRequest { force: asked.force, ..request } }
    };
    let tasks: Vec<Task> = benchmarks.into_iter().map(task).collect();
    run_all(&worker, &tasks, &listener, stop, on_end).await
}

/// Measures a revision and compares it, once a benchmark; stops when it is interrupted. With stored sets, a base
/// that was named and has no master set is measured first; where that fails, there is nothing to compare with, and the
/// revision is not measured. `on_end` hears each job as it ends, but not that of a base whose set was stored already.
///
/// # Errors
/// A revision or the benchmark is unknown, it is interrupted before the first job, or the environment fails.
pub async fn measure_test(
    context: &Context,
    asked: &Asked,
    listener: Arc<Listener>,
    stop: &CancellationToken,
    on_end: impl FnMut(&Ended),
) -> Result<(), AppError> {
    let benchmarks = context.benchmarks(asked.benchmark.as_deref())?;
    let prepare = async {
        let mirror = context.open_mirror().await?;
        let asked_as = asked.revision.clone().unwrap_or_else(|| "HEAD".to_owned());
        let subject = if asked.dirty {
            Named { revision: mirror.snapshot_work_tree().await?, asked_as: "work tree".to_owned() }
        } else {
            Named { revision: mirror.resolve(&asked_as).await?, asked_as }
        };
        let base = match &asked.base {
            Some(name) => Some(Named { revision: mirror.resolve(name).await?, asked_as: name.clone() }),
            None => None,
        };
        let worker = context.worker(mirror, Arc::clone(&listener)).await?;
        let task = |benchmark: String| {
            let master = |base: &Named| request(context, JobKind::NewMaster, &benchmark, base);
            let against = base.as_ref().map(|base| base.revision.clone());
            let own = context.settings.benchmarks.get(&benchmark).map(|found| found.compare);
            // In pairs the base is measured by the same job.
            let is_stored = asked.compare.or(own) == Some(CompareMethod::Stored);
            let base = base.as_ref().filter(|_| is_stored).map(master);
            let request = request(context, JobKind::Experiment, &benchmark, &subject);
            let (compare, rounds) = (asked.compare, asked.rounds);
            Task { base, request: JobRequest { base: against, compare, rounds, ..request } }
        };
        Ok::<_, AppError>((worker, benchmarks.into_iter().map(task).collect::<Vec<_>>()))
    };
    let (worker, tasks) = unless_stopped(stop, prepare).await?;
    run_all(&worker, &tasks, &listener, stop, on_end).await
}

fn request(context: &Context, kind: JobKind, benchmark: &str, named: &Named) -> JobRequest {
    JobRequest::new(kind, &context.settings.project, benchmark, &named.revision, &named.asked_as)
}

async fn run_all(
    worker: &Worker,
    tasks: &[Task],
    listener: &Arc<Listener>,
    stop: &CancellationToken,
    mut on_end: impl FnMut(&Ended),
) -> Result<(), AppError> {
    let run = async |request: &JobRequest| {
        let job = worker.queue().enqueue(request).await?;
        let ended = run_job(worker, job, request, listener, stop).await?;
        match ended.stored_already() {
            Some(stored) if tasks.iter().any(|task| task.base.as_ref() == Some(request)) => {
                let (base, run, benchmark) = (request.revision.short(), stored.id.short(), &request.benchmark);
                listener(Progress::Note(format!("base {base} has a master set of `{benchmark}`: run {run}")));
            }
            _ => on_end(&ended),
        }
        Ok(ended.outcome)
    };
    run_in_order(tasks, stop, run, |text| listener(Progress::Note(text))).await
}

/// Runs all jobs, but for those whose base gave no master set, until `stop`.
async fn run_in_order(
    tasks: &[Task],
    stop: &CancellationToken,
    mut run: impl AsyncFnMut(&JobRequest) -> Result<Outcome, AppError>,
    note: impl Fn(String),
) -> Result<(), AppError> {
    for Task { base, request } in tasks {
        if let Some(base) = base {
            let outcome = run(base).await?;
            if stop.is_cancelled() {
                break;
            }
            // Some primary query without data leaves the others to compare.
            if !matches!(outcome, Outcome::Measured | Outcome::Verdict(Verdict::NoData)) {
                let (revision, short) = (request.revision.short(), base.revision.short());
                let benchmark = &request.benchmark;
                note(format!("{revision} is not measured in `{benchmark}`: its base {short} ended {outcome}"));
                continue;
            }
        }
        run(request).await?;
        if stop.is_cancelled() {
            break;
        }
    }
    Ok(())
}

/// Runs a job that is in the queue, and tells what it waits for whenever that changes.
pub(super) async fn run_job(
    worker: &Worker,
    job: JobId,
    request: &JobRequest,
    listener: &Arc<Listener>,
    stop: &CancellationToken,
) -> Result<Ended, AppError> {
    Ok(worker.work(job, request, stop, telling_waits(job, listener)).await?)
}

/// Tells what a job waits for whenever that changes.
pub(super) fn telling_waits(job: JobId, listener: &Arc<Listener>) -> impl FnMut(Waiting<'_>) {
    let mut last = None;
    let listener = Arc::clone(listener);
    move |wait: Waiting<'_>| {
        // An outage is told in other words at each look, and is no news.
        let news = if let Waiting::Turn(wait) = wait { Some(wait.clone()) } else { None };
        if last.as_ref() != Some(&news) {
            listener(Progress::Note(format!("job {job} {}", waiting(&wait))));
            last = Some(news);
        }
    }
}

/// What a job waits for, in words.
fn waiting(wait: &Waiting<'_>) -> String {
    let wait = match wait {
        Waiting::Turn(wait) => wait,
        Waiting::Database(error) => return format!("waits for its database: failed to {}", error_chain(error)),
    };
    let why = match wait.reason {
        WaitReason::SlotHeld { since } => {
            let clock = time::format_description::well_known::Rfc3339;
            format!("is under way on this host since {}", since.format(&clock).unwrap_or_default())
        }
        WaitReason::AskedEarlier => "was asked earlier".to_owned(),
        WaitReason::MoreUrgent => "is more urgent".to_owned(),
    };
    let (kind, revision, ahead) = (wait.kind, wait.revision.short(), wait.ahead);
    format!("waits its turn: job {} ({kind} of {revision}) {why}; {ahead} ahead of it", wait.first)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::domain::verdict::ServiceFailure;

    fn job(kind: JobKind, benchmark: &str) -> JobRequest {
        let revision = if kind == JobKind::NewMaster { "b" } else { "c" }.repeat(40).parse().unwrap();
        JobRequest::new(kind, "shop", benchmark, &revision, "main")
    }

    /// Two benchmarks, each with a base to measure; the jobs that were run and the notes, in order. The stop comes
    /// with the end of job number `stop_at`.
    async fn story(outcomes: &[Option<Outcome>], stop_at: usize) -> (Vec<String>, bool) {
        let task = |benchmark| Task {
            base: Some(job(JobKind::NewMaster, benchmark)),
            request: job(JobKind::Experiment, benchmark),
        };
        let (tasks, stop) = ([task("browse"), task("buy")], CancellationToken::new());
        let told = RefCell::new(Vec::new());
        let mut outcomes = outcomes.iter();
        let mut number = 0;
        let run = async |request: &JobRequest| {
            let outcome = *outcomes.next().expect("no more jobs than outcomes");
            told.borrow_mut().push(format!("{} {}", request.kind, request.benchmark));
            number += 1;
            if number == stop_at {
                stop.cancel();
            }
            outcome.ok_or_else(|| AppError::Usage("the environment failed".to_owned()))
        };
        let ended = run_in_order(&tasks, &stop, run, |note| told.borrow_mut().push(note)).await;
        (told.into_inner(), ended.is_ok())
    }

    #[tokio::test]
    async fn without_its_base_a_candidate_is_not_measured_and_other_benchmarks_go_on() {
        let failed = Outcome::ServiceFailed(ServiceFailure::Build);
        let unchanged = Outcome::Verdict(Verdict::Unchanged);
        let (told, fine) = story(&[Some(failed), Some(Outcome::Measured), Some(unchanged)], 0).await;
        let note = "cccccccccccc is not measured in `browse`: its base bbbbbbbbbbbb ended service-failed: build";
        assert_eq!(told, ["new-master browse", note, "new-master buy", "experiment buy"]);
        assert!(fine);
    }

    #[tokio::test]
    async fn a_base_with_a_query_without_data_serves_the_others() {
        let no_data = Some(Outcome::Verdict(Verdict::NoData));
        let (told, _) = story(&[no_data, no_data, Some(Outcome::Verdict(Verdict::Invalid))], 0).await;
        assert_eq!(told[..3], ["new-master browse", "experiment browse", "new-master buy"]);
        assert!(told[3].ends_with("its base bbbbbbbbbbbb ended invalid"), "{told:?}");
    }

    #[tokio::test]
    async fn nothing_begins_after_a_stop_or_an_error() {
        for base in [Outcome::Measured, Outcome::Cancelled] {
            let (told, fine) = story(&[Some(base)], 1).await;
            assert_eq!((told, fine), (vec!["new-master browse".to_owned()], true));
        }
        let (told, fine) = story(&[Some(Outcome::Measured), Some(Outcome::Cancelled)], 2).await;
        assert_eq!((told.len(), fine), (2, true));
        let (told, fine) = story(&[Some(Outcome::Measured), None], 0).await;
        assert_eq!((told.len(), fine), (2, false));
    }
}
