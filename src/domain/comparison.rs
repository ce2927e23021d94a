//! A comparison: what is said of each series, and of the job.

use serde::{Deserialize, Serialize};

use super::limit::{Direction, Limit, Unit};
use super::query::Query;
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
}

/// The values of one side of a series over its rounds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SideSummary {
    /// One value a round, in the order of the rounds.
    pub values: Vec<f64>,
    /// Their median.
    pub median: f64,
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
    /// What the reader should know beside the verdicts.
    pub notes: Vec<String>,
}
