//! The tables, for docs/statistics.md, and everything as JSON.

use serde::Serialize;

use super::shares::{hit_share, hit_share_with_bounds, hits, percent, plants, rules, sets, share, trial, with_bounds};
use crate::domain::evaluation::{Evaluation, Plant, PlantKind, RoundSet, Rule, Subject, Tally, Trial};
use crate::report::view::pretty;

#[derive(Serialize)]
struct EvaluationView<'a> {
    schema: &'static str,
    #[serde(flatten)]
    evaluation: &'a Evaluation,
}

/// Everything as JSON, schema `loadmark.evaluation/1`.
pub fn evaluation_json(evaluation: &Evaluation) -> String {
    pretty(&EvaluationView { schema: "loadmark.evaluation/1", evaluation })
}

/// All tables as Markdown, each under a heading of the third level.
pub fn evaluation_markdown(evaluation: &Evaluation) -> String {
    let recorded = sets(evaluation, Subject::Recorded).into_iter().map(|set| of_recorded(evaluation, set));
    let mut parts: Vec<String> = recorded.collect();
    parts.push(of_proportion(evaluation));
    parts.push(of_families(evaluation));
    let one = "series, correlated by 0.5; the change is in one of them";
    parts.extend(sets(evaluation, Subject::Power).into_iter().map(|set| of_simulated(evaluation, set, one)));
    parts.push(of_looks(evaluation));
    parts.push(of_many_series(evaluation));
    let all = "shares of 1600 requests a round; the change is in all of them";
    parts.extend(sets(evaluation, Subject::Shares).into_iter().map(|set| of_simulated(evaluation, set, all)));
    parts.retain(|part| !part.is_empty());
    parts.join("\n")
}

fn of_recorded(evaluation: &Evaluation, set: &RoundSet) -> String {
    let pairs = set.recorded.unwrap_or_default();
    let pace = set.seconds_per_pair.map(|seconds| format!(", {seconds:.0} s a pair")).unwrap_or_default();
    let mut noise: Vec<f64> = set.series.iter().map(|series| series.noise).collect();
    noise.sort_by(f64::total_cmp);
    let at = |share: f64| percent(noise[(share * (noise.len() - 1) as f64).round() as usize]);
    let spread = format!("noise {} to {}, in the middle {}", at(0.0), at(1.0), at(0.5));
    format!(
        "### {}: recorded rounds, resampled\n\n{pairs} pairs of rounds of one revision with itself{pace}; {} primary \
         series, {spread}.\n\n{}\n{}",
        set.name,
        set.series.len(),
        by_rule(evaluation, set),
        ours(evaluation, set)
    )
}

/// `series` goes after their number.
fn of_simulated(evaluation: &Evaluation, set: &RoundSet, series: &str) -> String {
    format!(
        "### Simulated: {}\n\n{} {series}.\n\n{}\n{}",
        set.name,
        set.series.len(),
        by_rule(evaluation, set),
        ours(evaluation, set)
    )
}

/// What each rule found of each change.
fn by_rule(evaluation: &Evaluation, set: &RoundSet) -> String {
    let rules = rules(evaluation, set);
    let mut head = vec!["planted".to_owned(), "counted".to_owned()];
    head.extend(rules.iter().map(Rule::to_string));
    let rows = plants(evaluation, set).into_iter().map(|plant| {
        let counted = if plant == Plant::NOTHING { "false alarms" } else { "found" };
        let cell = |rule: &Rule| trial(evaluation, set, plant, *rule).map(hit_share).unwrap_or_default();
        let mut row = vec![plant.to_string(), counted.to_owned()];
        row.extend(rules.iter().map(cell));
        row
    });
    table(&head, rows)
}

