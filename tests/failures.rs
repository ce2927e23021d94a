//! Commits whose service fails: the commit's fault, told with the last words of the log that knows more.

use serde_json::Value;

use crate::harness::project::Project;

/// Tests a commit in which one file differs; its report as JSON, with exit code 98.
fn test(project: &Project, file: &str, content: &str) -> Value {
    project.branch("broken", file, content);
    let report = project.run(&["test", "broken", "--format", "json"]).expect(98).json("loadmark.report/1");
    project.assert_nothing_left();
    report
}

fn log_tail(report: &Value) -> String {
    let lines = report["failure"]["log_tail"].as_array().expect("a failure");
    lines.iter().map(|line| line.as_str().unwrap().to_owned() + "\n").collect()
}

#[tokio::test]
async fn a_commit_that_does_not_build() {
    let project = Project::new().await;
    let dockerfile = "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nRUN echo 'the compiler is out of order' >&2; exit 9\n";
    let report = test(&project, "Dockerfile", dockerfile);
    assert_eq!(report["outcome"], "service-failed: build");
    assert_eq!(report["failure"]["reason"], "the image of `app` does not build");
    assert!(log_tail(&report).contains("the compiler is out of order"), "{report:#}");
    let log = project.folder().join(report["failure"]["log"].as_str().unwrap());
    assert!(std::fs::read_to_string(log).unwrap().contains("the compiler is out of order"));
    let text = project.run(&["test", "broken"]).expect(98).stdout;
    assert!(text.starts_with("SERVICE FAILED (BUILD): the image of `app` does not build\n"), "{text}");
    let job = project.json(&["jobs", "show", "1"], "loadmark.job/1");
    assert_eq!(job["job"]["outcome"], "service-failed: build");
}

#[tokio::test]
async fn a_commit_that_is_never_ready() {
    let project = Project::new().await;
    project.configure("ready: 60s", "ready: 2s");
    project.configure("      - health: app\n", "");
    let report = test(&project, "behaviour", "never_ready\n");
    assert_eq!(report["outcome"], "service-failed: not-ready");
    let reason = report["failure"]["reason"].as_str().unwrap();
    assert!(reason.contains("http://app:8080/healthz") && reason.contains("did not come true within 2s"), "{reason}");
    assert!(reason.contains("503"), "{reason}");
    assert!(log_tail(&report).contains("fixture: still loading the catalogue"), "{report:#}");
}

#[tokio::test]
async fn a_commit_that_ends_at_its_start() {
    let project = Project::new().await;
    let report = test(&project, "behaviour", "exit_at_start\n");
    assert_eq!(report["outcome"], "service-failed: not-ready");
    assert_eq!(report["failure"]["reason"], "container of `app` ended with exit code 3");
    assert!(log_tail(&report).contains("fixture: no licence found, good bye"), "{report:#}");
}

#[tokio::test]
async fn a_commit_that_crashes_under_load() {
    let project = Project::new().await;
    let report = test(&project, "behaviour", "crash_after=60\n");
    assert_eq!(report["outcome"], "service-failed: crashed");
    assert_eq!(report["failure"]["reason"], "container of `app` ended with exit code 7");
    assert!(log_tail(&report).contains("fixture: out of cheese"), "{report:#}");
    let runs = project.json(&["runs"], "loadmark.runs/1");
    assert_eq!((&runs["runs"][0]["state"], &runs["runs"][0]["rounds"]), (&"partial".into(), &0.into()));
}
