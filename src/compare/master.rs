//! A master set by itself: nothing to compare, but silence and doubt are told before candidates meet them.

use time::Date;

use crate::domain::query::Query;
use crate::domain::run::StoredRun;
use crate::domain::series::SeriesInfo;
use crate::domain::verdict::{Outcome, Verdict};

/// `measured`, unless a round is invalid or a query that decides on that day gave nothing in every round. One round is
/// enough: a run with fewer valid rounds than were planned is no master set to anybody.
pub fn judge_master(run: &StoredRun, queries: &[Query], today: Date) -> Outcome {
    if run.rounds.iter().any(|round| round.invalid.is_some()) {
        return Outcome::Verdict(Verdict::Invalid);
    }
    let answered = |query: &Query| {
        run.rounds.iter().any(|round| round.measurements.iter().any(|measurement| measurement.key.query == query.name))
    };
    let silent = queries.iter().filter(|query| query.is_primary(today)).any(|query| !answered(query));
    if silent { Outcome::Verdict(Verdict::NoData) } else { Outcome::Measured }
}

/// Whether every valid round of a stored run was asked all of these queries as they are asked now, `info` telling how
/// that is: then measuring it again would tell nothing new. One that gave nothing was asked, too.
pub fn was_asked(run: &StoredRun, queries: &[Query], info: impl Fn(&Query) -> SeriesInfo) -> bool {
    let mut valid = run.rounds.iter().filter(|round| round.invalid.is_none());
    valid.all(|round| {
        queries.iter().all(|query| {
            let info = info(query);
            let answers = round.measurements.iter().filter(|one| one.key.query == query.name);
            let known: Vec<_> = answers.filter(|one| one.info == info).map(|one| one.key.quantile()).collect();
            let is_answered = match query.quantiles.as_slice() {
                [] => !known.is_empty(),
                quantiles => quantiles.iter().all(|quantile| known.contains(&Some(*quantile))),
            };
            is_answered || round.missing.iter().any(|missing| missing.query == query.name)
        })
    })
}
