//! Both sides of a query, series by series: what is said without looking at values, and the values where they decide.

use std::collections::{BTreeMap, BTreeSet};

use time::Date;

use crate::domain::comparison::{Evidence, SeriesComparison, Tier};
use crate::domain::limit::Limit;
use crate::domain::query::{Query, SeriesTerms};
use crate::domain::series::SeriesKey;
use crate::domain::verdict::Verdict;

use super::gaps::Gaps;
use super::ground::{Footing, Ground};
use super::judge::Judgement;
use super::movement::Movement;
use super::resolution::too_coarse;
use super::side::{Observed, Side};

/// Both sides, indexed.
pub(super) struct Pair<'a> {
    today: Date,
    evidence: Evidence,
    pub(super) ground: Ground,
    baseline: Option<Side<'a>>,
    candidate: Side<'a>,
}

/// A series of a comparison.
pub(super) struct Row<'p> {
    /// What is said of it; without a verdict worth the name where values are to decide.
    pub(super) said: SeriesComparison,
    /// The values that decide, where they do.
    pub(super) figures: Option<Figures<'p>>,
}

/// A series with values on both sides that can be judged.
pub(super) struct Figures<'p> {
    pub(super) baseline: &'p Observed,
    pub(super) candidate: &'p Observed,
    pub(super) terms: SeriesTerms,
    /// In how few rounds there are values, where some lack them.
    pub(super) gaps: Vec<String>,
}

impl Figures<'_> {
    /// What a verdict is measured against where that is another limit than the one for the worse.
    pub(super) fn counted(&self, verdict: Verdict, tier: Option<Tier>) -> Option<Limit> {
        match (verdict, tier) {
            (Verdict::Regression, Some(Tier::Warn)) => self.terms.warn,
            (Verdict::Improvement, _) => self.terms.improvement,
            _ => None,
        }
    }
}

/// What becomes of a series before its values are judged.
enum Prospect<'p> {
    Settled(Judgement),
    /// It would be judged, were its histogram's buckets finer.
    Coarse(String),
    Figures(&'p Observed, &'p Observed, Vec<String>),
}

impl<'a> Pair<'a> {
    /// Puts the sides together.
    pub(super) fn new(baseline: Option<Side<'a>>, candidate: Side<'a>, today: Date, footing: Footing) -> Self {
        let ground = Ground::of(baseline.as_ref(), &candidate, footing);
        let evidence = match footing {
            Footing::Stored => Evidence::Medians,
            Footing::Paired => Evidence::Paired,
        };
        Self { today, evidence, ground, baseline, candidate }
    }

