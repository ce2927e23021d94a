//! The terminal.

use insta::assert_snapshot;

use crate::domain::verdict::{Outcome, Verdict};

use super::super::{Body, Colours, Failure, ReportModel, Style, text};
use super::fixture::{
    NARROW, WIDE, because, build_failure, compared, comparison, latency, master, regression, unchanged,
};

#[test]
fn a_regression() {
    assert_snapshot!(text(&regression(), WIDE), @"");
}

#[test]
fn a_regression_on_a_narrow_terminal() {
    assert_snapshot!(text(&regression(), NARROW), @"");
}

#[test]
fn nothing_changed() {
    assert_snapshot!(text(&unchanged(), WIDE), @"");
}

#[test]
fn an_improvement() {
    let model = compared(vec![
        latency("/search", Verdict::Improvement, Some(12.4), Some(6.3)),
        latency("/", Verdict::Unchanged, Some(0.52), Some(0.53)),
    ]);
    assert_snapshot!(text(&model, WIDE), @"");
}

#[test]
fn noise_hides_it() {
    let overlap = "beyond the limit, but the rounds of the two sides overlap";
    let model = compared(vec![
        because(latency("/buy", Verdict::Inconclusive, Some(4.1), Some(5.6)), overlap),
        latency("/", Verdict::Unchanged, Some(0.52), Some(0.53)),
    ]);
    assert_snapshot!(text(&model, WIDE), @"");
}

#[test]
fn no_baseline() {
    let model = compared(vec![
        latency("/", Verdict::NoBaseline, None, Some(0.53)),
        latency("/buy", Verdict::NoBaseline, None, Some(4.0)),
    ]);
    assert_snapshot!(text(&model, WIDE), @"");
}

#[test]
fn no_data_and_new_and_gone() {
    let model = compared(vec![
        because(latency("/old", Verdict::Gone, Some(2.0), None), "the baseline has it, the candidate does not"),
        because(latency("", Verdict::NoData, None, None), "empty answer"),
        because(latency("/new", Verdict::New, None, Some(2.0)), "the baseline has no such series"),
    ]);
    assert_snapshot!(text(&model, WIDE), @"");
}

#[test]
fn no_data_alone() {
    let mut model = compared(vec![because(latency("/", Verdict::NoData, None, None), "empty answer")]);
    assert_snapshot!(text(&model, WIDE).lines().next().unwrap(), @"");
    comparison(&mut model).series.clear();
    assert_snapshot!(text(&model, WIDE).lines().next().unwrap(), @"");
}

#[test]
fn a_secondary_regression_does_not_decide() {
    let mut secondary = latency("/buy", Verdict::Regression, Some(4.1), Some(9.02));
    secondary.primary = false;
    let model = compared(vec![secondary, latency("/", Verdict::Unchanged, Some(0.52), Some(0.53))]);
    assert_snapshot!(text(&model, WIDE), @"");
}

#[test]
fn from_zero() {
    let mut series = latency("/", Verdict::Regression, Some(0.0), Some(2.0));
    series.change = None;
    assert_snapshot!(text(&compared(vec![series]), WIDE).lines().take(5).collect::<Vec<_>>().join("\n"), @"");
}

#[test]
fn the_service_does_not_build() {
    assert_snapshot!(text(&build_failure(), WIDE), @"");
}

#[test]
fn our_own_failure() {
    let failure = Failure { reason: "Postgres is not reachable".to_owned(), ..Failure::default() };
    let model = ReportModel { outcome: Outcome::InfrastructureFailed, body: Body::Failure(failure), ..unchanged() };
    assert_snapshot!(text(&model, WIDE), @"");
}

#[test]
fn a_master_set() {
    assert_snapshot!(text(&master(), WIDE), @"");
}

#[test]
fn stored_runs_have_no_job_to_repeat() {
    let model = ReportModel { job: None, elapsed: None, log_folder: None, ..regression() };
    let text = text(&model, WIDE);
    assert!(!text.contains("measure again") && !text.contains("job"), "{text}");
    assert!(text.contains("runs show"), "{text}");
}

#[test]
fn colours_only_when_asked() {
    let coloured = text(&regression(), Style { colours: Colours::On, width: 140 });
    assert!(coloured.starts_with("\u{1b}[1m\u{1b}[31mREGRESSION\u{1b}[0m: "), "{coloured:?}");
    let plain = text(&regression(), WIDE);
    assert!(!plain.contains('\u{1b}'));
    let stripped: String = coloured
        .split('\u{1b}')
        .map(|part| part.split_once('m').map_or(part, |(code, rest)| if code.starts_with('[') { rest } else { part }))
        .collect();
    assert_eq!(stripped.lines().map(str::trim_end).collect::<Vec<_>>(), plain.lines().collect::<Vec<_>>());
}

#[test]
fn a_dirty_tree_is_tested_again_as_such() {
    let mut model = regression();
    model.revision = model.revision.with_dirty_tree("cafe");
    assert!(text(&model, WIDE).contains("loadmark test --dirty --benchmark http"));
}
