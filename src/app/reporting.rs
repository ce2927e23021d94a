//! From an ended job to what a report says.

use std::path::Path;

use super::context::Context;
use super::error::{Blame, blame_pipeline};
use crate::domain::chain::error_chain;
use crate::domain::comparison::Comparison;
use crate::domain::placement::Placement;
use crate::domain::revision::Revision;
use crate::domain::verdict::Outcome;
use crate::pipeline::{Failure as PipelineFailure, Folders};
use crate::report::{Body, Failure, ReportModel};
use crate::worker::{EndResult, Ended};

/// What a report of an ended job says. `program` is how next steps call this program.
pub fn report_of(context: &Context, ended: &Ended, program: &str) -> ReportModel {
    let logs = ended.run.map(|run| Folders::new(&context.settings.data, run).kept());
    let logs = logs.filter(|folder| folder.is_dir()).map(|folder| relative_to_here(&folder));
    ReportModel {
        job: Some((ended.job, ended.request.kind)),
        project: ended.request.project.clone(),
        benchmark: ended.request.benchmark.clone(),
        revision: ended.request.revision.clone(),
        asked_as: ended.request.asked_as.clone(),
        base: base_of(ended),
        outcome: ended.outcome,
        body: body_of(ended),
        previous: previous_of(ended),
        elapsed: Some(ended.elapsed),
        log_folder: logs,
        placement: placement_of(ended),
        program: program.to_owned(),
    }
}

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
        EndResult::Failed(error) if error.failure() == PipelineFailure::Infrastructure => Some(blame_pipeline(error)),
        EndResult::Panicked(_) => Some(Blame::Environment),
        _ => None,
    }
}

/// What it was to be compared with: as configured, or as asked where it was not measured.
fn base_of(ended: &Ended) -> Option<Revision> {
    match &ended.result {
        EndResult::Measured(measured) => measured.base.clone(),
        _ => ended.request.base.clone(),
    }
}

fn previous_of(ended: &Ended) -> Option<Box<Comparison>> {
    let EndResult::Measured(measured) = &ended.result else { return None };
    measured.previous.clone().map(Box::new)
}

fn placement_of(ended: &Ended) -> Option<Placement> {
    let EndResult::Measured(measured) = &ended.result else { return None };
    measured.conditions.as_ref()?.placement.clone()
}

fn body_of(ended: &Ended) -> Body {
    let failed = |reason: String| Body::Failure(Failure { reason, ..Failure::default() });
    match &ended.result {
        EndResult::Measured(measured) => match &measured.comparison {
            Some(comparison) => Body::Comparison(Box::new(comparison.clone())),
            None => Body::Master(measured.run.clone()),
        },
        EndResult::Failed(error) => match error.failure() {
            PipelineFailure::Service { message, log, log_file, .. } => Body::Failure(Failure {
                reason: message,
                is_configuration: false,
                log_tail: log.lines().map(str::to_owned).collect(),
                log: log_file.map(|file| relative_to_here(&file)),
            }),
            PipelineFailure::Infrastructure => Body::Failure(Failure {
                reason: error_chain(error),
                is_configuration: blame_pipeline(error) == Blame::Configuration,
                ..Failure::default()
            }),
        },
        EndResult::Panicked(message) => failed(format!("a bug of Loadmark's: {message}")),
        EndResult::Stopped if ended.run.is_none() => failed("it was stopped before its turn came".to_owned()),
        EndResult::Stopped => failed("it was stopped, and its stack was taken down".to_owned()),
    }
}

/// As people would type it.
fn relative_to_here(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}
