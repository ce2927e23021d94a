//! Both sides of a query, series by series.

use std::collections::{BTreeMap, BTreeSet};

use time::Date;

use crate::domain::comparison::{Evidence, SeriesComparison, Tier};
use crate::domain::limit::Limit;
use crate::domain::query::Query;
use crate::domain::series::SeriesKey;
use crate::domain::verdict::Verdict;

use super::ground::Ground;
use super::judge::{Judgement, judge};
use super::movement::Movement;
use super::resolution::too_coarse;
use super::side::{Observed, Side};

/// Both sides, indexed.
pub(super) struct Pair<'a> {
    today: Date,
    ground: Ground,
    baseline: Option<Side<'a>>,
    candidate: Side<'a>,
}

impl<'a> Pair<'a> {
    /// Puts the sides together.
    pub(super) fn new(baseline: Option<Side<'a>>, candidate: Side<'a>, today: Date) -> Self {
        Self { today, ground: Ground::of(baseline.as_ref(), &candidate), baseline, candidate }
    }

    /// Every series of a query, in every stage.
    pub(super) fn series_of(&self, query: &Query) -> Vec<SeriesComparison> {
        let mut stages = self.candidate.stages(&query.name);
        stages.extend(self.baseline.iter().flat_map(|side| side.stages(&query.name)));
        if stages.is_empty() {
            stages.insert(0);
        }
        stages.into_iter().flat_map(|stage| self.series_in_stage(query, stage)).collect()
    }

    /// One row a series; one without labels where the candidate has none at all.
    fn series_in_stage(&self, query: &Query, stage: u16) -> Vec<SeriesComparison> {
        let mut keys: BTreeSet<&SeriesKey> = self.candidate.keys(&query.name, stage).collect();
        let is_silent = keys.is_empty() && !self.candidate.valid_rounds().is_empty();
        keys.extend(self.baseline.iter().flat_map(|side| side.keys(&query.name, stage)));
        if is_silent || keys.is_empty() {
            return vec![self.without_series(query, stage)];
        }
        keys.into_iter().map(|key| self.series(query, key)).collect()
    }

    fn without_series(&self, query: &Query, stage: u16) -> SeriesComparison {
        let judgement = match &self.ground {
            Ground::Invalid(reason) => Judgement::because(Verdict::Invalid, reason),
            Ground::Comparable | Ground::NoBaseline => {
                let reason = self.candidate.missing(&query.name, stage);
                Judgement::because(Verdict::NoData, reason.unwrap_or("the query answered nothing in any round"))
            }
        };
        SeriesComparison {
            key: SeriesKey { query: query.name.clone(), labels: BTreeMap::new(), stage },
            unit: query.unit,
            direction: query.direction,
            primary: query.is_primary(),
            limit: query.limit,
            baseline: None,
            candidate: None,
            change: None,
            verdict: judgement.verdict,
            reason: judgement.reason,
            evidence: Evidence::Medians,
            estimate: None,
            tier: None,
            required: query.required,
            muted: query.muted.clone().filter(|muted| self.today <= muted.until),
        }
    }

    fn series(&self, query: &Query, key: &SeriesKey) -> SeriesComparison {
        let terms = query.terms(key, self.today);
        let limit = terms.limit;
        let mut judgement = self.judge(query, key, limit.as_ref());
        let coarse = self.too_coarse(query, key, limit.as_ref()).filter(|_| judgement.is_by_figures());
        let can_decide = coarse.is_none();
        if let Some(reason) = coarse {
            judgement = Judgement::because(Verdict::Inconclusive, reason);
        }
        // Values of a query as it was before an edit are nothing to show beside new ones.
        let baseline = self.baseline.as_ref().filter(|_| judgement.verdict != Verdict::New);
        let baseline = baseline.and_then(|side| side.observed(key)).and_then(Observed::summary);
        let candidate = self.candidate.observed(key).and_then(Observed::summary);
        let change = baseline
            .as_ref()
            .zip(candidate.as_ref())
            .and_then(|(baseline, candidate)| Movement::between(baseline, candidate, query.direction).relative());
        SeriesComparison {
            key: key.clone(),
            unit: query.unit,
            direction: query.direction,
            primary: terms.primary && can_decide,
            limit,
            baseline,
            candidate,
            change,
            verdict: judgement.verdict,
            reason: judgement.reason,
            evidence: Evidence::Medians,
            estimate: None,
            tier: (judgement.verdict == Verdict::Regression).then_some(Tier::Fail),
            required: terms.required,
            muted: terms.muted,
        }
    }

