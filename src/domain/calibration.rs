//! Calibrations: what noise the series of a benchmark have on a host when nothing changes, and what follows from it.

use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};

use super::ids::RunId;
use super::limit::{Direction, Limit, Unit};
use super::machine::MachineClass;
use super::procedure::Arrangement;
use super::query::{Query, TAIL};
use super::revision::Revision;
use super::run::MeasurementHash;
use super::series::SeriesKey;

/// What pairs of a revision with itself tell of a benchmark on hosts of a class.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Calibration {
    /// The project's name.
    pub project: String,
    /// The benchmark's name.
    pub benchmark: String,
    /// The revision that was measured with itself.
    pub revision: Revision,
    /// The run of the candidate's side.
    pub run: RunId,
    /// What decides how its numbers came about.
    pub measurement_hash: MeasurementHash,
    /// The machine's class.
    pub class: MachineClass,
    /// When its pairs were begun.
    #[serde(with = "time::serde::rfc3339")]
    pub measured_at: OffsetDateTime,
    /// Pairs of which both rounds are valid.
    pub pairs: u16,
    /// How the two rounds of a pair lay in time; none where it is not known.
    pub arrangement: Option<Arrangement>,
    /// What a pair takes, stacks up and down included, in seconds; none where it is not known.
    pub seconds_per_pair: Option<f64>,
    /// The load window of a round, in seconds.
    pub window_seconds: f64,
    /// The window at which every primary series could be decided at its limit, in seconds; none where it is long
    /// enough already, or where no sensible one would do.
    pub suggested_window: Option<f64>,
    /// The pairs at the last look, for which the figures below hold.
    pub last_look: u16,
    /// Every series that could be estimated, the noisiest last.
    pub series: Vec<SeriesNoise>,
}

/// The noise of a series, and what it allows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SeriesNoise {
    /// Which series.
    pub key: SeriesKey,
    /// What its values are counted in.
    pub unit: Unit,
    /// Which way is good.
    pub direction: Direction,
    /// Whether its verdicts decide a job's, as configured.
    pub primary: bool,
    /// Its limit, as configured.
    pub limit: Option<Limit>,
    /// Whether the figures below are relative; else they are in the series' unit.
    pub is_relative: bool,
    /// Pairs in which both sides have a value.
    pub pairs: u16,
    /// The robust standard deviation of the log ratio between the two sides of a pair; where that can't be told, of
    /// their difference, which shares of counted events have by their counts.
    pub noise: f64,
    /// The smallest effect that the last look finds four times in five, whatever the limit.
    pub detectable: f64,
    /// Pairs after which an unchanged series is passed at its limit four times in five, those of the first look at least; none
    /// without a limit.
    pub pairs_needed: Option<u32>,
    /// The same in minutes.
    pub minutes_needed: Option<f64>,
    /// Whether the pairs of the last look suffice for its limit.
    pub is_decidable: bool,
    /// The narrowest limit that can be held.
    pub suggested_limit: f64,
}

impl Calibration {
    /// Makes tails primary that so many pairs can decide at the limits which they have on a day, where nobody said whether
    /// they are.
    pub fn promote_tails(&self, queries: &mut [Query], pairs: u16, today: Date) {
        for series in &self.series {
            let key = &series.key;
            let is_tail = key.quantile().is_some_and(|q| q >= TAIL);
            let Some(query) = queries.iter_mut().find(|query| is_tail && query.name == key.query) else { continue };
            let limit = query.terms(key, today).limit;
            if limit.is_some_and(|limit| series.is_decided_by(pairs, self.last_look, &limit)) {
                query.decidable.push(key.clone());
            }
        }
    }

    /// How many of its primary series can be decided at their limits, and how many there are.
    pub fn decidable(&self) -> (usize, usize) {
        let primary = || self.series.iter().filter(|series| series.primary && series.limit.is_some());
        (primary().filter(|series| series.is_decidable).count(), primary().count())
    }

    /// What a report says of it, of a run with this measurement hash.
    pub fn note(&self, hash: &MeasurementHash) -> String {
        let (decidable, primary) = self.decidable();
        let of_another = if self.measurement_hash == *hash { "" } else { ", of another stack or load" };
        format!(
            "calibrated on {} with {} pairs of {}{of_another}: {decidable} of {primary} primary series can be decided in {} pairs",
            self.measured_at.date(),
            self.pairs,
            self.revision.short(),
            self.last_look
        )
    }
}

