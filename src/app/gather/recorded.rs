//! What the pairs of a stored run hold for a file of recorded rounds.

use std::collections::{BTreeMap, BTreeSet};

use time::OffsetDateTime;

use crate::app::calibrate::why_invalid;
use crate::domain::query::Query;
use crate::domain::recorded::{RecordedPair, RecordedSeries, Scale};
use crate::domain::run::{StoredRound, StoredRun};
use crate::domain::series::{Measurement, SeriesKey};

/// Why a run has no pair that could be recorded, if so.
pub(super) fn nothing_to_add(pairs: usize, fresh: &[RecordedSeries], sides: [&StoredRun; 2]) -> Option<String> {
    match (pairs, fresh.is_empty(), why_invalid(sides)) {
        (0, _, Some(reason)) => Some(format!("no pair has two valid rounds ({reason})")),
        (0, _, None) => Some("no two of its rounds are a pair".to_owned()),
        (_, true, _) => Some("the benchmark's queries have no value in it".to_owned()),
        (_, false, _) => None,
    }
}

/// The series of two runs, pairs in the order of rounds of which both are valid. Primary is what has a limit: a tail
/// may be, where its calibration allows it.
pub(super) fn recorded(baseline: &StoredRun, candidate: &StoredRun, queries: &[Query]) -> Vec<RecordedSeries> {
    let today = OffsetDateTime::now_utc().date();
    let mut series: BTreeMap<String, RecordedSeries> = BTreeMap::new();
    let mut pairs = 0;
    for after in candidate.rounds.iter().filter(|round| round.invalid.is_none()) {
        let same = |round: &&StoredRound| round.number == after.number && round.invalid.is_none();
        let Some(before) = baseline.rounds.iter().find(same) else { continue };
        for (like, pair) in paired(before, after) {
            let Some(query) = queries.iter().find(|query| query.name == like.key.query) else { continue };
            let terms = query.terms(&like.key, today);
            let name = like.key.to_string();
            let one = series.entry(name.clone()).or_insert_with(|| RecordedSeries {
                name,
                direction: like.info.direction,
                scale: Scale::of(like.info.unit, None),
                limit: None,
                warn: None,
                improvement: None,
                primary: terms.limit.is_some() && terms.muted.is_none(),
                nullable: terms.nullable,
                pairs: Vec::new(),
            });
            one.pairs.resize(pairs, RecordedPair::default());
            one.pairs.push(pair);
        }
        pairs += 1;
    }
    series.into_values().collect()
}

/// What two rounds measured, by series; each with a measurement of either.
fn paired<'a>(before: &'a StoredRound, after: &'a StoredRound) -> Vec<(&'a Measurement, RecordedPair)> {
    let by_series = |round: &'a StoredRound| -> BTreeMap<&'a SeriesKey, &'a Measurement> {
        round.measurements.iter().map(|measurement| (&measurement.key, measurement)).collect()
    };
    let (before, after) = (by_series(before), by_series(after));
    let keys: BTreeSet<&SeriesKey> = before.keys().chain(after.keys()).copied().collect();
    let pair = |key: &SeriesKey| {
        let (before, after) = (before.get(key).copied(), after.get(key).copied());
        let pair = RecordedPair::of(before.and_then(value), after.and_then(value));
        before.or(after).filter(|_| pair != RecordedPair::default()).map(|like| (like, pair))
    };
    keys.into_iter().filter_map(pair).collect()
}

