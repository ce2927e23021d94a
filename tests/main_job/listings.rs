//! What the store says of a run: `runs` and `jobs`, exact counts, the labels of every metric.

use serde_json::{Value, json};

use super::measured;
use crate::harness::project::Project;

#[tokio::test]
async fn a_run_is_listed_and_shown_with_exactly_the_load_of_its_window() {
    let project = Project::new().await;
    project.configure("rounds: 1", "rounds: 2");
    project.run(&["master"]).expect(0);
    let runs = project.json(&["runs", "list"], "loadmark.runs/1");
    let run = &runs["runs"][0];
    let id = run["id"].as_str().unwrap();
    assert_eq!((&run["state"], &run["master"], &run["rounds"]), (&"complete".into(), &true.into(), &2.into()));
    assert_eq!(run["revision"], project.sha("main"));
    let shown = project.json(&["runs", "show", &id[..8]], "loadmark.run/1");
    assert_eq!(&shown["run"], run);
    for (number, round) in (1..).zip(shown["rounds"].as_array().unwrap()) {
        assert_round(&project, id, number, round);
    }
    let text = project.run(&["runs", "show", id]).expect(0).stdout;
    assert!(
        text.starts_with(
            &format!("run {id}, complete, master set\nNAME, benchmark web",).replace("NAME", project.name())
        ),
        "{text}"
    );
    let (_, times) = text.split_once("\nwhere the time went, in seconds\n").unwrap();
    let titles: Vec<_> = times.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(titles, ["step", "round", "1", "round", "2", "sum"]);
    assert_jobs(&project, id);
}

/// 40 requests a second for 2 s, a quarter of them to /slow, and nothing of the warm-up.
fn assert_round(project: &Project, run: &str, number: u64, round: &Value) {
    assert_eq!((&round["number"], &round["invalid"]), (&number.into(), &Value::Null));
    let load = &round["load"][0];
    assert_eq!((&load["planned_rate"], &load["scheduled"], &load["failed"]), (&40.0.into(), &80.into(), &0.into()));
    assert_eq!(measured(round, "window_requests"), [(&json!({}), 80.0)]);
    let by_endpoint: f64 = measured(round, "window_requests_by_endpoint").iter().map(|(_, value)| value).sum();
    assert_eq!(by_endpoint, 80.0);
    let labels = json!({
        "of_run": run, "of_round": number.to_string(), "of_arm": "baseline", "of_revision": project.sha("main"),
    });
    assert_eq!(measured(round, "metric_labels"), [(&labels, 80.0)]);
    let window = &round["windows"][0];
    assert!(window["seconds"].as_f64() > window["load_seconds"].as_f64(), "{window}");
    let steps: Vec<_> = round["steps"].as_array().unwrap().iter().map(|one| one["step"].as_str().unwrap()).collect();
    let expected = ["up", "ready", "warm-up", "load", "drain", "queries", "snapshot", "logs", "down"];
    assert_eq!(steps, expected);
    for (labels, mean) in measured(round, "http_latency_mean") {
        // The service itself waits 20 ms before it answers /slow.
        assert!(labels["endpoint"] == "/fast" || mean >= 0.02, "{labels}: {mean}");
    }
}

fn assert_jobs(project: &Project, run: &str) {
    let jobs = project.json(&["jobs", "list"], "loadmark.jobs/1");
    let shown = project.json(&["jobs", "show", "1"], "loadmark.job/1");
    assert_eq!(jobs["jobs"], json!([shown["job"]]));
    let job = &shown["job"];
    assert_eq!(
        (&job["kind"], &job["state"], &job["outcome"]),
        (&"new-master".into(), &"finished".into(), &"measured".into())
    );
    assert_eq!((&job["run"], &job["attempts"], &job["asked_as"]), (&run.into(), &1.into(), &"main".into()));
    let text = project.run(&["jobs", "show", "1"]).expect(0).stdout;
    assert!(text.starts_with("MEASURED: job 1, new-master\n"), "{text}");
    project.run(&["jobs", "show", "2"]).expect(2);
}