impl SeriesNoise {
    /// Whether so many pairs suffice for a limit: the one that it was calibrated with, or one as wide as they can hold.
    /// `last_look` is the pairs that the narrowest limit holds for; with the root of fewer it is wider.
    fn is_decided_by(&self, pairs: u16, last_look: u16, limit: &Limit) -> bool {
        let wider = (f64::from(last_look) / f64::from(pairs.max(1))).sqrt();
        let narrowest = (self.suggested_limit.ln_1p() * wider).exp_m1();
        let is_held = self.is_relative && limit.relative.is_some_and(|part| part >= narrowest);
        let is_enough = self.pairs_needed.is_some_and(|needed| needed <= u32::from(pairs));
        is_held || is_enough && self.limit.as_ref() == Some(limit)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;
    use crate::domain::query::SeriesRule;
    use crate::domain::template::Template;

    const TODAY: Date = date!(2026 - 01 - 01);

    fn query(primary: Option<bool>) -> Query {
        Query {
            name: "latency".to_owned(),
            help: String::new(),
            unit: Unit::Seconds,
            direction: Direction::Lower,
            promql: Template::parse("x").unwrap(),
            quantiles: vec![0.5, 0.99],
            labels: Vec::new(),
            primary,
            limit: Some(Limit { relative: Some(0.05), absolute: None }),
            quantile_limits: Vec::new(),
            warn: None,
            improvement: None,
            required: false,
            nullable: false,
            muted: None,
            total: None,
            series: Vec::new(),
            decidable: Vec::new(),
        }
    }

    fn key(q: &str) -> SeriesKey {
        let labels = [("endpoint", "/buy"), ("q", q)].map(|(name, value)| (name.to_owned(), value.to_owned()));
        SeriesKey { query: "latency".to_owned(), labels: labels.into(), stage: 0 }
    }

    fn calibration(is_decidable: bool) -> Calibration {
        let series = SeriesNoise {
            key: key("0.99"),
            unit: Unit::Seconds,
            direction: Direction::Lower,
            primary: false,
            limit: Some(Limit { relative: Some(0.05), absolute: None }),
            is_relative: true,
            pairs: 10,
            noise: 0.05,
            detectable: 0.04,
            pairs_needed: Some(if is_decidable { 12 } else { 80 }),
            minutes_needed: None,
            is_decidable,
            suggested_limit: if is_decidable { 0.03 } else { 0.08 },
        };
        Calibration {
            project: "shop".to_owned(),
            benchmark: "web".to_owned(),
            revision: "a".repeat(40).parse().unwrap(),
            run: RunId::random(),
            measurement_hash: MeasurementHash("h".to_owned()),
            class: MachineClass("c".to_owned()),
            measured_at: OffsetDateTime::UNIX_EPOCH,
            pairs: 10,
            arrangement: None,
            seconds_per_pair: None,
            window_seconds: 8.0,
            suggested_window: None,
            last_look: 32,
            series: vec![series],
        }
    }

    #[test]
    fn a_tail_that_can_be_decided_decides_unless_somebody_said_otherwise() {
        let is_primary = |primary, is_decidable, rules: Vec<SeriesRule>| {
            let mut queries = [Query { series: rules, ..query(primary) }];
            calibration(is_decidable).promote_tails(&mut queries, 32, TODAY);
            queries[0].terms(&key("0.99"), TODAY).primary
        };
        assert!(is_primary(None, true, Vec::new()));
        assert!(!is_primary(None, false, Vec::new()));
        assert!(!is_primary(Some(false), true, Vec::new()));
        let rule = SeriesRule { primary: Some(false), ..SeriesRule::default() };
        assert!(!is_primary(None, true, vec![rule]));
    }

    #[test]
    fn a_limit_that_was_edited_since_decides_where_it_is_as_wide_as_can_be_held() {
        let is_primary = |relative, is_decidable| {
            let mut queries =
                [Query { limit: Some(Limit { relative: Some(relative), absolute: None }), ..query(None) }];
            calibration(is_decidable).promote_tails(&mut queries, 32, TODAY);
            queries[0].terms(&key("0.99"), TODAY).primary
        };
        assert!(is_primary(0.03, true) && !is_primary(0.02, true));
        assert!(is_primary(0.08, false) && !is_primary(0.05, false));
    }

    #[test]
    fn a_report_tells_of_what_it_was_and_what_it_allows() {
        let mut calibration = calibration(false);
        calibration.series[0].primary = true;
        let told = calibration.note(&calibration.measurement_hash);
        let known = "calibrated on 1970-01-01 with 10 pairs of aaaaaaaaaaaa";
        assert_eq!(told, format!("{known}: 0 of 1 primary series can be decided in 32 pairs"));
        let other = calibration.note(&MeasurementHash("other".to_owned()));
        assert!(other.starts_with(&format!("{known}, of another stack or load: ")), "{other}");
    }

    #[test]
    fn what_else_was_said_of_the_series_stays() {
        let limit = Limit { relative: Some(0.2), absolute: None };
        let rule = SeriesRule { limit: Some(limit), ..SeriesRule::default() };
        let mut queries = [Query { series: vec![rule], ..query(None) }];
        calibration(true).promote_tails(&mut queries, 32, TODAY);
        let terms = queries[0].terms(&key("0.99"), TODAY);
        assert_eq!((terms.primary, terms.limit), (true, Some(limit)));
        assert!(queries[0].terms(&key("0.5"), TODAY).primary);
    }

    #[test]
    fn only_the_series_that_was_calibrated_decides() {
        let mut queries = [Query { quantiles: vec![0.99], ..query(None) }];
        assert!(!queries[0].is_primary(TODAY));
        calibration(true).promote_tails(&mut queries, 32, TODAY);
        let is_primary = |key: &SeriesKey| queries[0].terms(key, TODAY).primary;
        assert!(is_primary(&key("0.99")));
        assert!(!is_primary(&SeriesKey { stage: 1, ..key("0.99") }), "of another stage nothing is known");
        let mut of_method = key("0.99");
        of_method.labels.insert("method".to_owned(), "GET".to_owned());
        assert!(!is_primary(&of_method), "a series with more labels is another one");
        assert!(queries[0].is_primary(TODAY));
    }

    #[test]
    fn a_tail_that_takes_more_pairs_than_the_job_has_is_only_told() {
        let is_primary = |relative, pairs| {
            let mut queries =
                [Query { limit: Some(Limit { relative: Some(relative), absolute: None }), ..query(None) }];
            calibration(true).promote_tails(&mut queries, pairs, TODAY);
            queries[0].terms(&key("0.99"), TODAY).primary
        };
        // It was calibrated at 5 %, which takes 12 pairs; 32 pairs hold 3 %, and a quarter of them twice as much.
        assert!(is_primary(0.05, 12) && !is_primary(0.05, 11));
        assert!(is_primary(0.062, 8) && !is_primary(0.058, 8));
    }
}
