//! What the reader should know beside the verdicts: rounds run again or left out, load not held, requests that failed.

use std::collections::BTreeMap;

use crate::domain::run::StoredRound;

use super::ground::Footing;
use super::side::Side;

/// A stage that held less than this share of its plan is worth a note: below it, latencies belong to another load.
const HELD: f64 = 0.99;

/// The notes of both sides, the candidate's first.
pub(super) fn notes(baseline: Option<&Side<'_>>, candidate: &Side<'_>, footing: Footing) -> Vec<String> {
    let mut notes = Vec::new();
    if baseline.is_some_and(|side| side.run.summary.revision == candidate.run.summary.revision) {
        notes.push("baseline and candidate are the same revision".to_owned());
    }
    for side in std::iter::once(candidate).chain(baseline) {
        if footing == Footing::Stored {
            notes.extend(fewer_rounds(side));
        }
        notes.extend(remarks(side));
        notes.extend(load_not_held(side));
        notes.extend(failed_requests(side));
    }
    notes
}

fn fewer_rounds(side: &Side<'_>) -> Option<String> {
    let (stored, planned) = (side.run.rounds.len(), side.run.summary.rounds.1);
    (stored < usize::from(planned)).then(|| format!("{}: {stored} of {planned} planned rounds were measured", side.arm))
}

fn remarks(side: &Side<'_>) -> impl Iterator<Item = String> {
    let remarks = side.run.rounds.iter().flat_map(StoredRound::remarks);
    remarks.map(|remark| format!("{}: {remark}", side.arm))
}

/// One note a stage, with the round that fell furthest behind.
fn load_not_held(side: &Side<'_>) -> impl Iterator<Item = String> {
    let mut worst: BTreeMap<usize, (f64, String)> = BTreeMap::new();
    for round in side.valid_rounds() {
        for (stage, load) in round.load.iter().enumerate() {
            let share = load.achieved_rate / load.planned_rate;
            if share < HELD && worst.get(&stage).is_none_or(|(least, _)| share < *least) {
                let note = format!(
                    "{}: load not held: {:.1} of {} requests/s in round {}, stage {}",
                    side.arm,
                    load.achieved_rate,
                    load.planned_rate,
                    round.number,
                    stage + 1
                );
                worst.insert(stage, (share, note));
            }
        }
    }
    worst.into_values().map(|(_, note)| note)
}

fn failed_requests(side: &Side<'_>) -> Option<String> {
    let loads = side.valid_rounds().iter().flat_map(|round| &round.load);
    let (failed, scheduled) =
        loads.fold((0, 0), |(failed, scheduled), load| (failed + load.failed, scheduled + load.scheduled));
    (failed > 0).then(|| {
        let share = 100.0 * failed as f64 / scheduled as f64;
        format!("{}: {failed} of {scheduled} requests failed ({share:.2}%)", side.arm)
    })
}
