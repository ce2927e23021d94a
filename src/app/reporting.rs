//! What a report of stored runs says, and whose turn it is after a job.

use super::error::{Blame, blame_pipeline};
use crate::domain::comparison::Comparison;
use crate::domain::placement::Placement;
use crate::domain::verdict::Outcome;
use crate::pipeline::{EndResult, Ended, Failure};
use crate::report::{Body, ReportModel};

/// What a report of two stored runs says; `placement` is the candidate's.
pub fn report_of_stored(comparison: Comparison, placement: Option<Placement>, program: &str) -> ReportModel {
    let candidate = &comparison.candidate;
    ReportModel {
        job: None,
        project: candidate.project.clone(),
        benchmark: candidate.benchmark.clone(),
        revision: candidate.revision.clone(),
        asked_as: candidate.revision.short(),
        base: comparison.baseline.as_ref().map(|baseline| baseline.revision.clone()),
        is_base_named: true,
        outcome: Outcome::Verdict(comparison.verdict),
        body: Body::Comparison(Box::new(comparison)),
        previous: None,
        elapsed: None,
        log_folder: None,
        placement,
        program: program.to_owned(),
    }
}

/// Whose turn it is to mend what ended a job; none where it has a result.
pub fn blame_of(ended: &Ended) -> Option<Blame> {
    match &ended.result {
        EndResult::Failed(error) if error.failure() == Failure::Infrastructure => Some(blame_pipeline(error)),
        EndResult::Panicked(_) => Some(Blame::Environment),
        _ => None,
    }
}
