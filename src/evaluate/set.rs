//! Sets of rounds as jobs are drawn from them.

use super::draw::Job;
use super::kinds::Kind;
use super::simulation::Simulation;
use crate::compare;
use crate::domain::evaluation::{RoundSet, SetSeries, Subject};
use crate::domain::limit::Limit;
use crate::domain::procedure::JOB_ERROR;
use crate::domain::recorded::{RecordedSeries, Scale};
use rand::rngs::StdRng;

/// The pairs of a job that is measured to the end.
pub(super) const MOST_PAIRS: u16 = 32;
/// The limit of a recorded share that has none, in itself: 0.2 percentage points, as the simulated ones have.
const SHARE_LIMIT: f64 = 0.002;
/// Limit and noise that stand in the proportion at which false alarms are promised to be rare; of tails, and of all else.
const PROPORTIONS: [(f64, f64); 2] = [(0.05, 0.06), (0.03, 0.026)];

/// Recorded rounds of one revision with itself.
#[derive(Clone, PartialEq, Debug)]
pub struct Recording {
    /// What was recorded, such as the service's name.
    pub name: String,
    /// The series, those that are not primary left out of jobs.
    pub series: Vec<RecordedSeries>,
    /// How long a pair took, in seconds, where that is known.
    pub seconds_per_pair: Option<f64>,
}

/// Where jobs come from.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Source {
    /// Whole pairs drawn from these, in any order, as often as they come.
    Recorded(Vec<RecordedSeries>),
    /// Made up.
    Simulated(Simulation),
}

/// A set: its description, and where its jobs come from.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Set {
    pub(super) about: RoundSet,
    pub(super) source: Source,
}

impl Set {
    /// Of recorded rounds. A series without a limit gets the usual one, or the narrowest that its noise allows. Left out
    /// are tails whose noise leaves them undecided, and what is 0 somewhere without being a share with its totals.
    pub(super) fn recorded(recording: &Recording) -> Self {
        Self::resampled(recording, Subject::Recorded, recording.name.clone(), limit_of_ratio)
    }

    /// The same with limits in proportion to the noise, so that it can be seen how rare false alarms are in real rounds, whatever
    /// their noise. Tails are in it, as their limits can be decided.
    pub(super) fn in_proportion(recording: &Recording) -> Self {
        let name = format!("{}, in proportion", recording.name);
        Self::resampled(recording, Subject::InProportion, name, limit_in_proportion)
    }

    fn resampled(recording: &Recording, subject: Subject, name: String, limit_of_ratio: LimitOf) -> Self {
        let prepared = |one| prepared(one, limit_of_ratio);
        let series: Vec<RecordedSeries> = recording.series.iter().filter_map(prepared).collect();
        let pairs = series.first().map_or(0, |one| one.pairs.len());
        let about = RoundSet {
            name,
            subject,
            recorded: Some(u32::try_from(pairs).unwrap_or(u32::MAX)),
            series: series.iter().map(about_series).collect(),
            seconds_per_pair: recording.seconds_per_pair,
        };
        Self { about, source: Source::Recorded(series) }
    }

    /// Of simulated rounds.
    pub(super) fn simulated(name: &str, subject: Subject, simulation: Simulation) -> Self {
        let series = simulation.series().iter().map(|one| about_simulated(one, simulation.sd)).collect();
        let about = RoundSet { name: name.to_owned(), subject, recorded: None, series, seconds_per_pair: None };
        Self { about, source: Source::Simulated(simulation) }
    }

    /// A job of this set, with nothing planted.
    pub(super) fn draw(&self, random: &mut StdRng) -> Job {
        match &self.source {
            Source::Recorded(series) => Job::resampled(series, random),
            Source::Simulated(simulation) => simulation.draw(random),
        }
    }
}

/// How a series that is compared by ratios gets its limit from its noise; none where it is left out.
type LimitOf = fn(&RecordedSeries, f64) -> Option<f64>;

