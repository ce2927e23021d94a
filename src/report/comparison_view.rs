//! The shape of a comparison in JSON; as with [`super::view`], a contract.

use serde::Serialize;

use crate::domain::comparison::{Comparison, Estimate, Evidence, SeriesComparison, SideSummary, Tier};
use crate::domain::limit::{Direction, Limit, Unit};
use crate::domain::procedure::{Arrangement, PairsTold};
use crate::domain::query::Muted;
use crate::domain::verdict::Verdict;

use super::view::{KeyView, LoadView, RunView};
use super::warnings;

#[derive(Serialize)]
struct SideView<'a> {
    median: f64,
    values: &'a [f64],
}

impl<'a> From<&'a SideSummary> for SideView<'a> {
    fn from(side: &'a SideSummary) -> Self {
        Self { median: side.median, values: &side.values }
    }
}

#[derive(Serialize)]
struct LimitView {
    relative: Option<f64>,
    absolute: Option<f64>,
}

impl From<&Limit> for LimitView {
    fn from(limit: &Limit) -> Self {
        Self { relative: limit.relative, absolute: limit.absolute }
    }
}

#[derive(Serialize)]
struct EstimateView {
    effect: f64,
    relative: bool,
    lower: Option<f64>,
    upper: Option<f64>,
    confidence: f64,
    pairs: u16,
    p: Option<f64>,
    detectable: Option<f64>,
    pairs_needed: Option<u32>,
}

impl From<&Estimate> for EstimateView {
    fn from(estimate: &Estimate) -> Self {
        let Estimate { effect, is_relative, lower, upper, confidence, pairs, p, detectable, pairs_needed } = *estimate;
        Self { effect, relative: is_relative, lower, upper, confidence, pairs, p, detectable, pairs_needed }
    }
}

#[derive(Serialize)]
struct MutedView<'a> {
    reason: &'a str,
    until: String,
}

impl<'a> From<&'a Muted> for MutedView<'a> {
    fn from(muted: &'a Muted) -> Self {
        Self { reason: &muted.reason, until: muted.until.to_string() }
    }
}

#[derive(Serialize)]
struct PairsView<'a> {
    valid: u16,
    measured: u16,
    looks: &'a [u16],
    arrangement: Option<Arrangement>,
}

impl<'a> From<&'a PairsTold> for PairsView<'a> {
    fn from(pairs: &'a PairsTold) -> Self {
        let PairsTold { valid, measured, ref looks, arrangement } = *pairs;
        Self { valid, measured, looks, arrangement }
    }
}

#[derive(Serialize)]
struct SeriesView<'a> {
    #[serde(flatten)]
    key: KeyView<'a>,
    verdict: Verdict,
    tier: Option<Tier>,
    evidence: Evidence,
    primary: bool,
    required: bool,
    muted: Option<MutedView<'a>>,
    change: Option<f64>,
    estimate: Option<EstimateView>,
    limit: Option<LimitView>,
    counted: Option<LimitView>,
    unit: Unit,
    direction: Direction,
    baseline: Option<SideView<'a>>,
    candidate: Option<SideView<'a>>,
    reason: Option<&'a str>,
}

impl<'a> From<&'a SeriesComparison> for SeriesView<'a> {
    fn from(series: &'a SeriesComparison) -> Self {
        Self {
            key: (&series.key).into(),
            verdict: series.verdict,
            tier: series.tier,
            evidence: series.evidence,
            primary: series.primary,
            required: series.required,
            muted: series.muted.as_ref().map(MutedView::from),
            change: series.change,
            estimate: series.estimate.as_ref().map(EstimateView::from),
            limit: series.limit.as_ref().map(LimitView::from),
            counted: series.counted.as_ref().map(LimitView::from),
            unit: series.unit,
            direction: series.direction,
            baseline: series.baseline.as_ref().map(SideView::from),
            candidate: series.candidate.as_ref().map(SideView::from),
            reason: series.reason.as_deref(),
        }
    }
}

/// A whole comparison.
#[derive(Serialize)]
pub(super) struct ComparisonView<'a> {
    verdict: Verdict,
    method: &'a str,
    baseline: Option<RunView<'a>>,
    candidate: RunView<'a>,
    series: Vec<SeriesView<'a>>,
    load: Vec<LoadView>,
    pairs: Option<PairsView<'a>>,
    notes: Vec<String>,
}

impl<'a> From<&'a Comparison> for ComparisonView<'a> {
    fn from(comparison: &'a Comparison) -> Self {
        Self {
            verdict: comparison.verdict,
            method: &comparison.method,
            baseline: comparison.baseline.as_ref().map(RunView::from),
            candidate: (&comparison.candidate).into(),
            series: comparison.series.iter().map(SeriesView::from).collect(),
            load: comparison.load.iter().map(LoadView::from).collect(),
            pairs: comparison.pairs.as_ref().map(PairsView::from),
            notes: warnings::notes(comparison),
        }
    }
}
