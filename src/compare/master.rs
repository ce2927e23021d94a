//! A master set by itself: nothing to compare, but silence and doubt are told before candidates meet them.

use crate::domain::query::Query;
use crate::domain::run::StoredRun;
use crate::domain::verdict::{Outcome, Verdict};

/// `measured`, unless every round is invalid or a primary query gave nothing in every valid round.
pub fn judge_master(run: &StoredRun, queries: &[Query]) -> Outcome {
    let valid: Vec<_> = run.rounds.iter().filter(|round| round.invalid.is_none()).collect();
    if valid.is_empty() {
        return Outcome::Verdict(Verdict::Invalid);
    }
    let answered = |query: &Query| {
        valid.iter().any(|round| round.measurements.iter().any(|measurement| measurement.key.query == query.name))
    };
    let silent = queries.iter().filter(|query| query.primary).any(|query| !answered(query));
    if silent { Outcome::Verdict(Verdict::NoData) } else { Outcome::Measured }
}