/// A recorded series as it is judged; none where it is not.
fn prepared(series: &RecordedSeries, limit_of_ratio: LimitOf) -> Option<RecordedSeries> {
    if !series.primary {
        return None;
    }
    let limit = if series.has_totals() {
        limit_of_share(series)?
    } else {
        let relative = limit_of_ratio(series, noise_of_ratio(series)?)?;
        Limit { relative: Some(relative), absolute: None }
    };
    Some(RecordedSeries { limit: Some(limit), ..series.clone() })
}

/// That of a share with its totals, which may be 0.
fn limit_of_share(series: &RecordedSeries) -> Option<Limit> {
    let noise = compare::noise(&changes(series))?;
    let usual = series.limit.and_then(|limit| limit.absolute).unwrap_or(SHARE_LIMIT);
    let limit = usual.max(compare::narrowest_limit(noise, MOST_PAIRS, JOB_ERROR));
    Some(Limit { relative: None, absolute: Some(limit) })
}

/// The noise of what can be compared by ratios.
fn noise_of_ratio(series: &RecordedSeries) -> Option<f64> {
    let mut values = series.pairs.iter().flat_map(|pair| [pair.baseline, pair.candidate]).flatten();
    if series.scale != Scale::Ratio || !values.all(|value| value > 0.0) {
        return None;
    }
    compare::noise(&changes(series))
}

fn usual_limit(series: &RecordedSeries) -> f64 {
    series.limit.and_then(|limit| limit.relative).unwrap_or(Kind::of(&series.name).usual_limit())
}

/// The usual limit, or the narrowest that the noise allows; none of a tail that it leaves undecided.
fn limit_of_ratio(series: &RecordedSeries, noise: f64) -> Option<f64> {
    let usual = usual_limit(series);
    let is_decidable = compare::pairs_needed(noise, usual.ln_1p(), JOB_ERROR) <= u32::from(MOST_PAIRS);
    let is_left_out = Kind::of(&series.name) == Kind::Tail && !is_decidable;
    (!is_left_out).then(|| usual.max(compare::narrowest_limit(noise, MOST_PAIRS, JOB_ERROR).exp_m1()))
}

/// The usual limit, or what stands to the noise as the promised limit does to the promised noise.
fn limit_in_proportion(series: &RecordedSeries, noise: f64) -> Option<f64> {
    let [tail, other] = PROPORTIONS;
    let (limit, promised) = if Kind::of(&series.name) == Kind::Tail { tail } else { other };
    Some(usual_limit(series).max((noise * limit.ln_1p() / promised).exp_m1()))
}

/// How the sides of the pairs that have both differ: as log ratios, or in themselves by the series' scale.
fn changes(series: &RecordedSeries) -> Vec<f64> {
    match series.scale {
        Scale::Ratio => log_ratios(series),
        Scale::Difference => {
            let both = series.pairs.iter().filter_map(|pair| pair.baseline.zip(pair.candidate));
            both.map(|(baseline, candidate)| candidate - baseline).filter(|change| change.is_finite()).collect()
        }
    }
}

/// ln(candidate / baseline) of the pairs that have both.
pub(super) fn log_ratios(series: &RecordedSeries) -> Vec<f64> {
    let both = series.pairs.iter().filter_map(|pair| pair.baseline.zip(pair.candidate));
    both.map(|(baseline, candidate)| (candidate / baseline).ln()).filter(|ratio| ratio.is_finite()).collect()
}

fn about_series(series: &RecordedSeries) -> SetSeries {
    let noise = compare::noise(&changes(series)).unwrap_or_default();
    SetSeries { name: series.name.clone(), noise, limit: bound(series) }
}

fn about_simulated(series: &RecordedSeries, noise: f64) -> SetSeries {
    SetSeries { name: series.name.clone(), noise, limit: bound(series) }
}

/// The limit as one number: relative, or in itself for a share.
pub(super) fn bound(series: &RecordedSeries) -> f64 {
    let limit = series.limit.unwrap_or(Limit { relative: None, absolute: None });
    limit.relative.or(limit.absolute).unwrap_or_default()
}
