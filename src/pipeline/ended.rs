//! What a job that ended came to, and what a report of it says.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::error::Failure as Fault;
use super::{Folders, Measured, PipelineError};
use crate::domain::chain::error_chain;
use crate::domain::comparison::Comparison;
use crate::domain::ids::{JobId, RunId};
use crate::domain::job::JobRequest;
use crate::domain::placement::Placement;
use crate::domain::revision::Revision;
use crate::domain::run::RunSummary;
use crate::domain::verdict::Outcome;
use crate::report::{Body, Failure, ReportModel};

/// What a job that ended came to.
#[derive(Debug)]
pub struct Ended {
    /// The job.
    pub job: JobId,
    /// What was asked.
    pub request: JobRequest,
    /// The run that was made for it, or that it found stored; none if it never got a turn.
    pub run: Option<RunId>,
    /// How it ended.
    pub outcome: Outcome,
    /// What came of it.
    pub result: EndResult,
    /// From its turn to its end.
    pub elapsed: Duration,
}

impl Ended {
    /// The run of an earlier job, where this one found its master set stored.
    pub fn stored_already(&self) -> Option<&RunSummary> {
        match &self.result {
            EndResult::Measured(measured) => Some(&measured.run.summary).filter(|run| run.job != self.job),
            _ => None,
        }
    }

    /// Of a job that was cancelled while it waited.
    pub fn before_its_turn(job: JobId, request: &JobRequest) -> Self {
        let (outcome, result) = (Outcome::Cancelled, EndResult::Stopped);
        Self { job, request: request.clone(), run: None, outcome, result, elapsed: Duration::ZERO }
    }
}

/// What came of a job.
#[derive(Debug)]
pub enum EndResult {
    /// Measurements, compared where there was something to compare with.
    Measured(Box<Measured>),
    /// Nothing, by an error.
    Failed(PipelineError),
    /// Nothing, by a panic, whose message this is.
    Panicked(String),
    /// Nothing: somebody stopped it.
    Stopped,
}

impl EndResult {
    /// The run that has the measurements: this job's, or that of an earlier one that measured the same.
    pub fn stored_run(&self) -> Option<RunId> {
        match self {
            Self::Measured(measured) => Some(measured.run.summary.id),
            _ => None,
        }
    }

    /// The outcome, and the reason of those that need one.
    pub fn conclude(&self) -> (Outcome, Option<String>) {
        match self {
            Self::Measured(measured) => (measured.outcome, None),
            Self::Failed(error) => match error.failure() {
                Fault::Service { failure, message, .. } => (Outcome::ServiceFailed(failure), Some(message)),
                Fault::Infrastructure => (Outcome::InfrastructureFailed, Some(error_chain(error))),
            },
            Self::Panicked(message) => (Outcome::InfrastructureFailed, Some(format!("panic: {message}"))),
            Self::Stopped => (Outcome::Cancelled, None),
        }
    }
}

/// What a job came to, as it is stored with its end and reports are made from it. What depends on where the report is
/// read is not in it.
pub fn document_of(ended: &Ended) -> Value {
    report_of(Path::new(""), ended, "loadmark").to_document()
}

/// What a report of an ended job says. `data` is the data folder; `program` is how next steps call this program.
pub fn report_of(data: &Path, ended: &Ended, program: &str) -> ReportModel {
    let logs = ended.run.map(|run| Folders::new(data, run).kept());
    let logs = logs.filter(|folder| folder.is_dir()).map(|folder| relative_to_here(&folder));
    ReportModel {
        job: Some((ended.job, ended.request.kind)),
        project: ended.request.project.clone(),
        benchmark: ended.request.benchmark.clone(),
        revision: ended.request.revision.clone(),
        asked_as: ended.request.asked_as.clone(),
        base: base_of(ended),
        is_base_named: ended.request.is_base_named(),
        outcome: ended.outcome,
        body: body_of(ended),
        previous: previous_of(ended),
        elapsed: Some(ended.elapsed),
        log_folder: logs,
        placement: placement_of(ended),
        program: program.to_owned(),
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
            Fault::Service { message, log, log_file, .. } => Body::Failure(Failure {
                reason: message,
                is_configuration: false,
                log_tail: log.lines().map(str::to_owned).collect(),
                log: log_file.map(|file| relative_to_here(&file)),
            }),
            Fault::Infrastructure => failed_by_us(error),
        },
        EndResult::Panicked(message) => failed(format!("a bug of Loadmark's: {message}")),
        EndResult::Stopped if ended.run.is_none() => failed("it was stopped before its turn came".to_owned()),
        EndResult::Stopped => failed("it was stopped, and its stack was taken down".to_owned()),
    }
}

fn failed_by_us(error: &PipelineError) -> Body {
    let (reason, is_configuration) = (error_chain(error), error.is_configuration());
    let failure = Failure { reason, is_configuration, ..Failure::default() };
    // Of a baseline that fails, the log tells more than we know.
    let PipelineError::Baseline { source, .. } = error else { return Body::Failure(failure) };
    let Fault::Service { log, log_file, .. } = source.failure() else { return Body::Failure(failure) };
    Body::Failure(Failure {
        log_tail: log.lines().map(str::to_owned).collect(),
        log: log_file.map(|file| relative_to_here(&file)),
        ..failure
    })
}

/// As people would type it.
fn relative_to_here(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}