/// The value of a measurement, with the events that it is of where it is a share of some. A share of none is no value.
fn value(measurement: &Measurement) -> Option<(f64, Option<f64>)> {
    let total = measurement.total.filter(|_| (0.0..=1.0).contains(&measurement.value));
    (measurement.total != Some(0.0)).then_some((measurement.value, total))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::app::calibrate::valid_pairs;
    use crate::app::error::AppError;
    use crate::app::gather::about;
    use crate::domain::ids::{JobId, RunId};
    use crate::domain::limit::{Direction, Unit};
    use crate::domain::machine::MachineClass;
    use crate::domain::procedure::Arrangement;
    use crate::domain::run::{MeasurementHash, RunState, RunSummary};
    use crate::domain::series::{Definition, SeriesInfo};

    /// A share by its value and total.
    fn share(value: f64, total: Option<f64>) -> Measurement {
        let key = SeriesKey { query: "errors".to_owned(), labels: BTreeMap::new(), stage: 0 };
        let info = SeriesInfo { unit: Unit::Ratio, direction: Direction::Lower, definition: Definition(1) };
        Measurement { key, info, value, bucket: None, total }
    }

    /// A side of pairs: of each round what it measured, or why it is invalid.
    fn side(rounds: &[Result<Measurement, &str>]) -> StoredRun {
        let round = |(number, round): (u16, &Result<Measurement, &str>)| StoredRound {
            number,
            measurements: round.iter().cloned().collect(),
            missing: Vec::new(),
            load: Vec::new(),
            windows: Vec::new(),
            steps: Vec::new(),
            invalid: round.as_ref().err().map(|reason| (*reason).to_owned()),
            notes: Vec::new(),
            rejected: Vec::new(),
        };
        let summary = RunSummary {
            id: RunId::random(),
            job: JobId(1),
            project: "demo".to_owned(),
            benchmark: "http".to_owned(),
            revision: "a".repeat(40).parse().unwrap(),
            is_master: false,
            paired: true,
            arrangement: Some(Arrangement::Twins),
            measurement_hash: MeasurementHash("0f0f".to_owned()),
            class: MachineClass("lab".to_owned()),
            state: RunState::Complete,
            rounds: (4, 4),
            started_at: OffsetDateTime::UNIX_EPOCH,
        };
        StoredRun { summary, rounds: (1..).zip(rounds).map(round).collect() }
    }

    fn queries() -> Vec<Query> {
        let query = serde_json::json!([{
            "name": "errors", "help": "", "unit": "ratio", "direction": "lower", "promql": "up", "quantiles": [],
            "labels": [], "primary": null, "limit": {"relative": null, "absolute": 0.005}, "quantile_limits": [],
        }]);
        serde_json::from_value(query).unwrap()
    }

    #[test]
    fn shares_are_recorded_with_the_events_that_they_are_of() {
        let known = || Ok(share(0.0, Some(1600.0)));
        let baseline = side(&[known(), known(), Err("a restart"), known(), known()]);
        let (uncounted, of_none, many) = (share(0.01, None), share(0.0, Some(0.0)), share(2.0, Some(9.0)));
        let candidate = side(&[known(), Ok(uncounted), known(), Ok(of_none), Ok(many)]);
        let [errors] = recorded(&baseline, &candidate, &queries()).try_into().unwrap();
        let pair = |value: Option<f64>, totals| RecordedPair { baseline: Some(0.0), candidate: value, totals };
        let expected =
            [pair(Some(0.0), Some((1600.0, 1600.0))), pair(Some(0.01), None), pair(None, None), pair(Some(2.0), None)];
        assert_eq!(errors.pairs, expected);
        assert!(errors.primary && !errors.has_totals());
        assert_eq!(about(&baseline, &candidate).measurement_hash.as_deref(), Some("0f0f"));
    }

    #[test]
    fn a_run_without_a_valid_pair_has_nothing_to_add() {
        let known = || Ok(share(0.0, Some(1600.0)));
        let (baseline, candidate) = (side(&[known(), Err("a restart")]), side(&[Err("throttled"), known()]));
        let told = |baseline: &StoredRun, candidate: &StoredRun, queries: &[Query]| {
            let pairs = usize::from(valid_pairs(baseline, candidate));
            nothing_to_add(pairs, &recorded(baseline, candidate, queries), [baseline, candidate])
        };
        let problem = told(&baseline, &candidate, &queries()).unwrap();
        assert_eq!(problem, "no pair has two valid rounds (a restart)");
        assert_eq!(told(&baseline, &side(&[]), &queries()).unwrap(), problem);
        assert_eq!(told(&baseline, &baseline, &[]).unwrap(), "the benchmark's queries have no value in it");
        assert_eq!(told(&baseline, &baseline, &queries()), None);
        let (run, file) = (candidate.summary.id, PathBuf::from("mine.csv"));
        let error = AppError::NoPairs { run, file, problem };
        let run = run.short();
        assert_eq!(
            error.to_string(),
            format!(
                "run {run} has no pair to add to `mine.csv`, and nothing was written to it: no pair has two valid \
                 rounds (a restart); see `loadmark runs show {run}`"
            )
        );
    }
}
