//! What to know of a comparison beside its verdicts: what was noted of its rounds, and which tails rest on too few
//! requests.

use std::collections::BTreeMap;

use crate::domain::comparison::Comparison;
use crate::domain::query::TAIL;

/// A tail needs about so many requests beyond it: with fewer, one stall of the host is all that it tells.
const BEYOND: f64 = 10.0;

/// The notes of a comparison, those on tails the last.
pub(super) fn notes(comparison: &Comparison) -> Vec<String> {
    comparison.notes.iter().cloned().chain(thin_tails(comparison)).collect()
}

/// Those that are shown where there is room for so many, and how many are left out: from the middle, as rounds are told
/// first, and what holds for all of them last.
pub(super) fn most(notes: &[String], room: usize) -> (impl Iterator<Item = &String>, usize) {
    let left_out = notes.len().saturating_sub(room);
    let head = if left_out == 0 { notes.len() } else { room / 2 };
    (notes[..head].iter().chain(&notes[head + left_out..]), left_out)
}

/// One note a quantile and stage. Counted are all requests of the stage, whichever endpoint they went to: a series of one
/// of them has still fewer.
fn thin_tails(comparison: &Comparison) -> impl Iterator<Item = String> {
    let mut thin: BTreeMap<(u16, String), (u64, u64)> = BTreeMap::new();
    for series in comparison.series.iter().filter(|series| series.limit.is_some()) {
        let (stage, Some(quantile)) = (series.key.stage, series.key.quantile()) else { continue };
        let needed = needed(quantile);
        if let Some(requests) = requests(comparison, stage)
            && quantile >= TAIL
            && requests < needed
        {
            thin.insert((stage, quantile.to_string()), (requests, needed));
        }
    }
    thin.into_iter().map(|((stage, quantile), (requests, needed))| {
        format!(
            "too few requests for quantile {quantile}: {requests} a round in stage {}, and it takes {needed} or more; \
             lengthen the stage, or raise its rate",
            stage + 1
        )
    })
}

/// The fewest requests for a quantile below 1.
fn needed(quantile: f64) -> u64 {
    let beyond = 1.0 - quantile;
    // 0.01 is not exactly what 1 - 0.99 gives.
    if beyond > 0.0 { (BEYOND / beyond - 1e-6).ceil() as u64 } else { u64::MAX }
}

/// Requests of a stage in the round that had the fewest. The load has one entry a round and stage, and every stage has
/// series.
fn requests(comparison: &Comparison, stage: u16) -> Option<u64> {
    let stages = comparison.series.iter().map(|series| usize::from(series.key.stage) + 1).max()?;
    let of_stage = comparison.load.iter().skip(usize::from(stage)).step_by(stages);
    of_stage.map(|load| load.scheduled).min().filter(|_| comparison.load.len().is_multiple_of(stages))
}

#[cfg(test)]
mod tests {
    use super::{most, needed};

    #[test]
    fn ten_requests_lie_beyond_the_quantile() {
        assert_eq!([0.9, 0.99, 0.999].map(needed), [100, 1000, 10_000]);
        assert_eq!(needed(1.0), u64::MAX);
    }

    #[test]
    fn what_holds_for_all_rounds_is_shown_however_much_is_told_of_each() {
        let notes: Vec<String> = (1..=7).map(|note: u8| note.to_string()).collect();
        let shown = |room| {
            let (shown, left_out) = most(&notes, room);
            (shown.map(String::as_str).collect::<String>(), left_out)
        };
        assert_eq!(shown(7), ("1234567".to_owned(), 0));
        assert_eq!(shown(5), ("12567".to_owned(), 2));
        assert_eq!(shown(4), ("1267".to_owned(), 3));
    }
}
