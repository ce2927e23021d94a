//! The circumstances of a report: which revision, which runs, what load, on which machines.

use crate::domain::comparison::Comparison;
use crate::domain::run::{RunSummary, StoredRun};

use super::evidence;
use super::figures;
use super::model::{Body, ReportModel};
use super::phrase::Phrase;

/// The line below the headline: what was measured, for whom.
pub(super) fn subject(model: &ReportModel) -> Phrase {
    let revision = model.revision.short();
    let mut phrase = Phrase::default().foreign(&model.project).own(", benchmark ").foreign(&model.benchmark);
    phrase = phrase.own(format!(", {revision}"));
    if !model.revision.to_string().starts_with(&model.asked_as) {
        phrase = phrase.own(" (").foreign(&model.asked_as).own(")");
    }
    match &model.body {
        Body::Comparison(comparison) => match &comparison.baseline {
            Some(baseline) => phrase.own(format!(" against {} {}", side_name(baseline), baseline.revision.short())),
            None => phrase,
        },
        Body::Master(_) | Body::Failure(_) => phrase,
    }
}

/// How a baseline is called.
pub(super) fn side_name(baseline: &RunSummary) -> &'static str {
    if baseline.is_master { "master" } else { "baseline" }
}

/// Circumstances by name, in the order of interest.
pub(super) fn facts(model: &ReportModel) -> Vec<(&'static str, Phrase)> {
    let mut facts = Vec::new();
    match &model.body {
        Body::Comparison(comparison) => of_comparison(comparison, &mut facts),
        Body::Master(run) => {
            of_master(run, if model.is_stored_already(run) { "that run" } else { "this run" }, &mut facts);
        }
        Body::Failure(_) => {}
    }
    facts.extend(model.placement.as_ref().map(|placement| ("cores", Phrase::new(placement.to_string()))));
    if let Some((id, kind)) = model.job {
        let elapsed = model.elapsed.map(|elapsed| format!(", took {}", figures::elapsed(elapsed))).unwrap_or_default();
        facts.push(("job", Phrase::new(format!("{id}, {kind}{elapsed}"))));
    }
    if let Some(folder) = &model.log_folder {
        facts.push(("logs", Phrase::default().foreign(folder)));
    }
    facts
}

fn of_comparison(comparison: &Comparison, facts: &mut Vec<(&'static str, Phrase)>) {
    facts.extend(figures::load(&comparison.load).map(|load| ("load", Phrase::new(load))));
    facts.extend(comparison.pairs.as_ref().map(|pairs| ("pairs", Phrase::new(evidence::pairs(pairs)))));
    if let Some(baseline) = &comparison.baseline {
        facts.push(match evidence::master_sets(comparison) {
            Some(sets) => ("past", Phrase::new(format!("{sets}, the newest of run {}", baseline.id.short()))),
            None => (side_name(baseline), run_line(baseline)),
        });
    }
    facts.push(("this run", run_line(&comparison.candidate)));
    facts.push(("machine", Phrase::new("class ").foreign(&comparison.candidate.class.0)));
}

fn of_master(run: &StoredRun, name: &'static str, facts: &mut Vec<(&'static str, Phrase)>) {
    let load: Vec<_> = run.rounds.iter().flat_map(|round| round.load.iter().copied()).collect();
    facts.extend(figures::load(&load).map(|load| ("load", Phrase::new(load))));
    facts.push((name, run_line(&run.summary)));
    facts.push(("machine", Phrase::new("class ").foreign(&run.summary.class.0)));
}

fn run_line(run: &RunSummary) -> Phrase {
    let rounds = figures::count(usize::from(run.rounds.0), "round");
    Phrase::new(format!("run {}, {rounds}, {}", run.id.short(), figures::instant(run.started_at)))
}
