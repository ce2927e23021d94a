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
    /// Tails that decide unless somebody said otherwise, since a calibration found that they can be decided.
    #[serde(default)]
    pub decidable: Vec<SeriesKey>,
}

/// A query or series that decides nothing for the time being.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Muted {
    /// Why.
    pub reason: String,
    /// The last day on which it is, by UTC.
    pub until: Date,
}

impl Muted {
    /// Whether it is, on a day.
    pub fn holds(&self, today: Date) -> bool {
        today <= self.until
    }
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

impl SeriesRule {
    /// Whether it is for a series with these labels.
    pub fn fits(&self, labels: &BTreeMap<String, String>) -> bool {
        self.labels.iter().all(|(name, value)| labels.get(name) == Some(value))
    }

    /// Whether it says anything on a day: to be muted until a day that is over is nothing.
    pub fn says_anything(&self, today: Date) -> bool {
        let muting = Self { labels: self.labels.clone(), muted: self.muted.clone(), ..Self::default() };
        *self != muting || self.muted.as_ref().is_some_and(|muted| muted.holds(today))
    }
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
/// The label of quantiles.
pub const QUANTILE: &str = "q";

impl Query {
    /// The limit that holds for a quantile (as in label `q`), or for the series without one.
    pub fn limit_for(&self, quantile: Option<f64>) -> Option<Limit> {
        let own = quantile.and_then(|q| self.quantile_limits.iter().find(|(of, _)| *of == q));
        own.map(|(_, limit)| *limit).or(self.limit)
    }

    /// What holds for one of its series on a day.
    pub fn terms(&self, key: &SeriesKey, today: Date) -> SeriesTerms {
        let rule = self.series.iter().find(|rule| rule.fits(&key.labels));
        let limit = rule.and_then(|rule| rule.limit).or_else(|| self.limit_for(key.quantile()));
        // One whose day is over hides no other.
        let muted = [rule.and_then(|rule| rule.muted.as_ref()), self.muted.as_ref()];
        let muted = muted.into_iter().flatten().find(|muted| muted.holds(today)).cloned();
        let primary = rule.and_then(|rule| rule.primary).or(self.primary);
        let primary =
            primary.unwrap_or_else(|| key.quantile().is_none_or(|q| q < TAIL) || self.decidable.contains(key));
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
        self.with_quantiles(&BTreeMap::new()).into_iter().filter(|labels| self.decides(labels, today)).count()
    }

    /// Whether any of its series can decide a job's verdict on a day: one that a rule is for, or one that none is for.
    pub fn is_primary(&self, today: Date) -> bool {
        let no_labels = BTreeMap::new();
        let labels = self.series.iter().map(|rule| &rule.labels).chain([&no_labels]);
        labels.flat_map(|labels| self.with_quantiles(labels)).any(|labels| self.decides(&labels, today))
            || self.decidable.iter().any(|key| self.terms(key, today).primary)
    }

    /// These labels with each quantile that a series which carries them may be of.
    fn with_quantiles(&self, labels: &BTreeMap<String, String>) -> Vec<BTreeMap<String, String>> {
        if self.quantiles.is_empty() || labels.contains_key(QUANTILE) {
            return vec![labels.clone()];
        }
        let with = |quantile: &f64| {
            let mut labels = labels.clone();
            labels.insert(QUANTILE.to_owned(), quantile.to_string());
            labels
        };
        self.quantiles.iter().map(with).collect()
    }

