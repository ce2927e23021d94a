//! What the reader may want to do next, as commands to copy.

use crate::domain::job::JobKind;
use crate::domain::verdict::{Outcome, Verdict};

use super::evidence::{MOST_PAIRS, pairs_needed};
use super::model::{Body, ReportModel};

/// A command and what it is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Step {
    pub(super) purpose: &'static str,
    pub(super) command: String,
}

/// The steps that help after this outcome, the most useful first.
pub(super) fn steps(model: &ReportModel) -> Vec<Step> {
    let step = |purpose, command: String| Step { purpose, command: format!("{} {command}", model.program) };
    let is_refused = matches!(&model.body, Body::Failure(failure) if failure.is_configuration);
    let mut steps = Vec::new();
    match model.outcome {
        Outcome::Verdict(Verdict::NoBaseline) => {
            let base = model.base.as_ref().map(|base| format!(" {}", base.sha())).unwrap_or_default();
            steps.push(step("measure the master set", format!("master{base}")));
            steps.extend(rerun(model, "then test again"));
        }
        Outcome::Verdict(Verdict::NoData) => steps.push(step("check the queries", "check".to_owned())),
        Outcome::Verdict(Verdict::Inconclusive) => steps.push(deciding(model)),
        Outcome::Verdict(Verdict::Regression | Verdict::Invalid | Verdict::Gone) => {
            steps.extend(rerun(model, "measure again"));
        }
        Outcome::Verdict(Verdict::Improvement) => steps.extend(new_master(model)),
        Outcome::Measured => steps.push(step("compare the work tree with it", "test --dirty".to_owned())),
        Outcome::InfrastructureFailed if is_refused => {
            steps.push(step("check it, once it is mended", "check".to_owned()));
            steps.extend(rerun(model, "then try again"));
        }
        Outcome::InfrastructureFailed | Outcome::Cancelled | Outcome::Discarded => {
            steps.extend(model.job.map(|(id, _)| step("try again", format!("jobs retry {id}"))));
        }
        Outcome::ServiceFailed(_) => steps.extend(rerun(model, "try again, once it is mended")),
        Outcome::Verdict(Verdict::New | Verdict::Unchanged) | Outcome::Superseded => {}
    }
    if let Body::Master(run) = &model.body
        && model.is_stored_already(run)
    {
        let again = format!("master {} --benchmark {} --force", model.revision.sha(), model.benchmark);
        steps.push(step("measure it all the same", again));
    }
    let run = match &model.body {
        Body::Comparison(comparison) => Some(comparison.candidate.id),
        Body::Master(run) => Some(run.summary.id),
        Body::Failure(_) => None,
    };
    steps.extend(run.map(|run| step("see every series of this run", format!("runs show {run}"))));
    steps
}

/// What would decide what is undecided: more pairs, or where no job measures so many, to learn what this host can tell.
fn deciding(model: &ReportModel) -> Step {
    let revision = if model.revision.is_dirty() { "--dirty" } else { model.revision.sha() };
    let (program, benchmark) = (&model.program, &model.benchmark);
    let needed = needed(model);
    if needed.is_some_and(|needed| needed > MOST_PAIRS) {
        let revision = if model.revision.is_dirty() { String::new() } else { format!(" {revision}") };
        let command = format!("{program} calibrate{revision} --benchmark {benchmark}");
        return Step { purpose: "see what this host can tell", command };
    }
    let test = format!("{program} test {revision}{} --benchmark {benchmark}", base(model));
    Step { purpose: "decide it in pairs of rounds", command: test + &in_pairs(needed) }
}

/// The option that names the revision to compare with, where somebody did.
fn base(model: &ReportModel) -> String {
    let base = model.base.as_ref().filter(|base| model.is_base_named && !base.is_dirty());
    base.map(|base| format!(" --base {}", base.sha())).unwrap_or_default()
}

/// About so many pairs would decide it, where that is known.
pub(super) fn needed(model: &ReportModel) -> Option<u32> {
    match &model.body {
        Body::Comparison(comparison) => pairs_needed(comparison),
        Body::Master(_) | Body::Failure(_) => None,
    }
}

/// The options of a test in so many pairs; not known: in as many as are configured.
pub(super) fn in_pairs(needed: Option<u32>) -> String {
    let rounds = needed.map(|needed| format!(" --rounds {needed}")).unwrap_or_default();
    format!(" --compare paired{rounds}")
}

/// What is better is what later commits should be held to. None of a work tree, which is no commit yet, and of what is a
/// master set already.
pub(super) fn new_master(model: &ReportModel) -> Option<Step> {
    let is_one = model.job.is_some_and(|(_, kind)| kind == JobKind::NewMaster);
    let command = format!("{} master {} --benchmark {}", model.program, model.revision.sha(), model.benchmark);
    (!is_one && !model.revision.is_dirty()).then_some(Step { purpose: "make it the new master set", command })
}

/// The job's command once more; none for stored runs. Names revisions and not what was typed, which need not be safe
/// to paste.
fn rerun(model: &ReportModel, purpose: &'static str) -> Option<Step> {
    let (_, kind) = model.job?;
    let what = match kind {
        JobKind::NewMaster => format!("master {}", model.revision.sha()),
        JobKind::NewTest | JobKind::Experiment if model.revision.is_dirty() => format!("test --dirty{}", base(model)),
        JobKind::NewTest | JobKind::Experiment => format!("test {}{}", model.revision.sha(), base(model)),
        JobKind::Requery | JobKind::Calibration => return None,
    };
    let benchmark =
        if kind == JobKind::NewMaster { String::new() } else { format!(" --benchmark {}", model.benchmark) };
    Some(Step { purpose, command: format!("{} {what}{benchmark}", model.program) })
}
