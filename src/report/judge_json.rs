//! Judged recordings for programs: `loadmark.judgement/1` and `loadmark.changes/1`.

use serde::Serialize;

use crate::domain::change::{ChangePoint, Drift};
use crate::domain::comparison::Tier;
use crate::domain::judgement::{Histories, JudgedHistory, Judgement};
use crate::domain::limit::{Direction, Limit};
use crate::domain::recorded::{RecordedSeries, SeriesFinding};
use crate::domain::verdict::Verdict;

use super::judge::complete_pairs;
use super::view::pretty;

#[derive(Serialize)]
struct JudgementView<'a> {
    schema: &'static str,
    verdict: Verdict,
    pairs: u16,
    recorded: u16,
    looks: &'a [u16],
    error: f64,
    series: Vec<SeriesView<'a>>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct SeriesView<'a> {
    series: &'a str,
    verdict: Verdict,
    tier: Option<Tier>,
    reason: Option<&'a str>,
    estimate: Option<f64>,
    lower: Option<f64>,
    upper: Option<f64>,
    relative: bool,
    confidence: Option<f64>,
    p: Option<f64>,
    pairs: usize,
    method: &'static str,
    detectable: Option<f64>,
    pairs_needed: Option<u32>,
    primary: bool,
    direction: Direction,
    limit: Option<&'a Limit>,
}

impl<'a> From<&'a (RecordedSeries, SeriesFinding)> for SeriesView<'a> {
    fn from((recorded, found): &'a (RecordedSeries, SeriesFinding)) -> Self {
        let estimate = found.estimate.as_ref();
        Self {
            series: &recorded.name,
            verdict: found.verdict,
            tier: found.tier,
            reason: found.reason.as_deref(),
            estimate: estimate.map(|estimate| estimate.effect),
            lower: estimate.and_then(|estimate| estimate.lower),
            upper: estimate.and_then(|estimate| estimate.upper),
            relative: estimate.is_none_or(|estimate| estimate.is_relative),
            confidence: estimate.map(|estimate| estimate.confidence),
            p: estimate.and_then(|estimate| estimate.p),
            pairs: complete_pairs(recorded, found),
            method: "paired",
            detectable: estimate.and_then(|estimate| estimate.detectable),
            pairs_needed: estimate.and_then(|estimate| estimate.pairs_needed),
            primary: recorded.primary,
            direction: recorded.direction,
            limit: recorded.limit.as_ref(),
        }
    }
}

/// Recorded rounds as they were judged, in the order in which they were recorded: schema `loadmark.judgement/1`.
pub fn judgement_json(judgement: &Judgement) -> String {
    pretty(&JudgementView {
        schema: "loadmark.judgement/1",
        verdict: judgement.verdict,
        pairs: judgement.pairs,
        recorded: judgement.recorded,
        looks: &judgement.looks,
        error: judgement.error,
        series: judgement.series.iter().map(SeriesView::from).collect(),
        notes: &judgement.notes,
    })
}

#[derive(Serialize)]
struct HistoriesView<'a> {
    schema: &'static str,
    series: Vec<HistoryView<'a>>,
    notes: &'a [String],
}

#[derive(Serialize)]
struct HistoryView<'a> {
    series: &'a str,
    points: usize,
    change_points: Vec<ChangePointView>,
    drift: Option<DriftView>,
}

#[derive(Serialize)]
struct ChangePointView {
    index: i64,
    magnitude: Option<f64>,
    p: f64,
}

#[derive(Serialize)]
struct DriftView {
    from: i64,
    points: usize,
    magnitude: Option<f64>,
    p: f64,
}

impl<'a> From<&'a JudgedHistory> for HistoryView<'a> {
    fn from(history: &'a JudgedHistory) -> Self {
        let index = |at: usize| history.indices[at];
        let point = |ChangePoint { at, magnitude, p }: &ChangePoint| ChangePointView {
            index: index(*at),
            magnitude: *magnitude,
            p: *p,
        };
        let drift = |Drift { from, points, magnitude, p }: &Drift| DriftView {
            from: index(*from),
            points: *points,
            magnitude: *magnitude,
            p: *p,
        };
        Self {
            series: &history.series,
            points: history.indices.len(),
            change_points: history.changes.points.iter().map(point).collect(),
            drift: history.changes.drift.as_ref().map(drift),
        }
    }
}

/// Recorded histories with their steps and drifts: schema `loadmark.changes/1`.
pub fn histories_json(histories: &Histories) -> String {
    let series = histories.series.iter().map(HistoryView::from).collect();
    pretty(&HistoriesView { schema: "loadmark.changes/1", series, notes: &histories.notes })
}