/// How our procedure ended, with bounds.
fn ours(evaluation: &Evaluation, set: &RoundSet) -> String {
    let head = ["planted", "jobs", "worse", "inconclusive", "wrong `unchanged`", "wrong direction", "pairs"];
    let mut head: Vec<String> = head.map(str::to_owned).to_vec();
    head.extend(set.seconds_per_pair.map(|_| "minutes".to_owned()));
    let rows = plants(evaluation, set).into_iter().filter_map(|plant| {
        let trial = trial(evaluation, set, plant, Rule::Loadmark)?;
        let Tally { jobs, inconclusive, wrong_unchanged, wrong_direction, .. } = trial.tally;
        let pairs = trial.tally.mean_pairs()?;
        let mut row = vec![
            plant.to_string(),
            jobs.to_string(),
            hit_share_with_bounds(trial),
            with_bounds(inconclusive, jobs, trial.bounds.inconclusive),
            with_bounds(wrong_unchanged, jobs, trial.bounds.wrong_unchanged),
            with_bounds(wrong_direction, jobs, trial.bounds.wrong_direction),
            format!("{pairs:.1}"),
        ];
        row.extend(set.seconds_per_pair.map(|seconds| format!("{:.1}", pairs * seconds / 60.0)));
        Some(row)
    });
    table(&head, rows)
}

/// False alarms in recorded rounds whose limits stand to their noise as where few are promised.
fn of_proportion(evaluation: &Evaluation) -> String {
    let sets = sets(evaluation, Subject::InProportion);
    let Some(first) = sets.first() else { return String::new() };
    let others: Vec<Rule> = rules(evaluation, first).into_iter().filter(|rule| *rule != Rule::Loadmark).collect();
    let head = ["recorded", "series", "jobs", "Loadmark", "inconclusive", "pairs"].map(str::to_owned);
    let head: Vec<String> = head.into_iter().chain(others.iter().map(Rule::to_string)).collect();
    let rows = sets.iter().filter_map(|set| {
        let ours = trial(evaluation, set, Plant::NOTHING, Rule::Loadmark)?;
        let Tally { jobs, inconclusive, .. } = ours.tally;
        let cell = |rule: &Rule| trial(evaluation, set, Plant::NOTHING, *rule).map(hit_share).unwrap_or_default();
        let mut row = vec![
            set.name.clone(),
            set.series.len().to_string(),
            jobs.to_string(),
            hit_share_with_bounds(ours),
            with_bounds(inconclusive, jobs, ours.bounds.inconclusive),
            format!("{:.1}", ours.tally.mean_pairs()?),
        ];
        row.extend(others.iter().map(cell));
        Some(row)
    });
    format!(
        "### Recorded rounds, limits in proportion to their noise\n\nJobs of unchanged code with any false alarm, where the \
         limit of each series stands to its noise as 3 % to 2.6 %, or as 5 % to 6 % of a tail.\n\n{}",
        table(&head, rows)
    )
}

fn of_families(evaluation: &Evaluation) -> String {
    let sets = sets(evaluation, Subject::Families);
    let head = ["simulated", "jobs", "jobs with any false alarm", "pairs"].map(str::to_owned);
    let rows = sets.iter().filter_map(|set| {
        let trial = trial(evaluation, set, Plant::NOTHING, Rule::Loadmark)?;
        let pairs = format!("{:.1}", trial.tally.mean_pairs()?);
        Some(vec![set.name.clone(), trial.tally.jobs.to_string(), hit_share_with_bounds(trial), pairs])
    });
    let Some(first) = sets.first() else { return String::new() };
    format!(
        "### The family-wise error\n\nAt a limit near zero significance alone decides, and every look is taken: at most \
         5 % of jobs may have any false alarm among their {} series, correlated by 0.5.\n\n{}",
        first.series.len(),
        table(&head, rows)
    )
}

