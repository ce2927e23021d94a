//! `evaluate`: how often verdicts are right and wrong, on recorded and simulated rounds; resumable.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::error::AppError;
use super::rounds::{read_rounds, replace};
use crate::domain::evaluation::Evaluation;
use crate::evaluate::{self, Chunk, Counted, Extent, Recording, Running};
use crate::report;

/// Between these marks docs/statistics.md holds the tables of the last evaluation.
const MARKS: (&str, &str) = ("<!-- tables of the evaluation: begin -->\n", "<!-- tables of the evaluation: end -->\n");
/// Progress is told so often.
const TELL: Duration = Duration::from_secs(5);

/// What is evaluated, and how.
#[derive(Clone, Debug)]
pub struct EvaluationAsked {
    /// Files of recorded rounds, and folders of such files.
    pub rounds: Vec<PathBuf>,
    /// Where what was counted is kept, so that a stopped evaluation goes on.
    pub state: PathBuf,
    /// The seed of all draws.
    pub seed: u64,
    /// A few jobs of each instead of enough.
    pub quick: bool,
    /// So many threads.
    pub threads: usize,
}

/// A line of the state.
#[derive(Serialize, Deserialize)]
struct Line {
    chunk: Chunk,
    counted: Counted,
}

/// Evaluates; goes on where an evaluation before was stopped. `tell` hears how far it is, now and then.
///
/// # Errors
/// Recorded rounds can't be read, the state can't be written, or it is stopped.
pub fn evaluate(
    asked: &EvaluationAsked,
    stop: &CancellationToken,
    mut tell: impl FnMut(&str),
) -> Result<Evaluation, AppError> {
    let files = files(&asked.rounds)?;
    let recordings = files.iter().map(|file| read_rounds(file)).collect::<Result<Vec<Recording>, _>>()?;
    let known = read_state(&asked.state)?;
    let mut state = open_state(&asked.state)?;
    let running = Running {
        seed: asked.seed,
        extent: if asked.quick { Extent::Quick } else { Extent::Full },
        threads: asked.threads,
        known: &known,
        is_stopped: &|| stop.is_cancelled(),
    };
    let (mut failure, mut last) = (None, Instant::now());
    let found = evaluate::evaluate(&recordings, &running, |chunk, counted, left| {
        let line = Line { chunk: chunk.clone(), counted: counted.clone() };
        if let Err(error) = append(&mut state, &line) {
            failure.get_or_insert(error);
            stop.cancel();
        }
        if last.elapsed() > TELL {
            tell(&format!("{left} chunks of jobs to go"));
            last = Instant::now();
        }
    });
    match failure {
        Some(source) => {
            Err(AppError::Io { operation: "write the state of the evaluation to", path: asked.state.clone(), source })
        }
        None => found.ok_or(AppError::Interrupted),
    }
}

/// Writes the tables, the pictures and the JSON of an evaluation: `evaluation.json` and one SVG a picture into
/// `folder`, the tables between their marks in `page`.
///
/// # Errors
/// A file can't be written, or the page lacks its marks.
pub fn write_evaluation(evaluation: &Evaluation, folder: &Path, page: &Path) -> Result<(), AppError> {
    let text = fs::read_to_string(page).map_err(failed("read", page))?;
    let text = with_tables(&text, &report::evaluation_markdown(evaluation)).ok_or_else(|| {
        let (begin, end) = (MARKS.0.trim_end(), MARKS.1.trim_end());
        AppError::Usage(format!("`{}` has no place for tables; add the lines `{begin}` and `{end}`", page.display()))
    })?;
    fs::create_dir_all(folder).map_err(failed("make the folder", folder))?;
    let json = report::evaluation_json(evaluation) + "\n";
    replace(&folder.join("evaluation.json"), json.as_bytes())?;
    for picture in report::evaluation_pictures(evaluation)? {
        replace(&folder.join(format!("{}.svg", picture.name)), picture.svg.as_bytes())?;
    }
    replace(page, text.as_bytes())
}

/// None without marks.
fn with_tables(page: &str, tables: &str) -> Option<String> {
    let (before, rest) = page.split_once(MARKS.0)?;
    let (_, after) = rest.split_once(MARKS.1)?;
    Some(format!("{before}{}\n{tables}\n{}{after}", MARKS.0, MARKS.1))
}

/// Files as they are; of folders what ends in `.csv`, in the order of names.
fn files(asked: &[PathBuf]) -> Result<Vec<PathBuf>, AppError> {
    let mut files = Vec::new();
    for path in asked {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let entries = fs::read_dir(path).map_err(failed("list", path))?;
        let mut inside: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        inside.retain(|path| path.extension().is_some_and(|extension| extension == "csv"));
        inside.sort();
        files.extend(inside);
    }
    Ok(files)
}

/// What was counted before. A last line that was cut off is left out: it is counted again.
fn read_state(path: &Path) -> Result<BTreeMap<Chunk, Counted>, AppError> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        read => read.map_err(failed("read the state of the evaluation in", path))?,
    };
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Line>(line).ok());
    Ok(lines.map(|line| (line.chunk, line.counted)).collect())
}

fn open_state(path: &Path) -> Result<File, AppError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed("make the folder", folder))?;
    }
    let opened = OpenOptions::new().create(true).append(true).open(path);
    let mut file = opened.map_err(failed("open the state of the evaluation in", path))?;
    // After a line that was cut off the next one begins anew.
    writeln!(file).map_err(failed("write the state of the evaluation to", path))?;
    Ok(file)
}

fn append(file: &mut File, line: &Line) -> std::io::Result<()> {
    let mut text = serde_json::to_string(line)?;
    text.push('\n');
    file.write_all(text.as_bytes())
}

fn failed(operation: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> AppError {
    let path = path.to_owned();
    move |source| AppError::Io { operation, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_take_the_place_of_those_before() {
        let page = format!("head\n{}old\n{}tail\n", MARKS.0, MARKS.1);
        let once = with_tables(&page, "| new |\n").unwrap();
        assert_eq!(once, format!("head\n{}\n| new |\n\n{}tail\n", MARKS.0, MARKS.1));
        assert_eq!(with_tables(&once, "| new |\n").unwrap(), once);
        assert_eq!(with_tables("head\n", "| new |\n"), None);
    }

    #[test]
    fn a_stopped_evaluation_goes_on_with_the_same_figures() {
        let folder = tempfile::tempdir().unwrap();
        let asked = |name: &str| EvaluationAsked {
            rounds: Vec::new(),
            state: folder.path().join(name),
            seed: 1,
            quick: true,
            threads: 2,
        };
        let whole = evaluate(&asked("whole"), &CancellationToken::new(), |_| ()).unwrap();
        let stop = CancellationToken::new();
        stop.cancel();
        assert!(matches!(evaluate(&asked("cut"), &stop, |_| ()), Err(AppError::Interrupted)));
        // Half of what is known, and a line that was cut off.
        let known = fs::read_to_string(folder.path().join("whole")).unwrap();
        let lines: Vec<&str> = known.lines().collect();
        let half = lines[..lines.len() / 2].join("\n") + "\n" + &lines[lines.len() - 1][..20];
        fs::write(folder.path().join("cut"), half).unwrap();
        let resumed = evaluate(&asked("cut"), &CancellationToken::new(), |_| ()).unwrap();
        assert_eq!(resumed, whole);
    }
}
