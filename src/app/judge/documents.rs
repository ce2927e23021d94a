//! Rounds in pairs, read from what Loadmark itself printed: two runs, or the report of a comparison.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::RecordingError;
use super::rounds::{Rounds, SHARE_LIMIT, default_limit};
use crate::domain::limit::{Direction, Limit, Unit};
use crate::domain::procedure::Arrangement;
use crate::domain::query::TAIL;
use crate::domain::recorded::{RecordedPair, RecordedSeries, Scale};
use crate::domain::run::RunState;

const RUN: &str = "loadmark.run/1";
const REPORT: &str = "loadmark.report/1";

#[derive(Deserialize)]
struct RunDocument {
    run: Head,
    rounds: Vec<Round>,
    invalidated: Option<Invalidated>,
}

/// What earlier versions did not print is none.
#[derive(Deserialize)]
struct Head {
    id: String,
    job: Option<i64>,
    state: Option<RunState>,
    arrangement: Option<Arrangement>,
    measurement_hash: String,
    machine_class: String,
}

#[derive(Deserialize)]
struct Invalidated {
    by: String,
    reason: String,
}

#[derive(Deserialize)]
struct Round {
    number: u16,
    invalid: Option<String>,
    measurements: Vec<Measurement>,
}

#[derive(Deserialize)]
struct Measurement {
    series: String,
    labels: BTreeMap<String, String>,
    unit: Unit,
    direction: Direction,
    definition: String,
    value: f64,
    #[serde(default)]
    total: Option<f64>,
}

#[derive(Deserialize)]
struct Report {
    comparison: Option<Compared>,
}

#[derive(Deserialize)]
struct Compared {
    series: Vec<ComparedSeries>,
    pairs: Option<PairsOf>,
}

#[derive(Deserialize)]
struct PairsOf {
    valid: u16,
    measured: u16,
}

#[derive(Deserialize)]
struct ComparedSeries {
    series: String,
    primary: bool,
    limit: Option<Limit>,
    unit: Unit,
    direction: Direction,
    baseline: Option<Side>,
    candidate: Option<Side>,
}

#[derive(Deserialize)]
struct Side {
    values: Vec<f64>,
}

/// Whether a text is a document and no CSV.
pub(super) fn is_document(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '['])
}

/// Reads one report, or two runs, the baseline first; of each file its name and text. `limit` is that of series which
/// say none.
pub(super) fn read(files: &[(String, String)], limit: &str) -> Result<Rounds, RecordingError> {
    let documents: Vec<(&str, String, Value)> =
        files.iter().map(|(file, text)| document(file, text)).collect::<Result<_, _>>()?;
    match documents.as_slice() {
        [(file, schema, document)] if schema == REPORT => report(file, shaped(file, document)?),
        [(one, first, baseline), (other, second, candidate)] if first == RUN && second == RUN => {
            runs((one, shaped(one, baseline)?), (other, shaped(other, candidate)?), limit)
        }
        [(file, schema, _)] if schema == RUN => {
            let problem = "is one run, and a comparison takes two: give `--input` twice, the baseline's run first";
            Err(RecordingError::whole(file, problem))
        }
        [(file, ..), ..] => {
            let found = documents.iter().map(|(_, schema, _)| format!("`{schema}`")).collect::<Vec<_>>().join(" and ");
            let problem =
                format!("what can be judged is CSV, one `{REPORT}` of a comparison, or two `{RUN}`; this is {found}");
            Err(RecordingError::whole(file, problem))
        }
        [] => Ok(Rounds::default()),
    }
}

fn document<'a>(file: &'a str, text: &str) -> Result<(&'a str, String, Value), RecordingError> {
    let document: Value = serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| RecordingError::at(file, error.line() as u64, format!("no JSON: {error}")))?;
    let schema = document.get("schema").and_then(Value::as_str).unwrap_or("JSON without a schema").to_owned();
    Ok((file, schema, document))
}

