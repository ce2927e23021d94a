//! Reports that pairs of rounds decided, or did not.

use time::macros::date;

use super::super::ReportModel;
use super::fixture::{by_pairs, compared, in_turns, latency, memory};
use crate::domain::comparison::{SeriesComparison, Tier};
use crate::domain::limit::Limit;
use crate::domain::query::Muted;
use crate::domain::verdict::Verdict;

pub(super) fn same() -> SeriesComparison {
    by_pairs(latency("/", Verdict::Unchanged, Some(0.52), Some(0.52)), [0.003, -0.004, 0.011], 10)
}

/// Worse, but only by the limit that warns.
pub(super) fn warned() -> SeriesComparison {
    let worse = by_pairs(latency("/cart", Verdict::Regression, Some(1.24), Some(1.27)), [0.024, 0.015, 0.033], 16);
    let counted = Some(Limit { relative: Some(0.02), absolute: None });
    SeriesComparison { tier: Some(Tier::Warn), counted, ..worse }
}

pub(super) fn regression() -> ReportModel {
    let worse = by_pairs(latency("/buy", Verdict::Regression, Some(4.1), Some(4.35)), [0.061, 0.048, 0.073], 16);
    let mut muted = by_pairs(latency("/search", Verdict::Regression, Some(9.3), Some(12.1)), [0.3, 0.22, 0.39], 16);
    muted.primary = false;
    muted.muted = Some(Muted { reason: "the index is rebuilt, see #12".to_owned(), until: date!(2026 - 12 - 31) });
    in_turns(compared(vec![warned(), worse, muted, memory(), same()]), &[10, 16])
}

pub(super) fn inconclusive() -> ReportModel {
    let mut unsure = by_pairs(latency("/buy", Verdict::Inconclusive, Some(4.1), Some(4.2)), [0.021, -0.018, 0.064], 32);
    let mut hopeless = by_pairs(latency("/cart", Verdict::Inconclusive, Some(2.0), Some(2.1)), [0.05, -0.2, 0.4], 32);
    hopeless.primary = false;
    for (series, detectable, needed) in [(&mut unsure, 0.042, 58), (&mut hopeless, 0.31, 3400)] {
        let estimate = series.estimate.as_mut().unwrap();
        (estimate.detectable, estimate.pairs_needed, estimate.p) = (Some(detectable), Some(needed), None);
    }
    in_turns(compared(vec![unsure, hopeless, same()]), &[10, 16, 24, 32])
}

pub(super) fn improvement() -> ReportModel {
    let better = by_pairs(latency("/search", Verdict::Improvement, Some(12.4), Some(11.3)), [-0.09, -0.1, -0.081], 10);
    in_turns(compared(vec![better]), &[10])
}