/// What looking early saves.
fn of_looks(evaluation: &Evaluation) -> String {
    let head = [
        "simulated",
        "planted",
        "found by looks",
        "one look does as well at",
        "pairs, with the change",
        "saved",
        "pairs, unchanged",
        "saved",
    ];
    let rows: Vec<Vec<String>> = sets(evaluation, Subject::Power)
        .into_iter()
        .flat_map(|set| plants(evaluation, set).into_iter().filter_map(|plant| saving(evaluation, set, plant)))
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    format!(
        "### What looking early saves\n\nFor each change that is found in half of the jobs or more: after how many pairs a \
         single look finds it as often, and passes unchanged code as often.\n\n{}",
        table(&head.map(str::to_owned), rows.into_iter())
    )
}

fn saving(evaluation: &Evaluation, set: &RoundSet, plant: Plant) -> Option<Vec<String>> {
    let looks = trial(evaluation, set, plant, Rule::Loadmark)?;
    let found = share(hits(looks), looks.tally.jobs);
    if plant.kind == PlantKind::Nothing || found < 0.5 {
        return None;
    }
    let left_open = |rule| Some(trial(evaluation, set, Plant::NOTHING, rule)?.tally.inconclusive);
    let open = left_open(Rule::Loadmark)?;
    let does_as_well =
        |once: &Trial| hits(once) >= hits(looks) && left_open(once.rule).is_some_and(|once| once <= open);
    let unchanged = trial(evaluation, set, Plant::NOTHING, Rule::Loadmark)?.tally.mean_pairs()?;
    let once = once(evaluation, set, plant).into_iter().find(|(_, trial)| does_as_well(trial));
    let with_change = looks.tally.mean_pairs()?;
    let mut row = vec![set.name.clone(), plant.to_string(), percent(found)];
    let Some((pairs, _)) = once else {
        row.extend(
            ["more than 32", &format!("{with_change:.1}"), "", &format!("{unchanged:.1}"), ""].map(str::to_owned),
        );
        return Some(row);
    };
    let saved = |mean: f64| format!("{:.0} %", 100.0 * (1.0 - mean / f64::from(pairs)));
    row.extend([
        format!("{pairs} pairs"),
        format!("{with_change:.1}"),
        saved(with_change),
        format!("{unchanged:.1}"),
        saved(unchanged),
    ]);
    Some(row)
}

/// The trials with one look, by its pairs.
fn once<'a>(evaluation: &'a Evaluation, set: &RoundSet, plant: Plant) -> Vec<(u16, &'a Trial)> {
    let of = evaluation.trials.iter().filter(|trial| trial.set == set.name && trial.plant == plant);
    let mut found: Vec<_> = of
        .filter_map(|trial| match trial.rule {
            Rule::LoadmarkOnce(pairs) => Some((pairs, trial)),
            _ => None,
        })
        .collect();
    found.sort_by_key(|(pairs, _)| *pairs);
    found
}

fn of_many_series(evaluation: &Evaluation) -> String {
    let sets = sets(evaluation, Subject::ManySeries);
    let Some(first) = sets.first() else { return String::new() };
    let rules = rules(evaluation, first);
    let mut head = vec!["simulated".to_owned()];
    head.extend(rules.iter().map(Rule::to_string));
    let rows = sets.iter().map(|set| {
        let cell =
            |rule: &Rule| trial(evaluation, set, Plant::NOTHING, *rule).map(hit_share_with_bounds).unwrap_or_default();
        let mut row = vec![set.name.clone()];
        row.extend(rules.iter().map(cell));
        row
    });
    let limit = first.series.first().map(|series| (series.noise, series.limit)).unwrap_or_default();
    format!(
        "### False alarms by the number of series\n\nJobs of unchanged code with any false alarm; noise {}, limit {}.\n\n{}",
        percent(limit.0),
        percent(limit.1),
        table(&head, rows)
    )
}

fn table(head: &[String], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule = format!("|{}\n", " --- |".repeat(head.len()));
    let rows: String = rows.map(|row| line(&row)).collect();
    format!("{}{rule}{rows}", line(head))
}
