//! Recorded rounds as files: CSV as `judge --input` reads it, with a description beside it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::AppError;
use super::judge::recorded_series;
use crate::domain::recorded::RecordedSeries;
use crate::domain::run::Arm;
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
    /// What decides how the numbers came about; none in files of before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measurement_hash: Option<String>,
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
#[derive(Serialize)]
struct Row<'a> {
    series: &'a str,
    pair: usize,
    side: &'static str,
    value: f64,
    direction: &'static str,
    primary: bool,
    total: Option<f64>,
}

/// Reads recorded rounds with what is known of them.
///
/// # Errors
/// The file can't be read, or a line of it is none of recorded rounds.
pub fn read_rounds(path: &Path) -> Result<Recording, AppError> {
    let series = recorded_series(path)?;
    let about = read_about(path)?;
    let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or("rounds").to_owned();
    let known = about.filter(|about| about.seconds_per_pair > 0.0);
    Ok(Recording {
        // Files have names that differ, titles need not.
        name: stem,
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

/// What is known of the rounds in a file to which others shall be added; none where there is no such file yet.
///
/// # Errors
/// Nothing is known of the rounds that are there: what is added could be of other ground, and they would be overwritten.
/// Or the file has the name of a description.
pub fn read_about_there(rounds: &Path) -> Result<Option<RoundsAbout>, AppError> {
    let (file, beside) = (rounds.display(), about_path(rounds));
    if beside == rounds {
        return Err(AppError::Usage(format!(
            "`{file}` is where the description of recorded rounds goes: name the file of the rounds, such as `{}`",
            rounds.with_extension("csv").display()
        )));
    }
    match (rounds.exists(), read_about(rounds)?) {
        (true, None) => Err(AppError::Usage(format!(
            "`{file}` has no description beside it, so nobody knows what its rounds are of: name another file, or \
             restore `{}`",
            beside.display()
        ))),
        (_, about) => Ok(about),
    }
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
            let totals = [pair.totals.map(|(baseline, _)| baseline), pair.totals.map(|(_, candidate)| candidate)];
            let values = [(Arm::Baseline, pair.baseline), (Arm::Candidate, pair.candidate)];
            for ((side, value), total) in values.into_iter().zip(totals) {
                let Some(value) = value else { continue };
                let (series, pair, primary) = (one.name.as_str(), index + 1, one.primary);
                let (direction, side) = (one.direction.as_str(), side.as_str());
                writer.serialize(Row { series, pair, side, value, direction, primary, total })?;
            }
        }
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::recorded::Scale;

    const TEXT: &str = "series,pair,side,value,direction,primary,total\n\
        a,1,baseline,1.5,lower,true,\na,1,candidate,1.6,lower,true,\n\
        \"b{x=\"\"y\"\"}\",1,baseline,1.0,higher,false,\n\"b{x=\"\"y\"\"}\",2,candidate,2.0,higher,false,\n\
        errors,1,baseline,0.0,lower,true,1600.0\nerrors,1,candidate,0.01,lower,true,1599.0\n";
    /// As it was written before totals were kept.
    const OLD: &str = "series,pair,side,value,direction,primary\n\
        errors,1,baseline,0.0,lower,true\nerrors,1,candidate,0.01,lower,true\n";

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let given = folder.path().join("given.csv");
        fs::write(&given, TEXT).unwrap();
        let read = read_rounds(&given).unwrap();
        assert_eq!((read.name.as_str(), read.seconds_per_pair, read.series.len()), ("given", None, 3));
        assert_eq!(read.series[2].pairs[0].totals, Some((1600.0, 1599.0)));
        assert_eq!((read.series[0].scale, read.series[2].scale), (Scale::Ratio, Scale::Difference));
        let path = folder.path().join("deep/shop.csv");
        let about = RoundsAbout { title: "the shop".to_owned(), seconds_per_pair: 40.0, ..RoundsAbout::default() };
        write_rounds(&path, &read.series, &about).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), TEXT);
        let again = read_rounds(&path).unwrap();
        assert_eq!((again.series, again.name.as_str(), again.seconds_per_pair), (read.series, "shop", Some(40.0)));
        assert_eq!(read_about(&path).unwrap(), Some(about));
    }

    #[test]
    fn rounds_of_before_totals_and_hashes_were_kept_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.csv");
        fs::write(&path, OLD).unwrap();
        let series = read_rounds(&path).unwrap().series;
        assert_eq!((series[0].pairs[0].totals, series[0].scale), (None, Scale::Ratio));
        let about = RoundsAbout { title: "old".to_owned(), ..RoundsAbout::default() };
        write_rounds(&path, &series, &about).unwrap();
        assert!(!fs::read_to_string(about_path(&path)).unwrap().contains("measurement_hash"));
        assert_eq!(read_about(&path).unwrap(), Some(about));
    }

    #[test]
    fn rounds_without_a_description_are_not_added_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.csv");
        assert_eq!(read_about_there(&path).unwrap(), None);
        fs::write(&path, TEXT).unwrap();
        let (file, beside) = (path.display(), folder.path().join("mine.json"));
        let told = format!(
            "`{file}` has no description beside it, so nobody knows what its rounds are of: name another file, or \
             restore `{}`",
            beside.display()
        );
        let refused = read_about_there(&path).unwrap_err();
        assert!(matches!(refused, AppError::Usage(_)));
        assert_eq!(refused.to_string(), told);
        assert_eq!(fs::read_to_string(&path).unwrap(), TEXT);
        let swapped = read_about_there(&beside).unwrap_err().to_string();
        assert!(swapped.ends_with(&format!("name the file of the rounds, such as `{file}`")), "{swapped}");
        write_rounds(&path, &read_rounds(&path).unwrap().series, &RoundsAbout::default()).unwrap();
        assert_eq!(read_about_there(&path).unwrap(), Some(RoundsAbout::default()));
    }
}