fn shaped<T: DeserializeOwned>(file: &str, document: &Value) -> Result<T, RecordingError> {
    T::deserialize(document)
        .map_err(|error| RecordingError::whole(file, format!("is not what its schema promises: {error}")))
}

/// The values of a report are those of valid rounds, in their order.
fn report(file: &str, report: Report) -> Result<Rounds, RecordingError> {
    let Some(Compared { series, pairs }) = report.comparison else {
        return Err(RecordingError::whole(file, "is the report of a job that compared nothing"));
    };
    if let Some(PairsOf { valid, measured }) = pairs.filter(|pairs| pairs.valid < pairs.measured) {
        let problem = format!(
            "has {measured} pairs, of which {valid} are valid, and does not tell which: give both runs \
             (`runs show RUN --format json`) by `--input` twice"
        );
        return Err(RecordingError::whole(file, problem));
    }
    let mut read = Rounds::default();
    for one in series {
        let [baseline, candidate] =
            [&one.baseline, &one.candidate].map(|side| side.as_ref().map_or(&[][..], |side| &side.values));
        if !baseline.is_empty() && !candidate.is_empty() && baseline.len() != candidate.len() {
            let problem = format!(
                "{} has {} values of the baseline and {} of the candidate, so they are no pairs: give both runs \
                 (`runs show RUN --format json`) by `--input` twice",
                one.series,
                baseline.len(),
                candidate.len()
            );
            return Err(RecordingError::whole(file, problem));
        }
        let pair = |at: usize| RecordedPair {
            baseline: baseline.get(at).copied(),
            candidate: candidate.get(at).copied(),
            totals: None,
        };
        read.series.push(RecordedSeries {
            name: one.series,
            direction: one.direction,
            scale: Scale::of(one.unit, one.limit),
            limit: one.limit,
            warn: None,
            improvement: None,
            primary: one.primary,
            nullable: false,
            pairs: (0..baseline.len().max(candidate.len())).map(pair).collect(),
        });
    }
    let most = read.series.iter().map(|series| series.pairs.len()).max().unwrap_or(0);
    read.series.iter_mut().for_each(|series| series.pairs.resize(most, RecordedPair::default()));
    read.notes
        .push(format!("{file} has no numbers of rounds: the values of both sides are taken for pairs in their order"));
    Ok(read)
}

/// A series in one form of its query.
type Form = (String, String);

/// What a run measured of each series, by round.
type Values<'a> = BTreeMap<Form, BTreeMap<u16, &'a Measurement>>;

/// Rounds of the same number are pairs; those that are invalid on a side are left out.
fn runs(baseline: (&str, RunDocument), candidate: (&str, RunDocument), limit: &str) -> Result<Rounds, RecordingError> {
    let ((other, before), (file, after)) = (&baseline, &candidate);
    for (file, run) in [&baseline, &candidate] {
        refuse_invalidated(file, run)?;
        refuse_twice(file, run)?;
    }
    if let Some(problem) = incomparable(&before.run, &after.run, other) {
        return Err(RecordingError::whole(file, problem));
    }
    let mut notes = Vec::new();
    for RunDocument { run, rounds, .. } in [before, after] {
        let invalid = rounds.iter().filter_map(|round| Some((round.number, round.invalid.as_ref()?)));
        notes.extend(invalid.map(|(number, why)| format!("run {}, round {number} is left out: {why}", run.id)));
    }
    let valid = |run: &RunDocument| {
        let rounds = run.rounds.iter().filter(|round| round.invalid.is_none());
        rounds.map(|round| round.number).collect::<BTreeSet<_>>()
    };
    let pairs: Vec<u16> = valid(before).intersection(&valid(after)).copied().collect();
    if pairs.is_empty() {
        return Err(RecordingError::whole(file, format!("has no valid round of a number that {other} has too")));
    }
    let (before, after) = (values(before), values(after));
    let forms: BTreeSet<&Form> = before.keys().chain(after.keys()).collect();
    let series = forms.into_iter().filter_map(|form| paired(form, &before, &after, &pairs, limit).transpose());
    Ok(Rounds { series: named(series.collect::<Result<_, _>>()?), notes })
}

