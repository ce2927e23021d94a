//! Recorded rounds as files: CSV as `judge --input` reads it, with a description beside it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::AppError;
use crate::domain::limit::Direction;
use crate::domain::recorded::{RecordedPair, RecordedSeries, Scale};
use crate::evaluate::Recording;

/// What is known of recorded rounds beside their values, in a file of the same name that ends in `.json`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoundsAbout {
    /// What was measured, in words.
    pub title: String,
    /// The benchmark's name.
    pub benchmark: String,
    /// The revision that was measured with itself.
    pub revision: String,
    /// The machine's class.
    pub machine_class: String,
    /// How the two rounds of a pair lay in time.
    pub arrangement: String,
    /// The load window of a round, in seconds.
    pub window_seconds: f64,
    /// What a pair took, in seconds.
    pub seconds_per_pair: f64,
    /// The runs that they are of, in order.
    pub runs: Vec<String>,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Row {
    series: String,
    pair: u32,
    side: Side,
    value: f64,
    #[serde(default)]
    direction: Option<Direction>,
    #[serde(default)]
    primary: Option<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Side {
    Baseline,
    Candidate,
}

/// Reads recorded rounds with what is known of them.
///
/// # Errors
/// The file can't be read, or a line of it is none of recorded rounds.
pub fn read_rounds(path: &Path) -> Result<Recording, AppError> {
    let text = fs::read_to_string(path).map_err(failed("read", path))?;
    let series = parse(&text).map_err(|problem| {
        AppError::Usage(format!(
            "`{}` holds no recorded rounds: {problem}; expected lines of `series,pair,side,value`",
            path.display()
        ))
    })?;
    let about = read_about(path)?;
    let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or("rounds").to_owned();
    let known = about.filter(|about| about.seconds_per_pair > 0.0);
    Ok(Recording {
        name: known.as_ref().map_or(stem, |about| about.title.clone()),
        series,
        seconds_per_pair: known.map(|about| about.seconds_per_pair),
    })
}

/// What is known of recorded rounds; none where there is no description.
///
/// # Errors
/// There is one that can't be read.
pub fn read_about(rounds: &Path) -> Result<Option<RoundsAbout>, AppError> {
    let path = about_path(rounds);
    if !path.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).map_err(failed("read", &path))?;
    let wrong = |error| AppError::Usage(format!("`{}` describes no recorded rounds: {error}", path.display()));
    serde_json::from_str(&text).map(Some).map_err(wrong)
}

/// Writes the rounds and their description, each file whole or not at all.
///
/// # Errors
/// One of them can't be written.
pub fn write_rounds(path: &Path, series: &[RecordedSeries], about: &RoundsAbout) -> Result<(), AppError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed("make the folder", folder))?;
    }
    let text = render(series).map_err(|error| AppError::Io {
        operation: "write recorded rounds to",
        path: path.to_owned(),
        source: std::io::Error::other(error),
    })?;
    replace(path, &text)?;
    let json = serde_json::to_string_pretty(about).unwrap_or_default();
    replace(&about_path(path), format!("{json}\n").as_bytes())
}

/// Writes a file beside its place and moves it there: whoever reads it, reads all of it.
pub(super) fn replace(path: &Path, text: &[u8]) -> Result<(), AppError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = path.with_file_name(name);
    fs::write(&beside, text).map_err(failed("write", &beside))?;
    fs::rename(&beside, path).map_err(failed("replace", path))
}

fn failed(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> AppError {
    let path = path.to_owned();
    move |source| AppError::Io { operation, path, source }
}

fn about_path(rounds: &Path) -> PathBuf {
    rounds.with_extension("json")
}

fn render(series: &[RecordedSeries]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for one in series {
        for (index, pair) in one.pairs.iter().enumerate() {
            for (side, value) in [(Side::Baseline, pair.baseline), (Side::Candidate, pair.candidate)] {
                let Some(value) = value else { continue };
                let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
                let (direction, primary) = (Some(one.direction), Some(one.primary));
                writer.serialize(Row { series: one.name.clone(), pair: number, side, value, direction, primary })?;
            }
        }
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "series,pair,side,value,direction,primary\n\
        a,1,baseline,1.5,lower,true\na,1,candidate,1.6,lower,true\n\
        \"b{x=\"\"y\"\"}\",1,baseline,0.0,higher,false\n\"b{x=\"\"y\"\"}\",2,candidate,2.0,higher,false\n";

    #[test]
    fn what_is_written_is_read_again() {
        let series = parse(TEXT).unwrap();
        assert_eq!(series.len(), 2);
        assert_eq!(series[0].pairs, [
            RecordedPair { baseline: Some(1.5), candidate: Some(1.6), totals: None },
            RecordedPair::default()
        ]);
        assert_eq!((series[1].scale, series[1].primary, series[1].direction), (Scale::Difference, false, Direction::Higher));
        assert_eq!(String::from_utf8(render(&series).unwrap()).unwrap(), TEXT);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/shop.csv");
        let about = RoundsAbout { title: "shop".to_owned(), seconds_per_pair: 40.0, ..RoundsAbout::default() };
        write_rounds(&path, &series, &about).unwrap();
        let recording = read_rounds(&path).unwrap();
        assert_eq!((recording.series, recording.name.as_str(), recording.seconds_per_pair), (series, "shop", Some(40.0)));
    }

    #[test]
    fn what_is_none_is_refused_with_its_place() {
        for (text, part) in [
            ("series,pair,side\na,1,baseline\n", "missing field `value`"),
            ("series,pair,side,value\na,1,left,1\n", "line: 2"),
            ("series,pair,side,value\na,1,baseline,1\na,1,baseline,2\n", "two values of one side in pair 1"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
