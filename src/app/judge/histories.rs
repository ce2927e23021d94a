//! Histories recorded as CSV: `series,index,value`.

use std::collections::{BTreeMap, HashMap};

use super::error::RecordingError;
use super::table::{Shape, Table, value};

const SHAPE: Shape = Shape { required: &["series", "index", "value"], optional: &[] };
/// The places of columns in the shape.
const SERIES: usize = 0;
const INDEX: usize = 1;
const VALUE: usize = 2;

/// A series over its indices, ascending; all values are finite.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct RecordedHistory {
    pub(super) series: String,
    pub(super) points: Vec<(i64, f64)>,
}

/// Values by index, with the lines in which they stand.
type ByIndex = BTreeMap<i64, (Option<f64>, u64)>;

/// Recorded histories, in the order of their first lines, and what to know of them.
pub(super) fn read(file: &str, text: &str) -> Result<(Vec<RecordedHistory>, Vec<String>), RecordingError> {
    let mut table = Table::open(file, text, &SHAPE)?;
    let mut all: Vec<(String, ByIndex)> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    while let Some(line) = table.next()? {
        let wrong = |problem: String| RecordingError::at(file, line.number, problem);
        let (name, index) = (line.cell(SERIES), line.cell(INDEX));
        if name.is_empty() {
            return Err(wrong("the series has no name".to_owned()));
        }
        let index: i64 = index
            .parse()
            .map_err(|_| wrong(format!("index `{index}` is no whole number; number the commits in their order")))?;
        let value = value(file, line.number, line.cell(VALUE))?;
        if let Some(value) = value.filter(|value| value.is_infinite()) {
            return Err(wrong(format!("value `{value}` is no measurement; leave the cell empty where there is none")));
        }
        let at = *known.entry(name.to_owned()).or_insert_with(|| {
            all.push((name.to_owned(), BTreeMap::new()));
            all.len() - 1
        });
        if let Some((_, first)) = all[at].1.insert(index, (value, line.number)) {
            return Err(wrong(format!(
                "series `{name}` has a value at index {index} already, in line {first}; keep one"
            )));
        }
    }
    if all.is_empty() {
        return Err(RecordingError::whole(file, "has a header and no line below it"));
    }
    let mut notes: Vec<String> = table.unused.iter().map(|name| format!("column `{name}` is not used")).collect();
    let cells = all.iter().flat_map(|(_, values)| values.values());
    let missing: Vec<u64> = cells.filter(|(value, _)| value.is_none()).map(|(_, line)| *line).collect();
    if let Some(first) = missing.iter().min() {
        notes.push(format!("values missing: {}, the first in line {first}; they are left out", missing.len()));
    }
    let finish = |(series, values): (String, BTreeMap<i64, (Option<f64>, u64)>)| RecordedHistory {
        series,
        points: values.into_iter().filter_map(|(index, (value, _))| Some((index, value?))).collect(),
    };
    Ok((all.into_iter().map(finish).collect(), notes))
}
