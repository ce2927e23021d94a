//! `judge`: verdicts from recorded rounds, change points from recorded histories; no stack, no database.

mod documents;
mod error;
mod histories;
mod rounds;
mod table;
#[cfg(test)]
mod tests;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::error::AppError;
use crate::compare::history::changes;
use crate::compare::{judge_recorded, looks_until, plan_looks};
use crate::domain::judgement::{Histories, JudgedHistory, Judgement};
use crate::domain::limit::{Direction, Limit};
use crate::domain::procedure::PairSettings;
use crate::domain::recorded::{Looks, RecordedSeries};
use crate::domain::verdict::Verdict;

pub use error::RecordingError;

/// How recorded rounds are judged.
#[derive(Clone, PartialEq, Debug)]
pub struct JudgeOptions {
    /// The limit of series that have none of their own, such as `3%`.
    pub limit: String,
    /// The family-wise error in each direction.
    pub error: f64,
    /// After how many pairs is looked, ascending; empty: once, after all.
    pub looks: Vec<u16>,
    /// Seed of random draws.
    pub seed: u64,
}

/// Judges recorded rounds: of one file of CSV, one report, or two runs of which the baseline's comes first. `-` is
/// standard input.
///
/// # Errors
/// A file can't be read, or holds what can't be judged; the error names the line and what to do.
pub fn judge(files: &[PathBuf], options: &JudgeOptions) -> Result<Judgement, AppError> {
    let texts = files.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>()?;
    let rounds = read_rounds(&texts, &options.limit)?;
    Ok(judged(rounds, options))
}

/// The series of recorded rounds in a file of CSV. Limits are not read: whoever asks sets his own.
///
/// # Errors
/// The file can't be read, or holds no recorded rounds; the error names the line and what to do.
pub(super) fn recorded_series(file: &Path) -> Result<Vec<RecordedSeries>, AppError> {
    let (name, text) = read(file)?;
    let series = rounds::read(&name, &text, ANY_LIMIT)?.series;
    Ok(series.into_iter().map(|one| RecordedSeries { limit: None, ..one }).collect())
}

/// Stands where a limit must and none is meant.
const ANY_LIMIT: &str = "3%";

fn read_rounds(texts: &[(String, String)], limit: &str) -> Result<rounds::Rounds, RecordingError> {
    match texts {
        [(file, text)] if !documents::is_document(text) => rounds::read(file, text, limit),
        [_, (file, text), ..] | [(file, text), _, ..] if !documents::is_document(text) => {
            let problem = "is CSV, which holds both sides: give one `--input` alone; two are for two runs as JSON";
            Err(RecordingError::whole(file, problem))
        }
        texts => documents::read(texts, limit),
    }
}

fn judged(rounds: rounds::Rounds, options: &JudgeOptions) -> Judgement {
    let rounds::Rounds { series, mut notes } = rounds;
    let recorded = series.iter().map(|one| one.pairs.len()).max().unwrap_or(0);
    let recorded = u16::try_from(recorded).unwrap_or(u16::MAX);
    let looks = Looks { at: options.looks.clone(), error: options.error, seed: options.seed };
    let primary = series.iter().filter(|one| one.primary && one.limit.is_some()).count();
    let looks = match looks.at.last() {
        // Where nothing decides, no look ends it: all is told of all pairs.
        _ if primary == 0 => Looks { at: vec![recorded], ..looks },
        Some(last) if *last <= recorded => looks,
        _ => looks_until(&looks, recorded),
    };
    let all = PairSettings { min: recorded, max: recorded, ..PairSettings::default() };
    notes.extend(plan_looks(&all, primary, options.error).err().filter(|_| primary > 0).map(|few| few.to_string()));
    let finding = judge_recorded(&series, &looks);
    if finding.pairs < recorded {
        let how = if finding.is_decided { "decided" } else { "looked at for the last time" };
        notes.push(format!("{how} after {} of {recorded} pairs", finding.pairs));
    }
    let series: Vec<_> = series.into_iter().zip(finding.series).collect();
    let decides = |one: &&(RecordedSeries, _)| one.0.primary && one.0.limit.is_some();
    let verdict = joined(series.iter().filter(decides).map(|(_, found)| found.verdict).collect());
    if verdict == Verdict::NoData && primary == 0 {
        notes.push("no series is primary, so nothing decides".to_owned());
    }
    Judgement { verdict, series, pairs: finding.pairs, recorded, looks: finding.looks, error: options.error, notes }
}

/// The verdict of all; where every one is new, nothing was compared with anything.
fn joined(verdicts: Vec<Verdict>) -> Verdict {
    let is_all_new = !verdicts.is_empty() && verdicts.iter().all(|verdict| *verdict == Verdict::New);
    if is_all_new { Verdict::NoBaseline } else { Verdict::join(verdicts) }
}

/// Searches recorded histories for steps and drift. Those of less than half of `limit` are none.
///
/// # Errors
/// The file can't be read, or holds what is no history; the error names the line and what to do.
pub fn judge_histories(file: &Path, limit: &str, seed: u64) -> Result<Histories, AppError> {
    let (file, text) = read(file)?;
    let (histories, notes) = histories::read(&file, &text)?;
    let limit = rounds::default_limit(limit, Direction::Lower)?;
    let Limit { relative: Some(relative), absolute: None } = limit else {
        let problem = "steps are measured as relative changes alone: write one such as `3%`";
        return Err(RecordingError::whole("--limit", problem).into());
    };
    let judged = |history: histories::RecordedHistory| {
        let values: Vec<f64> = history.points.iter().map(|(_, value)| *value).collect();
        let changes = changes(&values, relative, seed);
        let indices = history.points.into_iter().map(|(index, _)| index).collect();
        JudgedHistory { series: history.series, indices, changes }
    };
    Ok(Histories { series: histories.into_iter().map(judged).collect(), notes })
}

/// The name of a file, and what it holds.
fn read(path: &Path) -> Result<(String, String), AppError> {
    let failed = |source| AppError::Io { operation: "read", path: path.to_owned(), source };
    let is_stdin = path.as_os_str() == "-";
    let mut bytes = Vec::new();
    if is_stdin {
        io::stdin().lock().read_to_end(&mut bytes).map_err(failed)?;
    } else {
        bytes = fs::read(path).map_err(failed)?;
    }
    let name = if is_stdin { "standard input".to_owned() } else { path.display().to_string() };
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        RecordingError::at(&name, line, "is no UTF-8 text; save it as UTF-8")
    })?;
    Ok((name, text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)))
}