    fn decides(&self, labels: &BTreeMap<String, String>, today: Date) -> bool {
        // Of no stage there is: what is known of single series tells nothing of how many there will be.
        let key = SeriesKey { query: self.name.clone(), labels: labels.clone(), stage: u16::MAX };
        self.terms(&key, today).primary
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    const TODAY: Date = date!(2026 - 03 - 04);
    const LIMIT: Limit = Limit { relative: Some(0.05), absolute: None };

    /// With a limit, and nothing said of what decides.
    fn query(quantiles: &[f64]) -> Query {
        serde_json::from_value(serde_json::json!({
            "name": "latency", "help": "", "unit": "seconds", "direction": "lower", "promql": "up",
            "quantiles": quantiles, "labels": ["endpoint"], "primary": null, "limit": LIMIT, "quantile_limits": [],
        }))
        .unwrap()
    }

    fn rule(labels: &[(&str, &str)]) -> SeriesRule {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        SeriesRule { labels, ..SeriesRule::default() }
    }

    fn is_primary(quantiles: &[f64], rules: &[SeriesRule]) -> bool {
        Query { series: rules.to_vec(), ..query(quantiles) }.is_primary(TODAY)
    }

    fn until(until: Date) -> Option<Muted> {
        Some(Muted { reason: format!("until {until}"), until })
    }

    #[test]
    fn tails_alone_decide_only_where_that_is_said() {
        assert!(is_primary(&[], &[]) && is_primary(&[0.5, 0.99], &[]));
        assert!(!is_primary(&[0.9, 0.99], &[]));
        assert!(Query { primary: Some(true), ..query(&[0.99]) }.is_primary(TODAY));
        assert!(!Query { primary: Some(false), ..query(&[0.5]) }.is_primary(TODAY));
        let only_tails = Query { limit: None, quantile_limits: vec![(0.99, LIMIT)], ..query(&[0.5, 0.99]) };
        assert!(!only_tails.is_primary(TODAY), "the median has no limit");
    }

    #[test]
    fn rules_for_single_series_make_a_query_decide_and_keep_it_from_it() {
        let buy = [("endpoint", "/buy")];
        let decides = SeriesRule { primary: Some(true), ..rule(&buy) };
        assert!(is_primary(&[0.99], std::slice::from_ref(&decides)));
        assert!(!is_primary(&[0.99], &[SeriesRule { limit: Some(LIMIT), ..rule(&buy) }]), "still a tail");
        let no_limit = Query { limit: None, ..query(&[]) };
        assert!(!no_limit.is_primary(TODAY));
        let limited = SeriesRule { limit: Some(LIMIT), ..rule(&buy) };
        assert!(Query { series: vec![limited], ..no_limit }.is_primary(TODAY));
        let median = SeriesRule { primary: Some(false), ..rule(&[("q", "0.5")]) };
        assert!(!is_primary(&[0.5, 0.99], std::slice::from_ref(&median)), "it is for every median");
        assert!(!is_primary(&[0.5], &[median, decides]), "the first counts");
    }

    #[test]
    fn what_is_muted_decides_nothing_until_its_day_is_over() {
        let yesterday = TODAY.previous_day().unwrap();
        for (day, decides) in [(TODAY, false), (yesterday, true)] {
            assert_eq!(Query { muted: until(day), ..query(&[]) }.is_primary(TODAY), decides);
        }
    }

    #[test]
    fn a_rule_whose_day_is_over_hides_no_other_muting() {
        let yesterday = TODAY.previous_day().unwrap();
        let muted = |of_rule, of_query| {
            let rule = SeriesRule { muted: of_rule, ..rule(&[("endpoint", "/buy")]) };
            let key = SeriesKey { query: "latency".to_owned(), labels: rule.labels.clone(), stage: 0 };
            let terms = Query { series: vec![rule], muted: of_query, ..query(&[]) }.terms(&key, TODAY);
            (terms.muted, terms.primary)
        };
        assert_eq!(muted(until(yesterday), until(TODAY)), (until(TODAY), false));
        assert_eq!(muted(until(TODAY), until(yesterday)), (until(TODAY), false));
        assert_eq!(muted(until(yesterday), until(yesterday)), (None, true));
        let tomorrow = TODAY.next_day().unwrap();
        assert_eq!(muted(until(tomorrow), until(TODAY)).0, until(tomorrow), "that of the series comes first");
    }
}
