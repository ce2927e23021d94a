//! Rounds that can't be trusted.

use crate::domain::run::StoredRun;
use crate::domain::series::Bucket;
use crate::domain::verdict::{Outcome, Verdict};

use super::super::{Body, ReportModel, json, markdown, run_json, run_text, text};
use super::fixture::{WIDE, because, compared, comparison, latency, master, stored};

const REASON: &str = "the candidate has no valid round: 3 of 9 scrapes of app-1:8080 failed in the window";

fn all_invalid() -> ReportModel {
    let invalid = |endpoint| because(latency(endpoint, Verdict::Invalid, Some(1.0), None), REASON);
    let mut model = compared(vec![invalid("/"), invalid("/buy"), invalid("/cart")]);
    comparison(&mut model).notes.push("candidate: round 1 was run again, twice: 3 of 9 scrapes failed".to_owned());
    model
}

#[test]
fn one_reason_for_all_is_the_headline_and_told_once_below_it() {
    let text = text(&all_invalid(), WIDE);
    assert!(text.starts_with(&format!("INVALID: nothing can be judged: {REASON}\n")), "{text}");
    assert_eq!(text.matches(REASON).count(), 2, "{text}");
    assert!(text.contains("note candidate: round 1 was run again, twice: 3 of 9 scrapes failed\n"), "{text}");
    assert!(text.contains("measure again\n"), "{text}");
    let page = markdown(&all_invalid());
    assert!(page.starts_with("### Invalid: nothing can be judged: "), "{page}");
}

#[test]
fn a_reason_of_one_series_stays_with_it() {
    let invalid = because(latency("/", Verdict::Invalid, Some(1.0), None), "the baseline is 0");
    let text = text(&compared(vec![invalid, latency("/buy", Verdict::Unchanged, Some(1.0), Some(1.0))]), WIDE);
    assert!(text.starts_with("INVALID: 1 of 2 series can't be judged: "), "{text}");
}

#[test]
fn a_master_set_that_is_none_says_which_round_and_why() {
    let model = ReportModel { outcome: Outcome::Verdict(Verdict::Invalid), ..master() };
    let text = text(&model, WIDE);
    let reason = "the generator fell behind in 4 of 10 slices";
    assert!(text.starts_with(&format!("INVALID: no master set, round 3 of 3 is invalid: {reason}\n")), "{text}");
    assert!(text.contains(&format!("note round 3 is left out: {reason}\n")), "{text}");
    assert!(markdown(&model).contains(&format!("- round 3 is left out: {reason}\n")));
}

fn with_attempts() -> StoredRun {
    let mut run = stored();
    run.rounds[0].rejected = vec!["first".to_owned(), "second".to_owned()];
    run.rounds[0].notes = vec!["`app` was throttled".to_owned()];
    run.rounds[0].measurements[0].bucket = Some(Bucket { lower: 0.5, upper: None });
    run.rounds[0].measurements[1].total = Some(2000.0);
    run
}

#[test]
fn attempts_notes_and_buckets_are_shown() {
    let shown = run_text(&with_attempts(), None, None, WIDE);
    assert!(shown.contains("  run again: first\n  run again: second\n  note: `app` was throttled\n"), "{shown}");
    let model = ReportModel { body: Body::Master(with_attempts()), ..master() };
    assert!(text(&model, WIDE).contains("note round 1 was run again: first; and again: second\n"));
    let value: serde_json::Value = serde_json::from_str(&run_json(&with_attempts(), None, None)).unwrap();
    let round = &value["rounds"][0];
    assert_eq!(round["rejected"], serde_json::json!(["first", "second"]));
    assert_eq!(round["notes"], serde_json::json!(["`app` was throttled"]));
    assert_eq!(round["measurements"][0]["bucket"], serde_json::json!({"lower": 0.5, "upper": null}));
    assert_eq!(round["measurements"][1]["bucket"], serde_json::Value::Null);
    let totals = [0_usize, 1].map(|index| &round["measurements"][index]["total"]);
    assert_eq!(totals, [&serde_json::Value::Null, &serde_json::json!(2000.0)]);
    assert!(json(&model).contains("\"rejected\""));
}
