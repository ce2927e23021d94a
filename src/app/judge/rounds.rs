//! Rounds in pairs, recorded as CSV: `series,pair,side,value`, and what is to be known of a series.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::error::RecordingError;
use super::table::{Line, Shape, Table, value};
use crate::config::suggest;
use crate::domain::limit::{Direction, Limit, LimitError, Unit};
use crate::domain::recorded::{RecordedPair, RecordedSeries, Scale};
use crate::domain::run::Arm;

const SHAPE: Shape = Shape {
    required: &["series", "pair", "side", "value"],
    optional: &["direction", "limit", "primary", "nullable", "total"],
};
/// The places of columns in the shape.
const SERIES: usize = 0;
const PAIR: usize = 1;
const SIDE: usize = 2;
const VALUE: usize = 3;
const DIRECTION: usize = 4;
const LIMIT: usize = 5;
const PRIMARY: usize = 6;
const NULLABLE: usize = 7;
const TOTAL: usize = 8;
/// More would tell nothing that these don't: exact tests of so many take seconds, and their time grows with the cube.
const MOST_PAIRS: usize = 2000;
/// How far a share may move where nothing is said: 0.1 percentage point.
pub(super) const SHARE_LIMIT: Limit = Limit { relative: None, absolute: Some(0.001) };

/// Recorded rounds, as they are judged.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Rounds {
    /// In the order of their first lines.
    pub(super) series: Vec<RecordedSeries>,
    /// What to know of them.
    pub(super) notes: Vec<String>,
}

/// A series as far as it was read. What is said of it carries the line that said it.
#[derive(Default)]
struct Draft {
    name: String,
    direction: Option<(Direction, u64)>,
    limit: Option<(String, u64)>,
    primary: Option<(bool, u64)>,
    nullable: Option<(bool, u64)>,
    /// By pair and side.
    values: BTreeMap<(u64, Arm), (Option<f64>, u64)>,
    /// Of shares: how many events they are of, by pair and side.
    totals: BTreeMap<(u64, Arm), (f64, u64)>,
}

/// Reads CSV. `limit` is that of series which say none.
pub(super) fn read(file: &str, text: &str, limit: &str) -> Result<Rounds, RecordingError> {
    let mut table = Table::open(file, text, &SHAPE)?;
    let mut drafts: Vec<Draft> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    while let Some(line) = table.next()? {
        let name = line.cell(SERIES);
        if name.is_empty() {
            return Err(RecordingError::at(file, line.number, "the series has no name"));
        }
        let at = *known.entry(name.to_owned()).or_insert_with(|| {
            drafts.push(Draft { name: name.to_owned(), ..Draft::default() });
            drafts.len() - 1
        });
        drafts[at].add(file, &line)?;
    }
    let pairs: BTreeSet<u64> = drafts.iter().flat_map(|draft| draft.values.keys().map(|(pair, _)| *pair)).collect();
    check_sides(file, &drafts)?;
    if pairs.len() > MOST_PAIRS {
        let problem = format!("{} pairs; at most {MOST_PAIRS} can be judged together", pairs.len());
        return Err(RecordingError::whole(file, problem));
    }
    let mut notes: Vec<String> = table.unused.iter().map(|name| format!("column `{name}` is not used")).collect();
    notes.extend(missing(&drafts));
    let series: Result<_, _> = drafts.iter().map(|draft| draft.finish(file, &pairs, limit)).collect();
    Ok(Rounds { series: series?, notes })
}

/// Data of one side alone is no comparison; of a single series that is a verdict.
fn check_sides(file: &str, drafts: &[Draft]) -> Result<(), RecordingError> {
    let has = |side: Arm| drafts.iter().any(|draft| draft.values.keys().any(|(_, of)| *of == side));
    match [Arm::Baseline, Arm::Candidate].map(has) {
        [true, true] => Ok(()),
        [false, false] => Err(RecordingError::whole(file, "has a header and no line below it")),
        [has_baseline, _] => {
            let (there, lacks) = if has_baseline { ("baseline", "candidate") } else { ("candidate", "baseline") };
            let problem =
                format!("every line is of side `{there}`: without any of side `{lacks}` there is nothing to compare");
            Err(RecordingError::whole(file, problem))
        }
    }
}

