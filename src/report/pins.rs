//! Pinned baselines: a list of them.

use serde::Serialize;
use time::OffsetDateTime;

use crate::domain::pin::{Pin, PinEnd};

use super::clean;
use super::figures;
use super::style::{Ink, Style};
use super::table::{Align, Row, Table};
use super::view::pretty;

/// The pins as a table, in the order given, ending in a newline.
pub fn pins_text(pins: &[Pin], style: Style) -> String {
    if pins.is_empty() {
        return "no baseline is pinned\n".to_owned();
    }
    let has_ended = pins.iter().any(|pin| pin.ended.is_some());
    let ended = |pin: &Pin| match &pin.ended {
        Some(PinEnd { by, at }) => format!("{} by {}", figures::instant(*at), clean::line(by)),
        None => figures::NONE.to_owned(),
    };
    let row = |pin: &Pin| {
        let mut cells = vec![
            clean::line(&pin.benchmark),
            pin.revision.short(),
            figures::instant(pin.at),
            clean::line(&pin.by),
            clean::line(&pin.reason),
        ];
        cells.extend(has_ended.then(|| ended(pin)));
        Row { cells, ink: if pin.ended.is_some() { Ink::Faint } else { Ink::Plain }, remark: None }
    };
    let mut columns = vec![
        ("benchmark", Align::Left),
        ("baseline", Align::Left),
        ("pinned", Align::Left),
        ("by", Align::Left),
        ("reason", Align::Left),
    ];
    columns.extend(has_ended.then_some(("until", Align::Left)));
    Table { columns, head: 2, rows: pins.iter().map(row).collect() }.render(style)
}

#[derive(Serialize)]
struct PinsView<'a> {
    schema: &'static str,
    project: &'a str,
    pins: Vec<PinView<'a>>,
}

#[derive(Serialize)]
struct PinView<'a> {
    benchmark: &'a str,
    revision: String,
    reason: &'a str,
    by: &'a str,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    unpinned: Option<EndView<'a>>,
}

#[derive(Serialize)]
struct EndView<'a> {
    by: &'a str,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
}

/// The pins as JSON, schema `loadmark.pins/1`.
pub fn pins_json(project: &str, pins: &[Pin]) -> String {
    pretty(&PinsView { schema: "loadmark.pins/1", project, pins: pins.iter().map(PinView::from).collect() })
}

impl<'a> From<&'a Pin> for PinView<'a> {
    fn from(pin: &'a Pin) -> Self {
        let Pin { benchmark, revision, reason, by, at, ended } = pin;
        let unpinned = ended.as_ref().map(|end| EndView { by: &end.by, at: end.at });
        Self { benchmark, revision: revision.to_string(), reason, by, at: *at, unpinned }
    }
}
