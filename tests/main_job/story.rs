//! Master set, harmless commit, slow commit: outcomes, exit codes, the three formats, stored runs compared again.

use serde_json::Value;

use super::with_verdict;
use crate::harness::project::{Project, service_file};

/// A project in which `same` changes a comment and `slow` makes /slow take 220 ms in place of 20 ms.
async fn project() -> Project {
    let project = Project::new().await;
    project.configure("rounds: 1", "rounds: 2");
    project.branch("same", "server.pl", &(service_file("server.pl") + "# The end.\n"));
    project.branch("slow", "behaviour", "slow_ms=220\n");
    project
}

#[tokio::test]
async fn a_master_set_a_harmless_commit_and_a_slow_one() {
    let project = project().await;
    master(&project);
    harmless(&project);
    slow(&project);
    again_from_the_store(&project);
    project.assert_nothing_left();
}

fn master(project: &Project) {
    let measured = project.run(&["master"]).expect(0);
    let main = &project.sha("main")[..12];
    let expected = format!("MEASURED: the master set of {main} is stored, 2 valid rounds\nNAME, benchmark web, {main}");
    assert!(project.plain(&measured.stdout).starts_with(&expected), "{}", measured.stdout);
    assert!(measured.stderr.contains(": built"), "{}", measured.stderr);
    for step in ["check-out", "build", "round 1/2 · up", "round 2/2 · load", "round 2/2 · down"] {
        assert!(measured.stderr.lines().any(|line| line.contains(step)), "{step}: {}", measured.stderr);
    }
}

fn harmless(project: &Project) {
    let same = project.run(&["test", "same"]).expect(0);
    let first = same.stdout.lines().next().unwrap();
    // Mean and median of two endpoints, their p99, throughput and errors, and the count of all requests.
    assert_eq!(first, "UNCHANGED: 11 series judged, all within their limits; by medians of stored sets");
}

fn slow(project: &Project) {
    let slow = project.run(&["test", "slow", "--format", "json", "--output", "report.json"]).expect(99);
    let report = slow.json("loadmark.report/1");
    let told = "the first 2 rounds show a regression: as many more have to confirm it";
    assert!(slow.stderr.lines().any(|line| line == told), "{}", slow.stderr);
    let mut worse = with_verdict(&report, "regression");
    worse.sort_unstable();
    assert_eq!(worse, [r#"http_latency_mean{endpoint="/slow"}"#, r#"http_latency{endpoint="/slow",q="0.5"}"#]);
    assert_eq!(report["outcome"], "regression");
    assert_eq!((&report["project"], &report["asked_as"]), (&project.name().into(), &"slow".into()));
    assert_eq!(report["revision"], project.sha("slow"));
    assert_eq!(report["comparison"]["baseline"]["revision"], project.sha("main"));
    assert_eq!((&report["master"], &report["failure"]), (&Value::Null, &Value::Null));
    // The first look, and as many rounds to confirm it.
    assert_eq!(report["comparison"]["load"].as_array().unwrap().len(), 4);
    let series = report["comparison"]["series"].as_array().unwrap();
    let mean = series.iter().find(|one| one["series"] == worse[0]).unwrap();
    assert_eq!(mean["limit"], serde_json::json!({"relative": 1.0, "absolute": 0.1}));
    // The service waits that long at the very least.
    assert!(mean["candidate"]["median"].as_f64().unwrap() >= 0.22, "{mean}");
    assert!(mean["change"].as_f64().unwrap() >= 1.0, "{mean}");
    let written = std::fs::read_to_string(project.folder().join("report.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), report);
}

/// Without new load: by revision and by run, under other formats and other ideas of failure.
fn again_from_the_store(project: &Project) {
    let text = project.run(&["compare", "main", "slow"]).expect(99).stdout;
    let first = text.lines().next().unwrap();
    assert!(first.starts_with("REGRESSION: 2 of 11 series are worse, most of all http_latency"), "{text}");
    assert!(first.contains(r#"endpoint="/slow""#) && first.contains("(limit +100% and 100 ms)"), "{text}");
    project.run(&["compare", "main", "slow", "--fail-on", "never"]).expect(0);
    project.run(&["compare", "main", "same"]).expect(0);
    let better = project.json(&["compare", "slow", "main"], "loadmark.report/1");
    assert_eq!((&better["outcome"], &better["job"]), (&"improvement".into(), &Value::Null));
    let runs = project.json(&["runs"], "loadmark.runs/1");
    let id = |index: usize| runs["runs"][index]["id"].as_str().unwrap();
    let markdown = project.run(&["compare", id(2), id(0), "--format", "markdown"]).expect(99).stdout;
    assert!(markdown.starts_with("### Regression: 2 of 11 series are worse, most of all `http_latency"), "{markdown}");
    let row = markdown.lines().find(|line| line.starts_with(r#"| `http_latency_mean{endpoint="/slow"}` |"#));
    assert!(row.is_some_and(|row| row.ends_with("| +100% and 100 ms | regression |")), "{markdown}");
}