fn missing(drafts: &[Draft]) -> Option<String> {
    let all = drafts.iter().flat_map(|draft| draft.values.values());
    let lines: Vec<u64> = all.filter(|(value, _)| value.is_none()).map(|(_, line)| *line).collect();
    let first = lines.iter().min()?;
    let values = if lines.len() == 1 { "value is" } else { "values are" };
    Some(format!("{} {values} missing, the first in line {first}: such pairs are left out", lines.len()))
}

impl Draft {
    fn add(&mut self, file: &str, line: &Line) -> Result<(), RecordingError> {
        let wrong = |problem: String| RecordingError::at(file, line.number, problem);
        let pair = line.cell(PAIR);
        let pair: u64 =
            pair.parse().map_err(|_| wrong(format!("pair `{pair}` is no whole number; count the pairs from 1")))?;
        let side = line.cell(SIDE);
        let side = side.parse::<Arm>().map_err(|_| {
            wrong(format!("side `{side}` is none; {}", suggest(side, [Arm::Baseline, Arm::Candidate].map(Arm::as_str))))
        })?;
        let value = value(file, line.number, line.cell(VALUE))?;
        if let Some((_, first)) = self.values.insert((pair, side), (value, line.number)) {
            let name = &self.name;
            return Err(wrong(format!(
                "series `{name}` has a value of the {side} in pair {pair} already, in line {first}; keep one"
            )));
        }
        let total = total(line.cell(TOTAL), value).map_err(wrong)?;
        self.totals.extend(total.map(|total| ((pair, side), (total, line.number))));
        let name = self.name.clone();
        let said = |what, cell| Said { file, line: line.number, series: &name, what, cell };
        said("direction", line.cell(DIRECTION)).set(&mut self.direction, |cell| {
            cell.parse().map_err(|_| suggest(cell, ["lower", "higher"]).to_string())
        })?;
        said("limit", line.cell(LIMIT)).set(&mut self.limit, |cell| Ok(cell.to_owned()))?;
        said("primary", line.cell(PRIMARY)).set(&mut self.primary, boolean)?;
        said("nullable", line.cell(NULLABLE)).set(&mut self.nullable, boolean)
    }

    fn finish(&self, file: &str, pairs: &BTreeSet<u64>, limit: &str) -> Result<RecordedSeries, RecordingError> {
        let direction = self.direction.map_or(Direction::Lower, |(direction, _)| direction);
        let limit = match &self.limit {
            Some((text, line)) => {
                read_limit(text, direction).map_err(|problem| RecordingError::at(file, *line, problem))?
            }
            None if self.totals.is_empty() => default_limit(limit, direction)?,
            None => SHARE_LIMIT,
        };
        self.check_totals(file)?;
        let of = |pair: u64, side| {
            let (value, _) = self.values.get(&(pair, side))?;
            Some(((*value)?, self.totals.get(&(pair, side)).map(|(total, _)| *total)))
        };
        let pair = |pair: &u64| RecordedPair::of(of(*pair, Arm::Baseline), of(*pair, Arm::Candidate));
        Ok(RecordedSeries {
            name: self.name.clone(),
            direction,
            scale: if self.totals.is_empty() { Scale::Ratio } else { Scale::Difference },
            limit: Some(limit),
            warn: None,
            improvement: None,
            primary: self.primary.is_none_or(|(primary, _)| primary),
            nullable: self.nullable.is_some_and(|(nullable, _)| nullable),
            pairs: pairs.iter().map(pair).collect(),
        })
    }

