//! Looking trials up, and shares as people read them.

use crate::domain::evaluation::{Evaluation, Plant, RoundSet, Rule, Subject, Trial};

/// The sets of a subject, in order.
pub(super) fn sets(evaluation: &Evaluation, subject: Subject) -> Vec<&RoundSet> {
    evaluation.sets.iter().filter(|set| set.subject == subject).collect()
}

/// The changes that were planted in a set, in order.
pub(super) fn plants(evaluation: &Evaluation, set: &RoundSet) -> Vec<Plant> {
    let mut plants: Vec<Plant> = of_set(evaluation, set).map(|trial| trial.plant).collect();
    plants.dedup();
    plants
}

/// The rules that were tried on a set, in order; one look of some number of pairs left out.
pub(super) fn rules(evaluation: &Evaluation, set: &RoundSet) -> Vec<Rule> {
    let first = plants(evaluation, set).first().copied();
    let of_first = of_set(evaluation, set).filter(|trial| Some(trial.plant) == first);
    of_first.map(|trial| trial.rule).filter(|rule| !matches!(rule, Rule::LoadmarkOnce(_))).collect()
}

/// What a rule made of a change in a set.
pub(super) fn trial<'a>(evaluation: &'a Evaluation, set: &RoundSet, plant: Plant, rule: Rule) -> Option<&'a Trial> {
    evaluation.trials.iter().find(|trial| trial.set == set.name && trial.plant == plant && trial.rule == rule)
}

fn of_set<'a>(evaluation: &'a Evaluation, set: &RoundSet) -> impl Iterator<Item = &'a Trial> {
    evaluation.trials.iter().filter(move |trial| trial.set == set.name)
}

/// Of a trial with nothing planted the false alarms, else what was found.
pub(super) fn hits(trial: &Trial) -> u32 {
    if trial.plant == Plant::NOTHING { trial.tally.alarms } else { trial.tally.detected }
}

/// The bounds of the same.
fn bounds_of_hits(trial: &Trial) -> (f64, f64) {
    if trial.plant == Plant::NOTHING { trial.bounds.alarms } else { trial.bounds.detected }
}

/// A share of jobs.
pub(super) fn share(hits: u32, of: u32) -> f64 {
    f64::from(hits) / f64::from(of.max(1))
}

/// A share alone, `4.7 %`.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        0.0 => "0 %".to_owned(),
        p if p > 99.95 => "100 %".to_owned(),
        p if !(9.95..=90.05).contains(&p) => format!("{p:.1} %"),
        p => format!("{p:.0} %"),
    }
}

/// Alarms, or what was found, in percent.
pub(super) fn hit_share(trial: &Trial) -> String {
    percent(share(hits(trial), trial.tally.jobs))
}

/// The same with its bounds, `4.7 % (2.6 to 7.7)`.
pub(super) fn hit_share_with_bounds(trial: &Trial) -> String {
    with_bounds(hits(trial), trial.tally.jobs, bounds_of_hits(trial))
}

/// A share with its bounds, `4.7 % (2.6 to 7.7)`.
pub(super) fn with_bounds(hits: u32, of: u32, (lower, upper): (f64, f64)) -> String {
    format!("{} ({:.1} to {:.1})", percent(share(hits, of)), lower * 100.0, upper * 100.0)
}
