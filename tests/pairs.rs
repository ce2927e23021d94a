//! Rounds of baseline and candidate in pairs, through the real binary: what they find, what is stored of them, and what
//! keeps them from beginning.

mod bounds;
mod by_need;
mod calibrated;
mod found;
mod interrupted;
mod twins;

use loadmark::domain::ids::JobId;
use loadmark::domain::job::{JobKind, JobRequest};
use serde_json::Value;

use crate::harness::program::Finished;
use crate::harness::project::Project;

/// One primary series, so that few pairs can decide: how long /slow takes.
const QUERIES: &str = r#"queries:
  - name: slow_mean
    help: Mean time to answer /slow.
    unit: seconds
    direction: lower
    promql: |
      sum(D(http_request_duration_seconds_sum{endpoint="/slow"}))
        / sum(D(http_request_duration_seconds_count{endpoint="/slow"}))
    limit: "+25%"
"#;

/// A project that asks nothing else; on `slow`, /slow takes 60 ms in place of 20.
async fn project() -> Project {
    let project = Project::new().await;
    let config = std::fs::read_to_string(project.folder().join("config.yaml")).unwrap();
    let (before, _) = config.split_once("    queries:\n").unwrap();
    project.write("config.yaml", format!("{before}    queries: [{{file: queries.yaml}}]\n"));
    project.write("queries.yaml", QUERIES);
    // So many rounds have to be valid that a busy host must be given time to answer each scrape.
    project.configure("scrape_interval: 250ms", "scrape_interval: 1s");
    project.configure("    rounds: 1\n", "    rounds: 1\n    pairs: {arrangement: turns}\n");
    project.branch("slow", "behaviour", "slow_ms=60\n");
    project
}

/// Measures six pairs to their end, each with as much time as else a whole command has.
#[track_caller]
fn six_pairs(project: &Project, args: &[&str]) -> Finished {
    let mut test = project.start(&[&["test"], args, &["--rounds", "6", "--format", "json"]].concat());
    for pair in 1..=6 {
        test.await_line(&format!("pair {pair} of 6, "));
    }
    test.finish()
}

/// The runs that are stored, the newest first.
fn runs(project: &Project) -> Vec<Value> {
    project.json(&["runs"], "loadmark.runs/1")["runs"].as_array().unwrap().clone()
}

/// Which side came first in each pair, as it was told.
fn first_sides(stderr: &str) -> Vec<&str> {
    let begins = stderr.lines().filter(|line| line.contains("(first) · up"));
    begins.map(|line| line.split(", ").nth(1).unwrap().split(' ').next().unwrap()).collect()
}

/// Measures a revision against itself in so many pairs; what its report is made from.
async fn calibrate(project: &Project, name: &str, pairs: u16) -> Value {
    let revision = project.sha(name).parse().unwrap();
    let request = JobRequest::new(JobKind::Calibration, project.name(), "web", &revision, name);
    let request = JobRequest { rounds: Some(pairs), ..request };
    let job = project.database.connect().await.enqueue(&request).await.unwrap();
    project.run(&["jobs", "retry", &job.to_string()]).expect(0);
    result(project, job.0).await["report"].take()
}

/// The only job's result.
async fn result(project: &Project, job: i64) -> Value {
    project.database.connect().await.job_result(JobId(job)).await.unwrap().expect("a result")
}
