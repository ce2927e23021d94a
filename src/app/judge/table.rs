//! CSV with a header: columns by name, cells with their lines.

use csv::{ReaderBuilder, StringRecord, Trim};

use super::error::RecordingError;
use crate::config::suggest;

/// The columns that a file may have.
pub(super) struct Shape {
    /// Those that it must have.
    pub(super) required: &'static [&'static str],
    /// Those that it may have besides.
    pub(super) optional: &'static [&'static str],
}

/// A file that is read line by line.
pub(super) struct Table<'a> {
    file: &'a str,
    /// The column of each name of the shape, required ones first.
    columns: Vec<Option<usize>>,
    width: usize,
    reader: csv::Reader<&'a [u8]>,
    lines: Lines<'a>,
    /// Columns that are not used.
    pub(super) unused: Vec<String>,
}

/// Counts the lines of a text while its records are read, for the reader does not tell them: it ends a record at the
/// first half of a CRLF, and goes over blank lines when the next one is read.
struct Lines<'a> {
    text: &'a [u8],
    /// Up to this byte newlines are counted.
    counted: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the record whose reading begins at this byte; no call goes back behind the one before.
    fn of_record(&mut self, from: u64) -> u64 {
        let from = usize::try_from(from).map_or(self.text.len(), |from| from.min(self.text.len()));
        let blank = self.text[from..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = &self.text[self.counted..from + blank];
        self.line += passed.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.counted = from + blank;
        self.line
    }
}

/// A line that is not the header.
pub(super) struct Line {
    /// Its number, from 1.
    pub(super) number: u64,
    cells: Vec<String>,
}

impl Line {
    /// The cell of a column by its place in the shape; empty if there is none.
    pub(super) fn cell(&self, column: usize) -> &str {
        &self.cells[column]
    }
}

impl<'a> Table<'a> {
    /// Reads the header.
    pub(super) fn open(file: &'a str, text: &'a str, shape: &Shape) -> Result<Self, RecordingError> {
        let header = shape.required.join(",");
        let mut reader =
            ReaderBuilder::new().flexible(true).trim(Trim::All).has_headers(true).from_reader(text.as_bytes());
        let mut lines = Lines { text: text.as_bytes(), counted: 0, line: 1 };
        let first = lines.of_record(0);
        let found = reader.headers().map_err(|error| RecordingError::at(file, first, error.to_string()))?.clone();
        if found.iter().all(str::is_empty) {
            return Err(RecordingError::whole(file, format!("is empty; expected CSV with the header `{header}`")));
        }
        let names: Vec<String> = found.iter().map(str::to_lowercase).collect();
        let known: Vec<&str> = shape.required.iter().chain(shape.optional).copied().collect();
        let unused = names.iter().filter(|name| !known.contains(&name.as_str())).cloned().collect();
        let table = Self {
            file,
            columns: known.iter().map(|known| names.iter().position(|name| name == known)).collect(),
            width: names.len(),
            reader,
            lines,
            unused,
        };
        table.check_header(&names, shape)?;
        Ok(table)
    }

    fn check_header(&self, names: &[String], shape: &Shape) -> Result<(), RecordingError> {
        let wrong = |problem: String| Err(RecordingError::at(self.file, self.lines.line, problem));
        let known = || shape.required.iter().chain(shape.optional);
        if let Some(twice) = known().find(|known| names.iter().filter(|name| *name == *known).count() > 1) {
            return wrong(format!("column `{twice}` is there twice; keep one"));
        }
        let header = shape.required.join(",");
        if let Some(missing) =
            shape.required.iter().zip(&self.columns).find_map(|(name, at)| at.is_none().then_some(name))
        {
            let near = suggest(missing, self.unused.iter().map(String::as_str));
            let hint = if near.starts_with("did you mean") { format!("; {near}") } else { String::new() };
            return wrong(format!("column `{missing}` is missing; expected the header `{header}`{hint}"));
        }
        // A misspelled limit would be none.
        let near = |name: &String| {
            let absent = shape.optional.iter().filter(|known| !names.iter().any(|name| name == *known)).copied();
            Some(suggest(name, absent)).filter(|hint| hint.starts_with("did you mean")).map(|hint| (name.clone(), hint))
        };
        match self.unused.iter().find_map(near) {
            Some((name, hint)) => wrong(format!("unknown column `{name}`; {hint}")),
            None => Ok(()),
        }
    }

    /// The next line; none at the end. Empty lines are none.
    pub(super) fn next(&mut self) -> Result<Option<Line>, RecordingError> {
        let mut record = StringRecord::new();
        let number = self.lines.of_record(self.reader.position().byte());
        let is_line = self.reader.read_record(&mut record);
        let is_line = is_line.map_err(|error| RecordingError::at(self.file, number, error.to_string()))?;
        if !is_line {
            return Ok(None);
        }
        if record.len() != self.width {
            let problem =
                format!("{} cells where the header has {}; quote cells that hold a comma", record.len(), self.width);
            return Err(RecordingError::at(self.file, number, problem));
        }
        let cell = |column: &Option<usize>| column.and_then(|at| record.get(at)).unwrap_or_default().to_owned();
        Ok(Some(Line { number, cells: self.columns.iter().map(cell).collect() }))
    }
}

/// A number, or none where the cell says that there is none: empty, `NaN`, `null`, `NA`.
pub(super) fn value(file: &str, line: u64, cell: &str) -> Result<Option<f64>, RecordingError> {
    if ["", "null", "none", "na", "n/a"].contains(&cell.to_lowercase().as_str()) {
        return Ok(None);
    }
    let number = |value: f64| Some(value).filter(|value| !value.is_nan());
    cell.parse().map(number).map_err(|_| {
        RecordingError::at(file, line, format!("value `{cell}` is no number; write it plainly, such as `0.00124`, and leave it empty where there is none"))
    })
}