    /// A share of counted events can't be set beside one of nobody knows how many.
    fn check_totals(&self, file: &str) -> Result<(), RecordingError> {
        for ((pair, side), (_, line)) in &self.totals {
            let other = if *side == Arm::Baseline { Arm::Candidate } else { Arm::Baseline };
            let is_alone = !self.totals.contains_key(&(*pair, other));
            if let Some((Some(_), at)) = self.values.get(&(*pair, other)).filter(|_| is_alone) {
                let name = &self.name;
                let problem = format!(
                    "series `{name}` has no total of the {other} in pair {pair}, and one of the {side} in line {line}; \
                     give both or none"
                );
                return Err(RecordingError::at(file, *at, problem));
            }
        }
        Ok(())
    }
}

/// How many events a value is a share of; none where the cell or the value is empty.
fn total(cell: &str, value: Option<f64>) -> Result<Option<f64>, String> {
    let (false, Some(value)) = (cell.is_empty(), value) else { return Ok(None) };
    let total = cell.parse::<f64>().ok().filter(|total| total.is_finite() && *total > 0.0);
    match total {
        None => Err(format!(
            "total `{cell}` is no number of events; write how many the value is a share of, more than 0, or leave it \
             empty"
        )),
        // What is infinite is told by the judge.
        Some(_) if value.is_finite() && !(0.0..=1.0).contains(&value) => {
            Err(format!("value `{value}` is no share of {cell} events: with a total it is a number from 0 to 1"))
        }
        total => Ok(total),
    }
}

/// A cell that says something of its whole series.
struct Said<'a> {
    file: &'a str,
    line: u64,
    series: &'a str,
    what: &'static str,
    cell: &'a str,
}

impl Said<'_> {
    /// Keeps what is said; an empty cell says nothing, and no two may differ.
    fn set<T: PartialEq>(
        &self,
        kept: &mut Option<(T, u64)>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<(), RecordingError> {
        let Self { file, line, series, what, cell } = self;
        if cell.is_empty() {
            return Ok(());
        }
        let wrong = |problem: String| RecordingError::at(file, *line, problem);
        let value = read(cell).map_err(|hint| wrong(format!("{what} `{cell}` is none; {hint}")))?;
        match kept {
            Some((before, first)) if *before != value => Err(wrong(format!(
                "{what} `{cell}` contradicts line {first}, where series `{series}` has another; a series has one"
            ))),
            Some(_) => Ok(()),
            None => {
                *kept = Some((value, *line));
                Ok(())
            }
        }
    }
}

fn boolean(cell: &str) -> Result<bool, String> {
    match cell.to_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("expected `true` or `false`".to_owned()),
    }
}

/// The limit of a series that has none of its own; which way is worse is the series' affair, so its sign is.
pub(super) fn default_limit(text: &str, direction: Direction) -> Result<Limit, RecordingError> {
    let unsigned = text.trim().trim_start_matches(['+', '-']);
    read_limit(unsigned, direction).map_err(|problem| RecordingError::whole("--limit", problem))
}

/// A limit as it stands in recorded data, which have no unit: `3%`, or `3% and 0.5` in the values' own unit. Without a
/// sign it is for the worse.
pub(super) fn read_limit(text: &str, direction: Direction) -> Result<Limit, String> {
    let text = text.trim();
    if text.parse::<f64>().is_ok() {
        return Err(format!(
            "limit `{text}` has no unit: write `{text}%`, or `{text}% and 0.5` if 0.5 (in the values' unit) must be passed as well"
        ));
    }
    let sign = if text.starts_with(['+', '-']) {
        ""
    } else {
        match direction {
            Direction::Lower => "+",
            Direction::Higher => "-",
        }
    };
    let signed = format!("{sign}{text}");
    Limit::parse(&signed, Unit::Count, direction).map_err(|error| match error {
        LimitError::Sign { .. } | LimitError::Fall(_) => error.to_string().replacen(&signed, text, 1),
        _ => format!("limit `{text}` is no change such as `3%`, or `0% and 0.5` for an absolute one"),
    })
}
