//! The history of a query for programs: `loadmark.history/1`.

use serde::Serialize;
use time::OffsetDateTime;

use crate::domain::change::ChangePoint;
use crate::domain::history::{Break, HistoryPoint, Segment, SeriesHistory};
use crate::domain::limit::{Direction, Unit};

use super::figures;
use super::view::{KeyView, pretty};

#[derive(Serialize)]
struct HistoryView<'a> {
    schema: &'static str,
    project: &'a str,
    query: &'a str,
    series: Vec<SeriesView<'a>>,
}

#[derive(Serialize)]
struct SeriesView<'a> {
    benchmark: &'a str,
    #[serde(flatten)]
    key: KeyView<'a>,
    segments: Vec<SegmentView<'a>>,
}

#[derive(Serialize)]
struct SegmentView<'a> {
    breaks: Vec<&'static str>,
    measurement_hash: &'a str,
    machine_class: &'a str,
    unit: Unit,
    direction: Direction,
    definition: String,
    points: Vec<PointView<'a>>,
    change_points: Vec<ChangePointView>,
    drift: Option<DriftView>,
}

#[derive(Serialize)]
struct ChangePointView {
    index: usize,
    before: String,
    after: String,
    magnitude: Option<f64>,
    p: f64,
}

#[derive(Serialize)]
struct DriftView {
    from: usize,
    points: usize,
    magnitude: Option<f64>,
    p: f64,
}

#[derive(Serialize)]
struct PointView<'a> {
    run: String,
    revision: String,
    master: bool,
    #[serde(with = "time::serde::rfc3339")]
    started_at: OffsetDateTime,
    median: f64,
    values: &'a [f64],
    spread: Option<f64>,
    change: Option<f64>,
}

/// The history of a query as JSON, schema `loadmark.history/1`.
pub fn history_json(project: &str, query: &str, histories: &[SeriesHistory]) -> String {
    let series = histories.iter().map(|history| SeriesView {
        benchmark: &history.benchmark,
        key: (&history.key).into(),
        segments: history.segments.iter().map(SegmentView::from).collect(),
    });
    pretty(&HistoryView { schema: "loadmark.history/1", project, query, series: series.collect() })
}

impl<'a> From<&'a Segment> for SegmentView<'a> {
    fn from(segment: &'a Segment) -> Self {
        let ground = &segment.ground;
        let name = |what: &Break| match what {
            Break::MeasurementHash => "measurement_hash",
            Break::MachineClass => "machine_class",
            Break::Unit => "unit",
            Break::Definition => "definition",
        };
        Self {
            breaks: segment.breaks.iter().map(name).collect(),
            measurement_hash: &ground.measurement_hash.0,
            machine_class: &ground.class.0,
            unit: ground.info.unit,
            direction: ground.info.direction,
            definition: ground.info.definition.to_string(),
            points: segment.changes().map(PointView::from).collect(),
            change_points: segment.changes.points.iter().map(|step| change_point(segment, step)).collect(),
            drift: segment.changes.drift.as_ref().map(|drift| DriftView {
                from: drift.from,
                points: drift.points,
                magnitude: drift.magnitude,
                p: drift.p,
            }),
        }
    }
}

fn change_point(segment: &Segment, step: &ChangePoint) -> ChangePointView {
    let revision = |at: usize| segment.points[at].revision.to_string();
    let (before, after) = (revision(step.at - 1), revision(step.at));
    ChangePointView { index: step.at, before, after, magnitude: step.magnitude, p: step.p }
}

impl<'a> From<(&'a HistoryPoint, Option<f64>)> for PointView<'a> {
    fn from((point, change): (&'a HistoryPoint, Option<f64>)) -> Self {
        Self {
            run: point.run.to_string(),
            revision: point.revision.to_string(),
            master: point.is_master,
            started_at: point.started_at,
            median: point.side.median,
            values: &point.side.values,
            spread: figures::spread(&point.side),
            change,
        }
    }
}
