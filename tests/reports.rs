//! From recorded rounds to printed reports: compare, then all three renderings, against the examples that
//! docs/formats.md shows.

use std::fs;
use std::path::Path;
use std::time::Duration;

use loadmark::compare::compare;
use loadmark::domain::comparison::Sides;
use loadmark::domain::job::JobKind;
use loadmark::domain::query::Query;
use loadmark::domain::run::StoredRun;
use loadmark::domain::verdict::{FailOn, Outcome, exit_code};
use loadmark::report::{self, Body, Colours, ReportModel, Style};
use serde::de::DeserializeOwned;
use time::OffsetDateTime;

fn recorded(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/reports").join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read<T: DeserializeOwned>(file: &str) -> T {
    serde_json::from_str(&recorded(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn model() -> ReportModel {
    let (baseline, candidate): (StoredRun, StoredRun) = (read("baseline.json"), read("candidate.json"));
    let queries: Vec<Query> = read("queries.json");
    let comparison = compare(Sides {
        baseline: Some(&baseline),
        candidate: &candidate,
        queries: &queries,
        today: OffsetDateTime::now_utc().date(),
    });
    ReportModel {
        job: Some((candidate.summary.job, JobKind::Experiment)),
        project: "shop".to_owned(),
        benchmark: "http".to_owned(),
        revision: candidate.summary.revision.clone(),
        asked_as: "slow-buy".to_owned(),
        base: Some(baseline.summary.revision.clone()),
        is_base_named: false,
        outcome: Outcome::Verdict(comparison.verdict),
        previous: None,
        body: Body::Comparison(Box::new(comparison)),
        elapsed: Some(Duration::from_secs(97)),
        log_folder: Some(".loadmark/logs/7".to_owned()),
        placement: None,
        program: "loadmark".to_owned(),
    }
}

#[test]
fn the_examples_are_what_is_printed() {
    let model = model();
    let style = Style { colours: Colours::Off, width: 120 };
    assert_eq!(report::text(&model, style), recorded("report.txt"));
    assert_eq!(report::markdown(&model), recorded("report.md"));
    assert_eq!(report::json(&model), recorded("report.json"));
    assert_eq!(exit_code(&model.outcome, FailOn::default()), 99);
}
