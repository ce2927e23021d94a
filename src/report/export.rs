//! Measurements for spreadsheets and programs, written one by one: CSV (RFC 4180), and JSON, `loadmark.export/1`.

use std::borrow::Cow;
use std::io::{self, Write};

use csv::{Terminator, WriterBuilder};
use serde::Serialize;
use time::OffsetDateTime;

use crate::domain::export::Exported;
use crate::domain::job::JobKind;
use crate::domain::limit::{Direction, Unit};
use crate::domain::run::Arm;

/// The columns of CSV, and the fields of JSON, in their order.
const COLUMNS: [&str; 21] = [
    "run",
    "job",
    "kind",
    "project",
    "benchmark",
    "revision",
    "is_master",
    "measurement_hash",
    "machine_class",
    "started_at",
    "arm",
    "round",
    "valid",
    "query",
    "labels",
    "q",
    "stage",
    "unit",
    "direction",
    "definition",
    "value",
];

/// How an export is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExportFormat {
    /// A line a measurement, below a line of names.
    Csv,
    /// One document.
    Json,
}

/// An export under way; it ends with [`Export::finish`].
pub enum Export<W: Write> {
    /// Lines.
    Csv(Box<csv::Writer<W>>),
    /// A document whose list is open.
    Json {
        /// Where it goes.
        out: W,
        /// Whether the list is empty so far.
        is_empty: bool,
    },
}

#[derive(Serialize)]
struct RowView<'a, L> {
    run: String,
    job: i64,
    kind: JobKind,
    project: &'a str,
    benchmark: &'a str,
    revision: String,
    is_master: bool,
    measurement_hash: &'a str,
    machine_class: Cow<'a, str>,
    #[serde(with = "time::serde::rfc3339")]
    started_at: OffsetDateTime,
    arm: Arm,
    round: u16,
    valid: bool,
    query: &'a str,
    labels: L,
    q: Option<Cow<'a, str>>,
    stage: u16,
    unit: Unit,
    direction: Direction,
    definition: String,
    value: f64,
}

impl<W: Write> Export<W> {
    /// Writes what comes before the first measurement.
    ///
    /// # Errors
    /// Writing fails.
    pub fn new(format: ExportFormat, mut out: W) -> io::Result<Self> {
        match format {
            ExportFormat::Csv => {
                let mut lines = WriterBuilder::new().has_headers(false).terminator(Terminator::CRLF).from_writer(out);
                lines.write_record(COLUMNS).map_err(plain)?;
                Ok(Self::Csv(Box::new(lines)))
            }
            ExportFormat::Json => {
                write!(out, r#"{{"schema": "loadmark.export/1", "measurements": ["#)?;
                Ok(Self::Json { out, is_empty: true })
            }
        }
    }

    /// Writes a measurement.
    ///
    /// # Errors
    /// Writing fails.
    pub fn row(&mut self, row: Exported<'_>) -> io::Result<()> {
        let labels = &row.series.key.labels;
        match self {
            Self::Csv(lines) => lines.serialize(view(row, serde_json::to_string(labels)?, inert)).map_err(plain),
            Self::Json { out, is_empty } => {
                out.write_all(if *is_empty { b"\n" } else { b",\n" })?;
                *is_empty = false;
                Ok(serde_json::to_writer(out, &view(row, labels, Cow::Borrowed))?)
            }
        }
    }

    /// Writes what comes after the last measurement.
    ///
    /// # Errors
    /// Writing fails.
    pub fn finish(self) -> io::Result<()> {
        match self {
            Self::Csv(mut lines) => lines.flush(),
            Self::Json { mut out, .. } => {
                out.write_all(b"\n]}\n")?;
                out.flush()
            }
        }
    }
}

fn view<'a, L>(row: Exported<'a>, labels: L, foreign: impl Fn(&'a str) -> Cow<'a, str>) -> RowView<'a, L> {
    let Exported { run, series, value } = row;
    RowView {
        run: run.id.to_string(),
        job: run.job.0,
        kind: run.kind,
        project: &run.project,
        benchmark: &run.benchmark,
        revision: run.revision.to_string(),
        is_master: run.is_master,
        measurement_hash: &run.measurement_hash.0,
        machine_class: foreign(&run.class.0),
        started_at: run.started_at,
        arm: value.arm,
        round: value.round,
        valid: value.valid,
        query: &series.key.query,
        labels,
        q: series.key.labels.get("q").map(|q| foreign(q)),
        stage: series.key.stage,
        unit: series.info.unit,
        direction: series.info.direction,
        definition: series.info.definition.to_string(),
        value: value.value,
    }
}

/// The error of the system behind one of CSV: a closed pipe must be seen as one.
fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(source) => source,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// A cell that no spreadsheet takes for a formula: an apostrophe goes before what would begin one. Cells of our own words
/// begin with a letter or a digit, labels with a brace, and a value is a number.
fn inert(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}").into() } else { text.into() }
}
