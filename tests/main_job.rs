//! The main job through the real binary: a commit, its stack, load, PromQL, Postgres, comparison, report.

mod again;
mod kept;
mod listings;
mod requery;
mod story;

use serde_json::Value;

/// The series of a report that have a verdict.
fn with_verdict<'a>(report: &'a Value, verdict: &str) -> Vec<&'a str> {
    let series = report["comparison"]["series"].as_array().expect("a comparison");
    series.iter().filter(|one| one["verdict"] == verdict).map(|one| one["series"].as_str().unwrap()).collect()
}

/// The values of one query in a round, with the series' labels.
fn measured<'a>(round: &'a Value, query: &str) -> Vec<(&'a Value, f64)> {
    let measurements = round["measurements"].as_array().expect("measurements");
    let of_query = measurements.iter().filter(|one| one["query"] == query);
    of_query.map(|one| (&one["labels"], one["value"].as_f64().unwrap())).collect()
}
