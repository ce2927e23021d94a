//! `evaluate gather`: recorded rounds of one revision with itself for the evaluation, a few pairs at a time; resumable.

mod recorded;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::calibrate::{
    CalibrationAsked, FEWEST_PAIRS, calibrate_runs, seconds_per_pair, sides, valid_pairs, window_seconds,
};
use super::context::Context;
use super::error::AppError;
use super::results::find;
use super::rounds::{RoundsAbout, read_about_there, read_rounds, write_rounds};
use crate::domain::ids::RunId;
use crate::domain::procedure::Arrangement;
use crate::domain::progress::{Listener, Progress};
use crate::domain::recorded::{RecordedPair, RecordedSeries};
use crate::domain::run::StoredRun;
use crate::pipeline::Ended;
use recorded::{nothing_to_add, recorded};

/// Pairs of a job: what is lost at most when it is stopped.
const BATCH: u16 = 10;

/// What was asked on the command line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GatherAsked {
    /// The benchmark.
    pub benchmark: String,
    /// A name of a revision; none: that of the rounds that are there, else the default branch.
    pub revision: Option<String>,
    /// So many pairs shall be there at the end.
    pub pairs: u16,
    /// The file of the rounds.
    pub file: PathBuf,
}

/// Measures what is missing, and writes it to the file after each ten pairs. The number of pairs that are there.
///
/// # Errors
/// The rounds that are there are of another benchmark, revision, machine class or measurement, or nobody knows of what;
/// it is interrupted, a job ends without pairs (`on_failed` hears it) or without a valid one, or the environment fails.
pub async fn gather(
    context: &Context,
    asked: &GatherAsked,
    listener: Arc<Listener>,
    stop: &CancellationToken,
    mut on_failed: impl FnMut(&Ended),
) -> Result<usize, AppError> {
    let planned = context.benchmark(&asked.benchmark)?.pairs.arrangement.to_string();
    if let Some(about) = read_about_there(&asked.file)? {
        // What would not fit into the file is not measured first.
        let revision = match &asked.revision {
            Some(name) => context.open_mirror().await?.resolve(name).await?.to_string(),
            None => about.revision.clone(),
        };
        let new = RoundsAbout { arrangement: planned, benchmark: asked.benchmark.clone(), revision, ..about.clone() };
        same_ground(&about, &new, &asked.file)?;
    }
    loop {
        let there = pairs_there(&asked.file)?;
        let missing = usize::from(asked.pairs).saturating_sub(there);
        if missing == 0 || stop.is_cancelled() {
            return Ok(there);
        }
        let known = read_about_there(&asked.file)?.map(|about| about.revision);
        let pairs = BATCH.min(u16::try_from(missing).unwrap_or(BATCH)).max(FEWEST_PAIRS);
        let revision = asked.revision.clone().or(known);
        let batch = CalibrationAsked { revision, benchmark: Some(asked.benchmark.clone()), pairs };
        let mut runs = Vec::new();
        let mut failed = false;
        calibrate_runs(context, &batch, Arc::clone(&listener), stop, |measured| match measured {
            Ok(run) => runs.push(run),
            Err(ended) => {
                failed = true;
                on_failed(&ended);
            }
        })
        .await?;
        if failed {
            return pairs_there(&asked.file);
        }
        for run in runs {
            let there = add(context, &asked.file, run).await?;
            listener(Progress::Note(format!("{there} of {} pairs are in {}", asked.pairs, asked.file.display())));
        }
    }
}

/// Adds the pairs of a stored run, named by its id or the beginning of it, to a file. The number of pairs that are
/// there.
///
/// # Errors
/// There is no such run of one revision with itself, it has no valid pair, its rounds are there already or don't belong
/// to those that are, or the file can't be written.
pub async fn gather_from(context: &Context, run: &str, file: &Path) -> Result<usize, AppError> {
    let run = find(context, run, None).await?.summary.id;
    add(context, file, run).await
}

fn pairs_there(file: &Path) -> Result<usize, AppError> {
    if !file.exists() {
        return Ok(0);
    }
    Ok(read_rounds(file)?.series.first().map_or(0, |series| series.pairs.len()))
}

async fn add(context: &Context, file: &Path, run: RunId) -> Result<usize, AppError> {
    let (baseline, candidate) = sides(context, run).await?;
    let benchmark = context.benchmark(&candidate.summary.benchmark)?;
    let fresh = recorded(&baseline, &candidate, &benchmark.queries);
    let pairs = usize::from(valid_pairs(&baseline, &candidate));
    let run = candidate.summary.id;
    if let Some(problem) = nothing_to_add(pairs, &fresh, [&baseline, &candidate]) {
        return Err(AppError::NoPairs { run, file: file.to_owned(), problem });
    }
    let id = run.to_string();
    let new = about(&baseline, &candidate);
    let (mut about, mut series, there) = match read_about_there(file)? {
        Some(about) if file.exists() => {
            let before = read_rounds(file)?.series;
            let there = before.first().map_or(0, |series| series.pairs.len());
            (about, before, there)
        }
        _ => (new.clone(), Vec::new(), 0),
    };
    same_ground(&about, &new, file)?;
    if about.runs.contains(&id) {
        return Err(AppError::Usage(format!("the pairs of run {} are in `{}` already", run.short(), file.display())));
    }
    let total = there + pairs;
    about.seconds_per_pair =
        (about.seconds_per_pair * there as f64 + new.seconds_per_pair * pairs as f64) / total.max(1) as f64;
    about.runs.push(id);
    // What is added from now on agrees with it, where it was not kept before.
    about.measurement_hash = about.measurement_hash.or(new.measurement_hash);
    join(&mut series, fresh, there, total);
    write_rounds(file, &series, &about)?;
    Ok(total)
}

