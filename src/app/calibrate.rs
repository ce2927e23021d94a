//! `calibrate`: what noise the series of a benchmark have on this host, from pairs of a revision with itself.

use std::sync::Arc;

use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::error::AppError;
use super::measure::run_job;
use super::results::find;
use super::signals::unless_stopped;
use crate::compare;
use crate::domain::calibration::{Calibration, SeriesNoise};
use crate::domain::ids::RunId;
use crate::domain::job::{JobKind, JobRequest};
use crate::domain::procedure::{Arrangement, JOB_ERROR};
use crate::domain::progress::Listener;
use crate::domain::run::{RunState, StoredRun};
use crate::domain::verdict::Outcome;
use crate::measure;
use crate::pipeline::Ended;

/// Windows that are suggested are at most so many times the present one: what differs from one start of a service to
/// the next does not become less by measuring longer.
const LONGEST: f64 = 4.0;
/// Fewer pairs tell nothing of noise; a job of fewer is refused.
pub(super) const FEWEST_PAIRS: u16 = 4;

/// What was asked on the command line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CalibrationAsked {
    /// A name of a revision; none: the default branch.
    pub revision: Option<String>,
    /// One benchmark; none: all of them.
    pub benchmark: Option<String>,
    /// So many pairs are measured.
    pub pairs: u16,
}

/// Measures pairs of a revision with itself, once a benchmark, and stores what they tell. `on_end` hears the
/// calibration, or the job that ended without one.
///
/// # Errors
/// The revision or the benchmark is unknown, it is interrupted, or the environment fails.
pub async fn calibrate(
    context: &Context,
    asked: &CalibrationAsked,
    listener: Arc<Listener>,
    stop: &CancellationToken,
    mut on_end: impl FnMut(Result<Calibration, Ended>),
) -> Result<(), AppError> {
    let mut measured = Vec::new();
    calibrate_runs(context, asked, listener, stop, |run| measured.push(run)).await?;
    // One that tells nothing keeps no other from being stored.
    let mut failed = Ok(());
    for run in measured {
        match run {
            Ok(run) => match calibrate_stored(context, run).await {
                Ok(calibration) => on_end(Ok(calibration)),
                Err(error) => failed = failed.and(Err(error)),
            },
            Err(ended) => on_end(Err(ended)),
        }
    }
    failed
}

/// Measures the pairs alone: the runs of the candidates' side, or the jobs that ended without one.
pub(super) async fn calibrate_runs(
    context: &Context,
    asked: &CalibrationAsked,
    listener: Arc<Listener>,
    stop: &CancellationToken,
    mut on_end: impl FnMut(Result<RunId, Ended>),
) -> Result<(), AppError> {
    let benchmarks = context.benchmarks(asked.benchmark.as_deref())?;
    let prepare = async {
        let mirror = context.open_mirror().await?;
        let asked_as = asked.revision.clone().unwrap_or_else(|| context.settings.default_branch.clone());
        let revision = mirror.resolve(&asked_as).await?;
        Ok::<_, AppError>((revision, asked_as, context.worker(mirror, Arc::clone(&listener)).await?))
    };
    let (revision, asked_as, worker) = unless_stopped(stop, prepare).await?;
    for benchmark in benchmarks {
        let project = &context.settings.project;
        let request = JobRequest::new(JobKind::Calibration, project, &benchmark, &revision, &asked_as);
        let request = JobRequest { rounds: Some(asked.pairs), ..request };
        let job = worker.queue().enqueue(&request).await?;
        let ended = run_job(&worker, job, &request, &listener, stop).await?;
        on_end(match (ended.outcome, ended.run) {
            (Outcome::Measured, Some(run)) => Ok(run),
            _ => Err(ended),
        });
        if stop.is_cancelled() {
            break;
        }
    }
    Ok(())
}

/// Computes and stores what a stored run of pairs tells, named by its id, the beginning of it, or its revision.
///
/// # Errors
/// There is no such run, it was not measured in pairs, or its two sides are of different revisions.
pub async fn calibrate_from(context: &Context, name: &str) -> Result<Calibration, AppError> {
    let run = find(context, name, None).await?.summary.id;
    calibrate_stored(context, run).await
}

async fn calibrate_stored(context: &Context, run: RunId) -> Result<Calibration, AppError> {
    let (baseline, candidate) = sides(context, run).await?;
    let calibration = compute(context, &baseline, &candidate)?;
    if calibration.series.is_empty() {
        // Stored, it would be the newest, and hide one that tells something.
        let problem = told_nothing([&baseline, &candidate], calibration.pairs);
        return Err(AppError::NotCalibrated { run: candidate.summary.id, problem });
    }
    context.database.store_calibration(&calibration).await?;
    Ok(calibration)
}

/// Why two runs tell of no series how much noise it has.
fn told_nothing(sides: [&StoredRun; 2], pairs: u16) -> String {
    let why = why_invalid(sides).map(|reason| format!(" ({reason})")).unwrap_or_default();
    match pairs {
        0..FEWEST_PAIRS => format!("{pairs} of its pairs have two valid rounds, and noise takes {FEWEST_PAIRS}{why}"),
        _ => "the benchmark's queries have no value in it".to_owned(),
    }
}

/// Why the first round that is invalid is, if one is.
pub(super) fn why_invalid(sides: [&StoredRun; 2]) -> Option<&str> {
    sides.into_iter().flat_map(|run| &run.rounds).find_map(|round| round.invalid.as_deref())
}