/// Why two runs are never compared, if so.
fn incomparable(before: &Head, after: &Head, other: &str) -> Option<String> {
    let facts = [
        ("measurement hash", &before.measurement_hash, &after.measurement_hash),
        ("machine class", &before.machine_class, &after.machine_class),
    ];
    if let Some((what, before, after)) = facts.into_iter().find(|(_, before, after)| before != after) {
        return Some(format!("{what} {after}, and {before} of {other}: such runs are never compared"));
    }
    let twins = [before, after].iter().filter(|run| run.arrangement == Some(Arrangement::Twins)).count();
    let is_one_pair = twins == 2 && before.job == after.job && before.id != after.id;
    (twins > 0 && !is_one_pair).then(|| {
        format!(
            "run {}, and run {} of {other}: the windows of twins span the time of both, so a run of them is compared \
             with the other side of its own job alone; give that",
            after.id, before.id
        )
    })
}

/// A run that was taken back is compared with none.
fn refuse_invalidated(file: &str, RunDocument { run, invalidated, .. }: &RunDocument) -> Result<(), RecordingError> {
    let by = match invalidated {
        Some(Invalidated { by, reason }) => format!(" by {by} ({reason})"),
        None if run.state == Some(RunState::Invalidated) => String::new(),
        None => return Ok(()),
    };
    let problem = format!("run {} was invalidated{by}, and is never compared: measure it again", run.id);
    Err(RecordingError::whole(file, problem))
}

/// Of two rounds of one number none is the one that counts.
fn refuse_twice(file: &str, run: &RunDocument) -> Result<(), RecordingError> {
    let mut seen = BTreeSet::new();
    match run.rounds.iter().find(|round| !seen.insert(round.number)) {
        Some(round) => {
            Err(RecordingError::whole(file, format!("round {} is there twice; keep one of them", round.number)))
        }
        None => Ok(()),
    }
}

/// A series over the pairs of two runs; none where neither has a value of it.
fn paired(
    form: &Form,
    before: &Values<'_>,
    after: &Values<'_>,
    pairs: &[u16],
    limit: &str,
) -> Result<Option<RecordedSeries>, RecordingError> {
    let Some(like) = before.get(form).or(after.get(form)).and_then(|rounds| rounds.values().next()) else {
        return Ok(None);
    };
    let of = |side: &Values<'_>, pair| {
        let found = side.get(form).and_then(|rounds| rounds.get(&pair))?;
        Some((found.value, found.total))
    };
    let pair = |number: &u16| RecordedPair::of(of(before, *number), of(after, *number));
    let quantile = like.labels.get("q").and_then(|q| q.parse::<f64>().ok());
    let limit = if like.unit == Unit::Ratio { SHARE_LIMIT } else { default_limit(limit, like.direction)? };
    Ok(Some(RecordedSeries {
        name: form.0.clone(),
        direction: like.direction,
        scale: Scale::of(like.unit, Some(limit)),
        limit: Some(limit),
        warn: None,
        improvement: None,
        primary: quantile.is_none_or(|q| q < TAIL),
        nullable: false,
        pairs: pairs.iter().map(pair).collect(),
    }))
}

/// What a run measured in its valid rounds, by series and form.
fn values(run: &RunDocument) -> Values<'_> {
    let mut values = Values::new();
    for round in run.rounds.iter().filter(|round| round.invalid.is_none()) {
        for measurement in &round.measurements {
            let form = (measurement.series.clone(), measurement.definition.clone());
            values.entry(form).or_default().insert(round.number, measurement);
        }
    }
    values
}

/// Names are unique in what is judged together: a query in two forms makes two series of one name.
fn named(mut series: Vec<RecordedSeries>) -> Vec<RecordedSeries> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for one in &mut series {
        let count = counts.entry(one.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            one.name = format!("{} (form {count} of its query)", one.name);
        }
    }
    series
}
