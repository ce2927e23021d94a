//! A comparison: what is said of each series, and of the job.

use serde::{Deserialize, Serialize};
use time::Date;

use super::limit::{Direction, Limit, Unit};
use super::procedure::PairsTold;
use super::query::{Muted, Query};
use super::run::{RunSummary, StageLoad, StoredRun};
use super::series::SeriesKey;
use super::verdict::Verdict;

/// The two sides and the queries they are compared under.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    /// What is compared with; none when there is no master set.
    pub baseline: Option<&'a StoredRun>,
    /// What is judged.
    pub candidate: &'a StoredRun,
    /// The queries in force, with their limits.
    pub queries: &'a [Query],
    /// The day by UTC, for what is muted until one.
    pub today: Date,
}

/// The values of one side of a series over its rounds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SideSummary {
    /// One value a round, in the order of the rounds.
    pub values: Vec<f64>,
    /// Their median.
    pub median: f64,
}

impl SideSummary {
    /// Of the values of a side, one a round; none of none. The median of an even number is the mean of the two in the
    /// middle.
    pub fn of(values: Vec<f64>) -> Option<Self> {
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let (below, above) = (sorted.get(values.len().saturating_sub(1) / 2)?, sorted.get(values.len() / 2)?);
        Some(Self { median: below.midpoint(*above), values })
    }
}

/// What a verdict rests on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// The medians of two stored sets.
    #[default]
    Medians,
    /// The master sets of the past.
    History,
    /// Pairs of rounds.
    Paired,
}

/// Which of its limits a series passed for the worse.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// That beyond which it is told, and decides nothing.
    Warn,
    /// That beyond which it alerts.
    Fail,
}

/// How large the change of a series is, by pairs of rounds. Effects are positive where the candidate's value is
/// higher, whichever way is good.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Estimate {
    /// Candidate / baseline - 1, or candidate - baseline in the series' unit: the Hodges-Lehmann estimate.
    pub effect: f64,
    /// Whether effects are relative changes; else they are differences in the series' unit.
    pub is_relative: bool,
    /// The lower bound of the interval; none: with so few pairs there is none.
    pub lower: Option<f64>,
    /// The upper bound of the interval; none: with so few pairs there is none.
    pub upper: Option<f64>,
    /// The confidence of the interval, of both sides together, such as 0.95.
    pub confidence: f64,
    /// The pairs that it rests on.
    pub pairs: u16,
    /// The p-value for a change in the direction of `effect`, adjusted for all series that are judged together.
    pub p: Option<f64>,
    /// The smallest effect, for the worse and without sign, that would have been found four times in five.
    pub detectable: Option<f64>,
    /// About so many pairs would decide it at its limit; told where it is undecided.
    pub pairs_needed: Option<u32>,
}

/// What is said of one series.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SeriesComparison {
    /// Which series; for a query without any data, its name without labels.
    pub key: SeriesKey,
    /// What the values are counted in.
    pub unit: Unit,
    /// Which way is good.
    pub direction: Direction,
    /// Whether it decides the job's verdict.
    pub primary: bool,
    /// How far it may move for the worse.
    pub limit: Option<Limit>,
    /// What the verdict is measured against where that is another limit: the one that warns, or that for the better.
    #[serde(default)]
    pub counted: Option<Limit>,
    /// The baseline's values, where it has any.
    pub baseline: Option<SideSummary>,
    /// The candidate's values, where it has any.
    pub candidate: Option<SideSummary>,
    /// Relative change of the medians, candidate / baseline - 1; none where a side is missing or the baseline is 0.
    pub change: Option<f64>,
    /// What is said.
    pub verdict: Verdict,
    /// Why, where the figures do not say it.
    pub reason: Option<String>,
    /// What the verdict rests on.
    #[serde(default)]
    pub evidence: Evidence,
    /// How large the change is, where pairs of rounds tell.
    #[serde(default)]
    pub estimate: Option<Estimate>,
    /// Of a regression: which limit it passed. One that passed only the limit that warns does not decide the job's
    /// verdict.
    #[serde(default)]
    pub tier: Option<Tier>,
    /// Whether its absence is an error: then `gone` decides.
    #[serde(default)]
    pub required: bool,
    /// Why it decides nothing for the time being, if so.
    #[serde(default)]
    pub muted: Option<Muted>,
}

/// A whole comparison.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Comparison {
    /// Joined over the primary series.
    pub verdict: Verdict,
    /// The method that decided, for the report.
    pub method: String,
    /// The baseline's run, if there was one.
    pub baseline: Option<RunSummary>,
    /// The candidate's run.
    pub candidate: RunSummary,
    /// Every series, the worst first.
    pub series: Vec<SeriesComparison>,
    /// The candidate's load, one entry a round and stage.
    pub load: Vec<StageLoad>,
    /// The pairs of rounds, where they decided.
    #[serde(default)]
    pub pairs: Option<PairsTold>,
    /// What the reader should know beside the verdicts.
    pub notes: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        let median = |values: &[f64]| SideSummary::of(values.to_vec()).map(|side| side.median);
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[5.0]), Some(5.0));
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }
}