    fn too_coarse(&self, query: &Query, key: &SeriesKey, limit: Option<&Limit>) -> Option<String> {
        let (baseline, candidate) = (self.baseline.as_ref()?.observed(key)?, self.candidate.observed(key)?);
        too_coarse(baseline, candidate, limit?, query.unit, query.direction)
    }

    fn judge(&self, query: &Query, key: &SeriesKey, limit: Option<&Limit>) -> Judgement {
        let baseline = match (&self.ground, &self.baseline) {
            (Ground::Invalid(reason), _) => return Judgement::because(Verdict::Invalid, reason),
            (Ground::NoBaseline, _) | (_, None) => return Judgement::plain(Verdict::NoBaseline),
            (Ground::Comparable, Some(baseline)) => baseline,
        };
        match (baseline.observed(key), self.candidate.observed(key)) {
            (Some(before), Some(after)) => judge_both((baseline, before), (&self.candidate, after), query, limit),
            (Some(_), None) => Judgement::plain(Verdict::Gone),
            (None, _) => Judgement::because(Verdict::New, unknown_to(baseline, key)),
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
fn judge_both(
    baseline: (&Side<'_>, &Observed),
    candidate: (&Side<'_>, &Observed),
    query: &Query,
    limit: Option<&Limit>,
) -> Judgement {
    let gaps = [candidate, baseline].map(|(side, observed)| Gaps::of(side, observed));
    if let Some(Gaps::Most(reason)) = gaps.iter().find(|gaps| matches!(gaps, Gaps::Most(_))) {
        return Judgement::because(Verdict::NoData, reason);
    }
    let (before, after) = (baseline.1, candidate.1);
    if before.info.definition != after.info.definition {
        return Judgement::because(Verdict::New, "the query was edited after the baseline was measured");
    }
    if before.info.unit != query.unit || after.info.unit != query.unit {
        let reason = format!(
            "measured in {:?} (baseline) and {:?} (candidate), asked in {:?}",
            before.info.unit, after.info.unit, query.unit
        );
        return Judgement::because(Verdict::Invalid, reason.to_lowercase());
    }
    let Some(limit) = limit else {
        // The honest one of the nine: whether it changed is not said. Such a series is never primary.
        return Judgement::because(Verdict::Inconclusive, "no limit: reported, never judged");
    };
    let (Some(before), Some(after)) = (before.summary(), after.summary()) else {
        return Judgement::plain(Verdict::NoData);
    };
    let movement = Movement::between(&before, &after, query.direction);
    let mut judgement = judge(&before.values, &after.values, movement, limit);
    for gap in gaps {
        if let Gaps::Some(reason) = gap {
            judgement.reason = Some(judgement.reason.map_or_else(|| reason.clone(), |own| format!("{own}; {reason}")));
        }
    }
    judgement
}

/// How many of a side's rounds lack a series.
enum Gaps {
    None,
    Some(String),
    /// More than half: what is left is no sample of the rounds.
    Most(String),
}

impl Gaps {
    fn of(side: &Side<'_>, observed: &Observed) -> Self {
        let (present, all) = (observed.rounds(), side.valid_rounds().len());
        let reason = || format!("in {present} of {all} rounds of the {}", side.arm);
        match present {
            _ if present == all => Self::None,
            _ if present * 2 >= all => Self::Some(reason()),
            _ => Self::Most(reason()),
        }
    }
}
