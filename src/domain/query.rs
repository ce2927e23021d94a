//! Queries as they are asked: a checked PromQL template with what is needed to read its answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::Date;

use super::limit::{Direction, Limit, Unit};
use super::series::SeriesKey;
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
    /// Whether its verdicts decide the job's, where it was said; otherwise they are only reported. Not said: means,
    /// medians and all that is no tail of a distribution decide, see [`Query::is_primary`].
    pub primary: Option<bool>,
    /// How far it may move for the worse. None: reported, never judged.
    pub limit: Option<Limit>,
    /// Limits of single quantiles, in place of `limit`.
    pub quantile_limits: Vec<(f64, Limit)>,
    /// How far it may move for the worse before that is told, within `limit`.
    #[serde(default)]
    pub warn: Option<Limit>,
    /// How far it has to move for the better to be an improvement; none: as far as `limit`, mirrored.
    #[serde(default)]
    pub improvement: Option<Limit>,
    /// Whether a series that the baseline has and the candidate lacks is an error.
    #[serde(default)]
    pub required: bool,
    /// Whether 0 on one side alone is a value as any other, and not a fault of the measurement.
    #[serde(default)]
    pub nullable: bool,
    /// Why it decides nothing for the time being, if so.
    #[serde(default)]
    pub muted: Option<Muted>,
    /// How many events a ratio is of: then changes are judged by counts. Asked once a stage.
    #[serde(default)]
    pub total: Option<Template>,
    /// What holds for single series in place of the above; the first that matches counts.
    #[serde(default)]
    pub series: Vec<SeriesRule>,
}

/// A query or series that decides nothing for the time being.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Muted {
    /// Why.
    pub reason: String,
    /// The last day on which it is, by UTC.
    pub until: Date,
}

/// What holds for the series of a query that carry all of these labels; what is none is as for the query.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct SeriesRule {
    /// Labels with their values, the quantile as `q` among them.
    pub labels: BTreeMap<String, String>,
    /// In place of the query's.
    pub primary: Option<bool>,
    /// In place of the query's.
    pub limit: Option<Limit>,
    /// In place of the query's.
    pub warn: Option<Limit>,
    /// In place of the query's.
    pub improvement: Option<Limit>,
    /// In place of the query's.
    pub required: Option<bool>,
    /// In place of the query's.
    pub nullable: Option<bool>,
    /// In place of the query's.
    pub muted: Option<Muted>,
}

/// What holds for one series: its query's settings with those of its own rule in their place.
#[derive(Clone, PartialEq, Debug)]
pub struct SeriesTerms {
    /// Whether its verdict decides the job's.
    pub primary: bool,
    /// How far it may move for the worse.
    pub limit: Option<Limit>,
    /// How far it may move for the worse before that is told.
    pub warn: Option<Limit>,
    /// How far it has to move for the better; none: as `limit`, mirrored.
    pub improvement: Option<Limit>,
    /// Whether its absence is an error.
    pub required: bool,
    /// Whether 0 on one side alone is a value as any other.
    pub nullable: bool,
    /// Why it decides nothing on that day, if so; `primary` is false then.
    pub muted: Option<Muted>,
}

/// Quantiles from here on are tails: decided by few requests, they are not primary unless that is said.
pub const TAIL: f64 = 0.9;

impl Query {
    /// The limit that holds for a quantile (as in label `q`), or for the series without one.
    pub fn limit_for(&self, quantile: Option<f64>) -> Option<Limit> {
        let own = quantile.and_then(|q| self.quantile_limits.iter().find(|(of, _)| *of == q));
        own.map(|(_, limit)| *limit).or(self.limit)
    }

    /// What holds for one of its series on a day.
    pub fn terms(&self, key: &SeriesKey, today: Date) -> SeriesTerms {
        let rule =
            self.series.iter().find(|rule| rule.labels.iter().all(|(name, value)| key.labels.get(name) == Some(value)));
        let limit = rule.and_then(|rule| rule.limit).or_else(|| self.limit_for(key.quantile()));
        let muted = rule.and_then(|rule| rule.muted.as_ref()).or(self.muted.as_ref());
        let muted = muted.filter(|muted| today <= muted.until).cloned();
        let primary = rule.and_then(|rule| rule.primary).or(self.primary);
        let primary = primary.unwrap_or_else(|| key.quantile().is_none_or(|q| q < TAIL));
        SeriesTerms {
            primary: primary && limit.is_some() && muted.is_none(),
            limit,
            warn: rule.and_then(|rule| rule.warn).or(self.warn),
            improvement: rule.and_then(|rule| rule.improvement).or(self.improvement),
            required: rule.and_then(|rule| rule.required).unwrap_or(self.required),
            nullable: rule.and_then(|rule| rule.nullable).unwrap_or(self.nullable),
            muted,
        }
    }

    /// How many series decide on a day, at the least: as far as queries tell, one for each quantile in each stage.
    pub fn fewest_primary(&self, today: Date) -> usize {
        let is_primary = |labels| {
            let key = SeriesKey { query: self.name.clone(), labels, stage: 0 };
            self.terms(&key, today).primary
        };
        let of_quantile = |q: &f64| is_primary([("q".to_owned(), q.to_string())].into());
        match self.quantiles.as_slice() {
            [] => usize::from(is_primary(BTreeMap::new())),
            quantiles => quantiles.iter().filter(|q| of_quantile(q)).count(),
        }
    }

    /// Whether any of its series can decide a job's verdict.
    pub fn is_primary(&self) -> bool {
        let has_limit = self.limit.is_some() || !self.quantile_limits.is_empty();
        let by_rule = |rule: &SeriesRule| rule.primary == Some(true) && (has_limit || rule.limit.is_some());
        self.series.iter().any(by_rule) || (has_limit && self.primary.unwrap_or(true))
    }
}