    /// Every series of a query, in every stage.
    pub(super) fn rows_of(&self, query: &Query) -> Vec<Row<'_>> {
        let mut stages = self.candidate.stages(&query.name);
        stages.extend(self.baseline.iter().flat_map(|side| side.stages(&query.name)));
        if stages.is_empty() {
            stages.insert(0);
        }
        stages.into_iter().flat_map(|stage| self.rows_in_stage(query, stage)).collect()
    }

    /// One row a series; one without labels where the candidate has none at all.
    fn rows_in_stage(&self, query: &Query, stage: u16) -> Vec<Row<'_>> {
        let mut keys: BTreeSet<&SeriesKey> = self.candidate.keys(&query.name, stage).collect();
        let is_silent = keys.is_empty() && !self.candidate.valid_rounds().is_empty();
        keys.extend(self.baseline.iter().flat_map(|side| side.keys(&query.name, stage)));
        if is_silent || keys.is_empty() {
            return vec![Row { said: self.without_series(query, stage), figures: None }];
        }
        keys.into_iter().map(|key| self.row(query, key)).collect()
    }

    fn without_series(&self, query: &Query, stage: u16) -> SeriesComparison {
        let judgement = match &self.ground {
            Ground::Invalid { reason, .. } => Judgement::because(Verdict::Invalid, reason),
            Ground::Comparable | Ground::NoBaseline => {
                let reason = self.candidate.missing(&query.name, stage);
                Judgement::because(Verdict::NoData, reason.unwrap_or("the query answered nothing in any round"))
            }
        };
        let muted = query.muted.clone().filter(|muted| muted.holds(self.today));
        SeriesComparison {
            key: SeriesKey { query: query.name.clone(), labels: BTreeMap::new(), stage },
            unit: query.unit,
            direction: query.direction,
            primary: query.is_primary(self.today),
            limit: query.limit,
            baseline: None,
            candidate: None,
            change: None,
            verdict: judgement.verdict,
            reason: judgement.reason,
            evidence: self.evidence,
            estimate: None,
            tier: None,
            counted: None,
            required: query.required,
            muted,
        }
    }

    fn row(&self, query: &Query, key: &SeriesKey) -> Row<'_> {
        let terms = query.terms(key, self.today);
        let prospect = self.prospect(query, key, &terms);
        let can_decide = !matches!(prospect, Prospect::Coarse(_));
        let (judgement, figures) = match prospect {
            Prospect::Settled(judgement) => (judgement, None),
            Prospect::Coarse(reason) => (Judgement::because(Verdict::Inconclusive, reason), None),
            Prospect::Figures(baseline, candidate, gaps) => {
                let figures = Figures { baseline, candidate, terms: terms.clone(), gaps };
                (Judgement::plain(Verdict::Inconclusive), Some(figures))
            }
        };
        // Values of a query as it was before an edit are nothing to show beside new ones.
        let baseline = self.baseline.as_ref().filter(|_| judgement.verdict != Verdict::New);
        let baseline = baseline.and_then(|side| side.observed(key)).and_then(Observed::summary);
        let candidate = self.candidate.observed(key).and_then(Observed::summary);
        let change = baseline
            .as_ref()
            .zip(candidate.as_ref())
            .and_then(|(baseline, candidate)| Movement::between(baseline, candidate, query.direction).relative());
        let said = SeriesComparison {
            key: key.clone(),
            unit: query.unit,
            direction: query.direction,
            primary: terms.primary && can_decide,
            limit: terms.limit,
            baseline,
            candidate,
            change,
            verdict: judgement.verdict,
            reason: judgement.reason,
            evidence: self.evidence,
            estimate: None,
            tier: None,
            counted: None,
            required: terms.required,
            muted: terms.muted,
        };
        Row { said, figures }
    }

    fn prospect(&self, query: &Query, key: &SeriesKey, terms: &SeriesTerms) -> Prospect<'_> {
        let baseline = match (&self.ground, &self.baseline) {
            (Ground::Invalid { reason, .. }, _) => {
                return Prospect::Settled(Judgement::because(Verdict::Invalid, reason));
            }
            (Ground::NoBaseline, _) | (_, None) => return Prospect::Settled(Judgement::plain(Verdict::NoBaseline)),
            (Ground::Comparable, Some(baseline)) => baseline,
        };
        match (baseline.observed(key), self.candidate.observed(key)) {
            (Some(before), Some(after)) => both((baseline, before), (&self.candidate, after), query, terms),
            (Some(_), None) => Prospect::Settled(Judgement::plain(Verdict::Gone)),
            (None, _) => Prospect::Settled(Judgement::because(Verdict::New, unknown_to(baseline, key))),
        }
    }
}

/// Why the baseline lacks a series.
fn unknown_to(baseline: &Side<'_>, key: &SeriesKey) -> String {
    match baseline.missing(&key.query, key.stage) {
        Some(reason) => format!("the baseline has no data: {reason}"),
        None if baseline.stages(&key.query).contains(&key.stage) => "the baseline has no such series".to_owned(),
        None => "the baseline was not asked this query".to_owned(),
    }
}

/// A series with values on both sides.
fn both<'p>(
    baseline: (&Side<'_>, &'p Observed),
    candidate: (&Side<'_>, &'p Observed),
    query: &Query,
    terms: &SeriesTerms,
) -> Prospect<'p> {
    let gaps = [candidate, baseline].map(|(side, observed)| Gaps::of(side, observed));
    if let Some(Gaps::Most(reason)) = gaps.iter().find(|gaps| matches!(gaps, Gaps::Most(_))) {
        return Prospect::Settled(Judgement::because(Verdict::NoData, reason));
    }
    let (before, after) = (baseline.1, candidate.1);
    if before.info.definition != after.info.definition {
        let reason = "the query was edited after the baseline was measured";
        return Prospect::Settled(Judgement::because(Verdict::New, reason));
    }
    if before.info.unit != query.unit || after.info.unit != query.unit {
        let reason = format!(
            "measured in {:?} (baseline) and {:?} (candidate), asked in {:?}",
            before.info.unit, after.info.unit, query.unit
        );
        return Prospect::Settled(Judgement::because(Verdict::Invalid, reason.to_lowercase()));
    }
    let coarse = terms.limit.and_then(|limit| too_coarse(before, after, &limit, query.unit, query.direction));
    let gaps = gaps.into_iter().filter_map(|gap| if let Gaps::Some(reason) = gap { Some(reason) } else { None });
    coarse.map_or_else(|| Prospect::Figures(before, after, gaps.collect()), Prospect::Coarse)
}