/// Both sides of a run that was measured in pairs with the same revision, answers to the queries of now alone.
pub(super) async fn sides(context: &Context, run: RunId) -> Result<(StoredRun, StoredRun), AppError> {
    let Some((baseline, candidate)) = context.database.sides_of(run).await? else {
        return Err(AppError::Usage(format!(
            "run {} was not measured in pairs; `loadmark calibrate` measures some",
            run.short()
        )));
    };
    let mut baseline = context.database.run(&baseline.to_string()).await?;
    let mut candidate = context.database.run(&candidate.to_string()).await?;
    if let Some(taken) = [&baseline, &candidate].iter().find(|run| run.summary.state == RunState::Invalidated) {
        return Err(AppError::Usage(format!(
            "run {} was invalidated, and nothing is made of it; `loadmark runs show {}` says why",
            taken.summary.id.short(),
            taken.summary.id.short()
        )));
    }
    let (before, after) = (&baseline.summary.revision, &candidate.summary.revision);
    if before != after {
        let (run, before, after) = (run.short(), before.short(), after.short());
        return Err(AppError::Usage(format!(
            "run {run} compares {before} with {after}: noise is what differs between two sides of the same revision"
        )));
    }
    let queries = &context.benchmark(&candidate.summary.benchmark)?.queries;
    for run in [&mut baseline, &mut candidate] {
        measure::keep_asked(run, queries);
    }
    Ok((baseline, candidate))
}

fn compute(context: &Context, baseline: &StoredRun, candidate: &StoredRun) -> Result<Calibration, AppError> {
    let benchmark = context.benchmark(&candidate.summary.benchmark)?;
    let today = OffsetDateTime::now_utc().date();
    let last_look = benchmark.pairs.max;
    let seconds_per_pair = seconds_per_pair(baseline, candidate);
    let (sides, looks) = ((baseline, candidate), (&benchmark.pairs, JOB_ERROR));
    let series = compare::calibrate(sides, &benchmark.queries, today, looks, seconds_per_pair);
    let summary = &candidate.summary;
    let window_seconds = window_seconds(candidate);
    Ok(Calibration {
        project: summary.project.clone(),
        benchmark: summary.benchmark.clone(),
        revision: summary.revision.clone(),
        run: summary.id,
        measurement_hash: summary.measurement_hash.clone(),
        class: summary.class.clone(),
        measured_at: summary.started_at,
        pairs: valid_pairs(baseline, candidate),
        arrangement: summary.arrangement,
        seconds_per_pair,
        window_seconds,
        suggested_window: suggested_window(&series, window_seconds, last_look),
        last_look,
        series,
    })
}

pub(super) fn valid_pairs(baseline: &StoredRun, candidate: &StoredRun) -> u16 {
    let valid =
        |run: &StoredRun, number| run.rounds.iter().any(|round| round.number == number && round.invalid.is_none());
    let both = candidate.rounds.iter().filter(|round| valid(candidate, round.number) && valid(baseline, round.number));
    u16::try_from(both.count()).unwrap_or(u16::MAX)
}

/// What the steps of both rounds take, on average: twins go through them together. None where no steps are stored.
pub(super) fn seconds_per_pair(baseline: &StoredRun, candidate: &StoredRun) -> Option<f64> {
    let of_both = match candidate.summary.arrangement {
        Some(Arrangement::Twins) => &[],
        Some(Arrangement::Turns) | None => baseline.rounds.as_slice(),
    };
    let steps = of_both.iter().chain(&candidate.rounds).flat_map(|round| &round.steps);
    let seconds: f64 = steps.map(|step| step.seconds).sum();
    let pairs = baseline.rounds.len().min(candidate.rounds.len());
    (pairs > 0 && seconds > 0.0).then(|| seconds / pairs as f64)
}

/// The load of a round, all stages together.
pub(super) fn window_seconds(run: &StoredRun) -> f64 {
    run.rounds.first().map_or(0.0, |round| round.windows.iter().map(|window| window.load_seconds).sum())
}

/// The window at which all primary series with a limit can be decided, if their noise shrinks as chance does.
fn suggested_window(series: &[SeriesNoise], window: f64, last_look: u16) -> Option<f64> {
    let primary = series.iter().filter(|series| series.primary);
    let needed = primary.filter_map(|series| series.pairs_needed).max()?;
    let factor = f64::from(needed) / f64::from(last_look);
    (factor > 1.0 && factor <= LONGEST).then(|| (window * factor).ceil())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(primary: bool, pairs_needed: Option<u32>) -> SeriesNoise {
        serde_json::from_value(serde_json::json!({
            "key": {"query": "latency", "labels": {}, "stage": 0}, "unit": "seconds", "direction": "lower",
            "primary": primary, "limit": null, "is_relative": true, "pairs": 10, "noise": 0.05, "detectable": 0.05,
            "pairs_needed": pairs_needed, "minutes_needed": null, "is_decidable": false, "suggested_limit": 0.05,
        }))
        .unwrap()
    }

    #[test]
    fn a_window_is_suggested_that_decides_the_noisiest_primary_series() {
        let suggested = |needed: &[(bool, Option<u32>)]| {
            let all: Vec<SeriesNoise> = needed.iter().map(|(primary, needed)| series(*primary, *needed)).collect();
            suggested_window(&all, 8.0, 32)
        };
        assert_eq!(suggested(&[(true, Some(12)), (true, Some(32))]), None, "it is long enough");
        assert_eq!(suggested(&[(true, Some(12)), (true, Some(80))]), Some(20.0));
        assert_eq!(suggested(&[(true, Some(12)), (false, Some(80)), (true, None)]), None, "nothing else decides");
        assert_eq!(suggested(&[(true, Some(129))]), None, "no sensible one would do");
    }
}
