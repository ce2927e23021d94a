//! The report for programs: `loadmark.report/1`.

use serde::Serialize;

use crate::domain::job::JobKind;
use crate::domain::verdict::Outcome;

use super::comparison_view::ComparisonView;
use super::model::{Body, Failure, ReportModel};
use super::steps::{Step, steps};
use super::view::{FullRunView, pretty};

/// What changes incompatibly raises the number.
const SCHEMA: &str = "loadmark.report/1";

#[derive(Serialize)]
struct ReportView<'a> {
    schema: &'static str,
    outcome: Outcome,
    job: Option<i64>,
    kind: Option<JobKind>,
    project: &'a str,
    benchmark: &'a str,
    revision: String,
    asked_as: &'a str,
    base: Option<String>,
    elapsed_seconds: Option<f64>,
    log_folder: Option<&'a str>,
    comparison: Option<ComparisonView<'a>>,
    master: Option<FullRunView<'a>>,
    failure: Option<FailureView<'a>>,
    next_steps: Vec<StepView>,
}

#[derive(Serialize)]
struct FailureView<'a> {
    reason: &'a str,
    log_tail: &'a [String],
    log: Option<&'a str>,
}

impl<'a> From<&'a Failure> for FailureView<'a> {
    fn from(failure: &'a Failure) -> Self {
        Self { reason: &failure.reason, log_tail: &failure.log_tail, log: failure.log.as_deref() }
    }
}

#[derive(Serialize)]
struct StepView {
    purpose: &'static str,
    command: String,
}

impl From<Step> for StepView {
    fn from(Step { purpose, command }: Step) -> Self {
        Self { purpose, command }
    }
}

/// The report as JSON, schema `loadmark.report/1`, indented and ending in a newline. Of `comparison`, `master` and
/// `failure` exactly one is not null.
pub fn json(model: &ReportModel) -> String {
    let mut view = ReportView {
        schema: SCHEMA,
        outcome: model.outcome,
        job: model.job.map(|(id, _)| id.0),
        kind: model.job.map(|(_, kind)| kind),
        project: &model.project,
        benchmark: &model.benchmark,
        revision: model.revision.to_string(),
        asked_as: &model.asked_as,
        base: model.base.as_ref().map(ToString::to_string),
        elapsed_seconds: model.elapsed.map(|elapsed| elapsed.as_secs_f64()),
        log_folder: model.log_folder.as_deref(),
        comparison: None,
        master: None,
        failure: None,
        next_steps: steps(model).into_iter().map(StepView::from).collect(),
    };
    match &model.body {
        Body::Comparison(comparison) => view.comparison = Some(comparison.as_ref().into()),
        Body::Master(run) => view.master = Some(run.into()),
        Body::Failure(failure) => view.failure = Some(failure.into()),
    }
    pretty(&view)
}
