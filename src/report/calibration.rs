//! A calibration: what noise there is, and what it allows.

use serde::Serialize;

use super::phrase::{code, inert};
use super::style::{Ink, Style};
use super::table::{Align, Row, Table};
use super::view::pretty;
use super::{clean, figures};
use crate::domain::calibration::{Calibration, SeriesNoise};
use crate::domain::limit::LimitText;

#[derive(Serialize)]
struct CalibrationView<'a> {
    schema: &'static str,
    #[serde(flatten)]
    calibration: &'a Calibration,
}

/// As JSON, schema `loadmark.calibration/1`.
pub fn calibration_json(calibration: &Calibration) -> String {
    pretty(&CalibrationView { schema: "loadmark.calibration/1", calibration })
}

/// For a terminal.
pub fn calibration_text(calibration: &Calibration, style: Style) -> String {
    let columns = titles().map(|title| (title, if title == "series" { Align::Left } else { Align::Right })).to_vec();
    let row = |series: &SeriesNoise| Row {
        cells: cells(series).to_vec(),
        ink: match (series.primary && series.limit.is_some(), series.is_decidable) {
            (false, _) => Ink::Plain,
            (true, true) => Ink::Good,
            (true, false) => Ink::Unsure,
        },
        remark: None,
    };
    let table = Table { columns, head: 1, rows: calibration.series.iter().map(row).collect() }.render(style);
    format!("{}\n\n{table}\n{}\n", head(calibration), explanation(calibration))
}

/// For a pull request.
pub fn calibration_markdown(calibration: &Calibration) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rows: String = calibration
        .series
        .iter()
        .map(|series| {
            let [name, rest @ ..] = cells(series);
            let mut row = vec![code(&name)];
            row.extend(rest);
            line(&row)
        })
        .collect();
    let titles = titles().map(str::to_owned);
    let rule = format!("| --- |{}\n", " ---: |".repeat(titles.len() - 1));
    format!("{}\n\n{}{rule}{rows}\n{}\n", inert(&head(calibration)), line(&titles), explanation(calibration))
}

fn titles() -> [&'static str; 6] {
    ["series", "noise", "seen at last", "limit", "pairs for it", "narrowest limit"]
}

fn cells(series: &SeriesNoise) -> [String; 6] {
    let effect = |value: f64| figures::size(value, series.is_relative, series.unit);
    let limit = series.limit.map(|limit| LimitText(&limit, series.unit, series.direction).to_string());
    let pairs = series.pairs_needed.map(|pairs| match (pairs, series.minutes_needed) {
        (u32::MAX, _) => "never".to_owned(),
        (pairs, Some(minutes)) => format!("{pairs} ({minutes:.0} min)"),
        (pairs, None) => pairs.to_string(),
    });
    [
        clean::line(&series.key.to_string()),
        effect(series.noise),
        effect(series.detectable),
        limit.unwrap_or_else(|| figures::NONE.to_owned()),
        pairs.unwrap_or_else(|| figures::NONE.to_owned()),
        effect(series.suggested_limit),
    ]
}

fn head(calibration: &Calibration) -> String {
    let Calibration { project, benchmark, revision, pairs, .. } = calibration;
    let pace = calibration.seconds_per_pair.map(|seconds| format!(", {seconds:.0} s a pair")).unwrap_or_default();
    let pairs = figures::count(usize::from(*pairs), "pair");
    let (project, benchmark) = (clean::line(project), clean::line(benchmark));
    format!("{project}, benchmark {benchmark}: {pairs} of {} with itself{pace}", revision.short())
}

fn explanation(calibration: &Calibration) -> String {
    let last = calibration.last_look;
    let primary = || calibration.series.iter().filter(|series| series.primary && series.limit.is_some());
    let open = primary().filter(|series| !series.is_decidable).count();
    let mut text = format!(
        "noise: robust standard deviation of the log ratio between the sides of a pair. Seen at last: the smallest effect \
         that {last} pairs find four times in five. Pairs for it: after so many an unchanged series is passed."
    );
    if open > 0 {
        text += &format!(
            "\n{open} of {} primary series can't be decided within {last} pairs: widen their limits to the narrowest, or \
             measure longer.",
            primary().count()
        );
    }
    if let Some(window) = calibration.suggested_window {
        text += &format!("\nA load window of {window:.0} s instead of {:.0} s would do.", calibration.window_seconds);
    }
    text
}
