//! Queries as they are asked: a checked PromQL template with what is needed to read its answers.

use serde::{Deserialize, Serialize};

use super::limit::{Direction, Limit, Unit};
use super::template::Template;

/// One query of a benchmark, its set's variables filled in and its benchmark's limits applied.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Query {
    /// Unique within a benchmark; the name of its series.
    pub name: String,
    /// One sentence for people who read reports.
    pub help: String,
    /// What the values are counted in.
    pub unit: Unit,
    /// Which way is good.
    pub direction: Direction,
    /// What is asked.
    pub promql: Template,
    /// Asked once for each; empty for a query without `{{quantile}}`.
    pub quantiles: Vec<f64>,
    /// Labels kept on its series; all others are dropped.
    pub labels: Vec<String>,
    /// Whether its verdicts decide the job's; otherwise they are only reported.
    pub primary: bool,
    /// How far it may move for the worse. None: reported, never judged.
    pub limit: Option<Limit>,
    /// Limits of single quantiles, in place of `limit`.
    pub quantile_limits: Vec<(f64, Limit)>,
}

impl Query {
    /// The limit that holds for a quantile (as in label `q`), or for the series without one.
    pub fn limit_for(&self, quantile: Option<f64>) -> Option<Limit> {
        let own = quantile.and_then(|q| self.quantile_limits.iter().find(|(of, _)| *of == q));
        own.map(|(_, limit)| *limit).or(self.limit)
    }
}
