//! Tails by slice: in the generator's record, on its metrics, and asked by the shipped queries in a real round.

use std::path::Path;

use loadmark::domain::load::{LoadRecord, LoadSpec, Phase, PhaseRecord, SliceTails};
use loadmark::domain::plan::Stage;
use loadmark::load::Generator;
use serde_json::Value;

use super::pacing::samples;
use super::service::{STALL, Service};
use super::{request, run, spec};
use crate::harness::project::Project;

#[tokio::test]
async fn one_stall_decides_the_99th_percentile_of_all_and_not_that_of_most_slices() {
    let service = Service::start().await;
    let requests = vec![request("stall", service.url("/stall"))];
    let record = run(LoadSpec { connections: 4, queue: 10_000, ..spec(requests, 1_000, 5) }).await;
    let tails = record.tails.unwrap();
    // It stalls once, from the middle of the first second to the middle of the next.
    assert_eq!(tails.slices, 5);
    assert!(tails.stall_fraction > 0.0 && tails.stall_fraction < 0.5, "{tails:?}");
    let stall_ns = STALL.as_nanos() as u64;
    let worst = record.slices.iter().map(|slice| slice.p99_ns).max().unwrap();
    assert!(worst > stall_ns / 2 && tails.p99_ns < worst / 3, "{tails:?}, the worst slice has {worst} ns");
    assert!(tails.p90_ns <= tails.p99_ns);
}

#[tokio::test]
async fn metrics_have_the_tails_of_each_stage_once_it_has_ended() {
    let service = Service::start().await;
    let requests = vec![request("one", service.url("/ok")), request("two", service.url("/ok"))];
    let stages = vec![Stage { rate: 300, seconds: 1 }, Stage { rate: 200, seconds: 1 }];
    let warm_up = Some(Stage { rate: 50, seconds: 1 });
    let generator = Generator::new(LoadSpec { stages, warm_up, ..spec(requests, 1, 1) }).unwrap();
    generator.run(Phase::WarmUp).await.unwrap();
    assert!(!generator.metrics().contains("loadmark_load_slice_quantile_seconds{"), "{}", generator.metrics());
    for stage in [0, 1] {
        let record = generator.run(Phase::Stage(stage)).await.unwrap();
        let metrics = samples(&generator.metrics());
        let by_request = record.requests.iter().map(|kind| (format!("request=\"{}\",", kind.name), kind.tails));
        for (request, tails) in by_request.chain([(String::new(), record.tails)]) {
            let tails = tails.unwrap();
            let of =
                |name: &str, more: &str| metrics[&format!("loadmark_load_{name}{{{request}stage=\"{stage}\"{more}}}")];
            assert_eq!(of("slice_quantile_seconds", ",quantile=\"0.9\""), tails.p90_ns as f64 / 1e9);
            assert_eq!(of("slice_quantile_seconds", ",quantile=\"0.99\""), tails.p99_ns as f64 / 1e9);
            assert_eq!(of("stall_fraction", ""), tails.stall_fraction);
        }
    }
    let slices = samples(&generator.metrics());
    assert_eq!(slices.keys().filter(|name| name.starts_with("loadmark_load_slice_quantile_seconds{")).count(), 12);
}

#[tokio::test]
async fn the_shipped_queries_give_the_tails_of_the_record_by_stage() {
    let project = Project::new().await;
    project.configure("plan: \"40:2\"", "plan: \"200:2,40:1\"");
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries/load.yaml");
    let own = "      - file: queries.yaml\n";
    project.configure(own, &format!("      - file: {}\n{own}", shipped.display()));
    let report = project.run(&["master", "--format", "json"]).expect(0).json("loadmark.report/1");
    project.assert_nothing_left();
    let record: LoadRecord =
        serde_json::from_str(&project.database.text("SELECT load::text FROM rounds").await).unwrap();
    for (stage, phase) in record.phases.iter().filter(|phase| phase.phase != Phase::WarmUp).enumerate() {
        assert_asked(&report, stage, phase);
    }
}

#[track_caller]
fn assert_asked(report: &Value, stage: usize, phase: &PhaseRecord) {
    let measurements = report["master"]["rounds"][0]["measurements"].as_array().unwrap();
    let value = |query: &str, labels: Value| {
        let is_it = |one: &&Value| one["query"] == query && one["labels"] == labels && one["stage"] == stage;
        let found: Vec<_> = measurements.iter().filter(is_it).collect();
        assert_eq!(found.len(), 1, "{query} {labels} of stage {stage} among {measurements:#?}");
        found[0]["value"].as_f64().unwrap()
    };
    let all = (serde_json::json!({}), phase.tails);
    let by_request = phase.requests.iter().map(|kind| (serde_json::json!({ "request": kind.name }), kind.tails));
    for (labels, tails) in by_request.chain([all]) {
        let SliceTails { p90_ns, p99_ns, stall_fraction, .. } = tails.unwrap();
        for (q, ns) in [("0.9", p90_ns), ("0.99", p99_ns)] {
            let mut labels = labels.clone();
            labels["q"] = q.into();
            assert_eq!(value("load_slice_tail", labels), ns as f64 / 1e9);
        }
        assert_eq!(value("load_stall_fraction", labels), stall_fraction);
    }
}
