//! A candidate that the master sets of the past pass: the comparison that says so.

use std::collections::BTreeMap;

use time::Date;

use crate::domain::comparison::{Comparison, Evidence, Sides};
use crate::domain::history::{PastMedian, PastRun};
use crate::domain::query::Query;
use crate::domain::run::{StoredRound, StoredRun};
use crate::domain::series::{Definition, Measurement, SeriesKey};
use crate::domain::verdict::Verdict;

use super::comparison::{compare, whole, worst_first};

/// Compares a candidate that [`super::history::triage`] passed with those master sets of the past, the oldest first: each
/// of them is a round of the baseline, with its medians as values. Every primary series is unchanged, because it passed;
/// the others are told by their figures.
pub fn pass(candidate: &StoredRun, past: &[PastRun], queries: &[Query], today: Date) -> Comparison {
    let baseline = baseline(candidate, past);
    let mut comparison = compare(Sides { baseline: baseline.as_ref(), candidate, queries, today });
    for series in &mut comparison.series {
        series.evidence = Evidence::History;
        if series.primary && series.baseline.is_some() && series.candidate.is_some() {
            (series.verdict, series.reason, series.tier) = (Verdict::Unchanged, None, None);
            series.counted = None;
        }
    }
    comparison.series.sort_by(worst_first);
    comparison.verdict = whole(&comparison.series);
    comparison.method =
        format!("history: every primary series is surely within its limit of the last {} master sets", past.len());
    comparison
}

/// The past as a run, which is called by its newest master set; none of none.
fn baseline(candidate: &StoredRun, past: &[PastRun]) -> Option<StoredRun> {
    let newest = past.last()?;
    let mut summary = candidate.summary.clone();
    let sets = u16::try_from(past.len()).unwrap_or(u16::MAX);
    (summary.id, summary.revision, summary.is_master) = (newest.run, newest.revision.clone(), true);
    (summary.rounds, summary.paired) = ((sets, sets), false);
    let now = definitions(candidate);
    let rounds = (1..=sets).zip(past).map(|(number, run)| round(number, run, &now)).collect();
    Some(StoredRun { summary, rounds })
}

/// How each series of the candidate was asked.
fn definitions(candidate: &StoredRun) -> BTreeMap<&SeriesKey, Definition> {
    let measurements = candidate.rounds.iter().flat_map(|round| &round.measurements);
    measurements.map(|one| (&one.key, one.info.definition)).collect()
}

/// A master set as a round; what it was asked in another form is no value of the same thing.
fn round(number: u16, run: &PastRun, now: &BTreeMap<&SeriesKey, Definition>) -> StoredRound {
    let is_same = |past: &&PastMedian| now.get(&past.key).is_none_or(|definition| *definition == past.info.definition);
    let measurement = |past: &PastMedian| Measurement {
        key: past.key.clone(),
        info: past.info,
        value: past.median,
        bucket: None,
        total: None,
    };
    StoredRound {
        number,
        measurements: run.medians.iter().filter(is_same).map(measurement).collect(),
        missing: Vec::new(),
        load: Vec::new(),
        windows: Vec::new(),
        steps: Vec::new(),
        invalid: None,
        notes: Vec::new(),
        rejected: Vec::new(),
    }
}