/// What is known of the pairs of two runs.
fn about(baseline: &StoredRun, candidate: &StoredRun) -> RoundsAbout {
    let summary = &candidate.summary;
    // Of pairs that were measured before this was stored, as of all then, it was `turns`.
    let arrangement = summary.arrangement.unwrap_or(Arrangement::Turns);
    RoundsAbout {
        title: format!("{} ({arrangement})", summary.benchmark),
        benchmark: summary.benchmark.clone(),
        revision: summary.revision.to_string(),
        machine_class: summary.class.0.clone(),
        measurement_hash: Some(summary.measurement_hash.0.clone()),
        arrangement: arrangement.to_string(),
        window_seconds: window_seconds(candidate),
        seconds_per_pair: seconds_per_pair(baseline, candidate).unwrap_or_default(),
        runs: Vec::new(),
    }
}

/// Rounds of different ground have different noise: they do not belong in one file.
fn same_ground(known: &RoundsAbout, new: &RoundsAbout, file: &Path) -> Result<(), AppError> {
    let of = |about: &RoundsAbout| {
        let RoundsAbout { benchmark, revision, machine_class, measurement_hash, arrangement, .. } = about.clone();
        [
            ("benchmark", Some(benchmark)),
            ("revision", Some(revision)),
            ("machine class", Some(machine_class)),
            ("measurement hash", measurement_hash),
            ("arrangement", Some(arrangement)),
        ]
    };
    let both = of(known).into_iter().zip(of(new)).filter_map(|((what, known), (_, new))| Some((what, known?, new?)));
    let other = both.into_iter().find(|(_, known, new)| known != new);
    match other {
        None => Ok(()),
        Some((what, known, new)) => Err(AppError::Usage(format!(
            "`{}` holds rounds of {what} `{known}`, and these are of `{new}`: choose another file",
            file.display()
        ))),
    }
}

/// Adds pairs behind those that are there; a series that one part lacks has no values there.
fn join(series: &mut Vec<RecordedSeries>, fresh: Vec<RecordedSeries>, there: usize, total: usize) {
    for mut one in fresh {
        match series.iter_mut().find(|known| known.name == one.name) {
            Some(known) => known.pairs.append(&mut one.pairs),
            None => {
                let mut pairs = vec![RecordedPair::default(); there];
                pairs.append(&mut one.pairs);
                series.push(RecordedSeries { pairs, ..one });
            }
        }
    }
    series.iter_mut().for_each(|one| one.pairs.resize(total, RecordedPair::default()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::limit::Direction;
    use crate::domain::recorded::Scale;

    fn series(name: &str, values: &[f64]) -> RecordedSeries {
        let pair = |value: &f64| RecordedPair { baseline: Some(*value), candidate: Some(*value), totals: None };
        RecordedSeries {
            name: name.to_owned(),
            direction: Direction::Lower,
            scale: Scale::Ratio,
            limit: None,
            warn: None,
            improvement: None,
            primary: true,
            nullable: false,
            pairs: values.iter().map(pair).collect(),
        }
    }

    #[test]
    fn pairs_are_added_in_step_for_all_series() {
        let mut all = vec![series("both", &[1.0, 2.0]), series("before", &[1.0, 2.0])];
        join(&mut all, vec![series("both", &[3.0]), series("after", &[3.0])], 2, 3);
        let of = |index: usize| all[index].pairs.iter().map(|pair| pair.baseline).collect::<Vec<_>>();
        assert_eq!(of(0), [Some(1.0), Some(2.0), Some(3.0)]);
        assert_eq!(of(1), [Some(1.0), Some(2.0), None]);
        assert_eq!((all[2].name.as_str(), of(2)), ("after", vec![None, None, Some(3.0)]));
    }

    #[test]
    fn rounds_of_another_ground_are_refused_with_both() {
        let known = RoundsAbout { machine_class: "a".to_owned(), ..RoundsAbout::default() };
        let new = RoundsAbout { machine_class: "b".to_owned(), runs: vec!["x".to_owned()], ..RoundsAbout::default() };
        assert!(same_ground(&known, &known, Path::new("f")).is_ok());
        let error = same_ground(&known, &new, Path::new("f")).unwrap_err().to_string();
        assert_eq!(error, "`f` holds rounds of machine class `a`, and these are of `b`: choose another file");
    }

    #[test]
    fn rounds_of_another_measurement_are_refused_where_it_was_kept() {
        let of = |hash: Option<&str>| {
            let measurement_hash = hash.map(str::to_owned);
            RoundsAbout { measurement_hash, ..RoundsAbout::default() }
        };
        let same = |known, new| same_ground(&of(known), &of(new), Path::new("f"));
        assert!(same(None, Some("a")).is_ok() && same(Some("a"), Some("a")).is_ok());
        let error = same(Some("a"), Some("b")).unwrap_err().to_string();
        assert_eq!(error, "`f` holds rounds of measurement hash `a`, and these are of `b`: choose another file");
    }
}
