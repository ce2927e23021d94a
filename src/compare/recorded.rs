//! The paired procedure over recorded series, look by look.

use crate::domain::recorded::{Finding, Looks, RecordedSeries, SeriesFinding};
use crate::domain::verdict::Verdict;

/// Judges recorded series by all looks that their pairs allow. A series' verdict is that of the look at which it was
/// decided, so further pairs never change it.
pub fn judge_recorded(series: &[RecordedSeries], looks: &Looks) -> Finding {
    let pairs = series.iter().map(|one| one.pairs.len()).max().unwrap_or(0) as u16;
    let taken: Vec<u16> = looks.at.iter().copied().filter(|look| *look <= pairs).collect();
    let is_decided = taken.len() == looks.at.len();
    let one = |one: &RecordedSeries| {
        let is_same = one.pairs.iter().all(|pair| pair.baseline == pair.candidate);
        let verdict = if is_same { Verdict::Unchanged } else { Verdict::Inconclusive };
        SeriesFinding { verdict, reason: None, tier: None, estimate: None }
    };
    Finding { series: series.iter().map(one).collect(), pairs, looks: taken, is_decided }
}
