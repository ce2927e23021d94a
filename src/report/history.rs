//! The history of a query for people: a chart and a table a series, a part for each segment.

use crate::domain::change::{ChangePoint, Drift};
use crate::domain::history::{Break, HistoryPoint, Segment, SeriesHistory};
use crate::domain::limit::{Direction, Quantity};

use super::clean;
use super::figures::{self, NONE};
use super::judge::{p_value, size};
use super::markdown::{ROWS_END, rows};
use super::phrase::{Phrase, code};
use super::sparkline::{range, sparkline};
use super::style::{Ink, Style};
use super::table::{Align, Row, Table};

/// What is said where there is nothing.
const NOTHING: &str = "no runs; `--all` takes those that are no master sets, too";
/// Blocks of a chart in Markdown.
const CHART_WIDTH: usize = 100;
/// Columns beside a chart for its range.
const RANGE_WIDTH: usize = 30;

/// Every series with a chart and a table of each segment, the oldest run first, ending in a newline. Blocks are drawn
/// whatever the locale says, as all reports are UTF-8.
pub fn history_text(histories: &[SeriesHistory], style: Style) -> String {
    let series = |history: &SeriesHistory| {
        let parts = history.segments.iter().map(|segment| {
            let (chart, range) = chart(segment, style.width.saturating_sub(RANGE_WIDTH));
            let opening = opening(segment).map(|opening| style.paint(Ink::Unsure, &opening.to_text()) + "\n");
            let table = table(segment).render(style) + &drift_line(segment);
            format!("{}  {chart}  {range}\n{table}", opening.unwrap_or_default())
        });
        let title = style.paint(Ink::Good, &clean::series(&history.key));
        format!("{title}{}\n{}", remark(history).to_text(), parts.collect::<Vec<_>>().join("\n"))
    };
    let all: Vec<String> = histories.iter().map(series).collect();
    if all.is_empty() { format!("{NOTHING}\n") } else { all.join("\n") }
}

/// Every series as Markdown, the newest run first: what doesn't fit is counted. Bounded as reports are.
pub fn history_markdown(histories: &[SeriesHistory]) -> String {
    let mut page = String::new();
    for (index, history) in histories.iter().enumerate() {
        if page.len() > ROWS_END {
            page += &format!("\n… and {} more series.\n", histories.len() - index);
            break;
        }
        page += &format!("### {}{}\n", code(&clean::series(&history.key)), remark(history).to_markdown());
        for segment in history.segments.iter().rev() {
            let (chart, range) = chart(segment, CHART_WIDTH);
            let opening = opening(segment).map(|opening| opening.to_markdown() + ": ").unwrap_or_default();
            page += &format!("\n{opening}`{chart}` {range}\n\n");
            page += "| revision | when | run | median | ± noise | change |\n| --- | --- | --- | ---: | ---: | ---: |\n";
            let points: Vec<_> = segment.changes().rev().collect();
            rows(&mut page, &points, ROWS_END, |(point, change)| {
                let cells = cells(segment, point, *change);
                format!("| {} |\n", cells.join(" | "))
            });
            let steps = segment.changes.points.iter().map(|step| format!("\n- {}\n", step_line(segment, step)));
            page.extend(steps);
            page += &drift(segment).map(|drift| format!("\n- {drift}\n")).unwrap_or_default();
        }
        page.push('\n');
    }
    if page.is_empty() { format!("{NOTHING}\n") } else { page }
}

/// What is said of a series behind its name.
fn remark(history: &SeriesHistory) -> Phrase {
    let runs = history.segments.iter().map(|segment| segment.points.len()).sum();
    let good = match history.segments.last().map(|segment| segment.ground.info.direction) {
        Some(Direction::Higher) => "higher",
        _ => "lower",
    };
    let runs = figures::count(runs, "run");
    Phrase::new(", benchmark ").foreign(&history.benchmark).own(format!(": {runs}, {good} is better"))
}

/// Why a segment is one of its own; none of the first.
fn opening(segment: &Segment) -> Option<Phrase> {
    let ground = &segment.ground;
    let words = segment.breaks.iter().enumerate().map(|(index, what)| {
        let own = |words: &str| Phrase::new(format!("{}{words}", if index == 0 { "" } else { ", " }));
        match what {
            Break::MeasurementHash => own("another measurement hash ").own(ground.measurement_hash.short().to_owned()),
            Break::MachineClass => own("another machine class ").foreign(&ground.class.0),
            Break::Unit => own("another unit ").own(ground.info.unit.as_str()),
            Break::Definition => own("another definition of the query"),
        }
    });
    let words = words.reduce(Phrase::then)?;
    Some(Phrase::new("not comparable with the runs before: ").then(words))
}

/// The medians as a chart, and their range.
fn chart(segment: &Segment, width: usize) -> (String, String) {
    let medians: Vec<f64> = segment.points.iter().map(|point| point.side.median).collect();
    let (low, high) = range(&medians);
    let value = |value| Quantity(value, segment.ground.info.unit).to_string();
    let range = if low == high { value(low) } else { format!("{} to {}", value(low), value(high)) };
    (sparkline(&medians, width), range)
}

/// Between which commits a step lies, how large and how sure it is.
fn step_line(segment: &Segment, step: &ChangePoint) -> String {
    let revision = |at: usize| segment.points.get(at).map_or_else(|| NONE.to_owned(), |point| point.revision.short());
    let (before, after) = (revision(step.at.saturating_sub(1)), revision(step.at));
    format!("step of {} between {before} and {after} (p {})", size(step.magnitude), p_value(step.p))
}

fn drift(segment: &Segment) -> Option<String> {
    let Drift { points, magnitude, p, .. } = segment.changes.drift.as_ref()?;
    Some(format!("drift of {} over the last {points} runs (p {})", size(*magnitude), p_value(*p)))
}

fn drift_line(segment: &Segment) -> String {
    drift(segment).map(|drift| format!("  {drift}\n")).unwrap_or_default()
}

fn table(segment: &Segment) -> Table<'static> {
    let row = |(at, (point, change)): (usize, (&HistoryPoint, Option<f64>))| Row {
        cells: cells(segment, point, change).to_vec(),
        ink: Ink::Plain,
        remark: segment.changes.points.iter().find(|step| step.at == at).map(|step| step_line(segment, step)),
    };
    Table {
        columns: vec![
            ("revision", Align::Left),
            ("when", Align::Left),
            ("run", Align::Left),
            ("median", Align::Right),
            ("spread", Align::Right),
            ("change", Align::Right),
        ],
        head: 3,
        rows: segment.changes().enumerate().map(row).collect(),
    }
}

fn cells(segment: &Segment, point: &HistoryPoint, change: Option<f64>) -> [String; 6] {
    [
        point.revision.short(),
        figures::instant(point.started_at),
        if point.is_master { point.run.short() } else { format!("{} (no master set)", point.run.short()) },
        figures::median(Some(&point.side), segment.ground.info.unit),
        figures::spread_text(&point.side),
        change.map_or_else(|| NONE.to_owned(), figures::signed),
    ]
}
