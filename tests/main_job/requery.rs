//! `runs requery`: the same queries give the same values, new ones are answered, and nothing is left or doubled.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::measured;
use crate::harness::engine::docker;
use crate::harness::jobs::END_LEASES;
use crate::harness::project::Project;

/// A query that the service's set doesn't have.
const KNOWN_REQUESTS: &str = r#"
  - name: known_requests
    help: Requests to the endpoints that are asked.
    unit: count
    direction: higher
    promql: sum(D(http_requests_total{endpoint=~"/fast|/slow"}))
    limit: "-1%"
"#;
const VALUES: &str = "SELECT count(*) FROM measurements";

/// A project with a master set of two rounds; its run's id.
async fn measured_project() -> (Project, String) {
    let project = Project::new().await;
    project.configure("rounds: 1", "rounds: 2");
    let report = project.json(&["master"], "loadmark.report/1");
    let run = report["master"]["run"]["id"].as_str().unwrap().to_owned();
    (project, run)
}

fn add_query(project: &Project) {
    let old = std::fs::read_to_string(project.folder().join("queries.yaml")).unwrap();
    project.write("queries.yaml", old + KNOWN_REQUESTS);
}

#[tokio::test]
async fn the_same_queries_give_exactly_the_same_values() {
    let (project, run) = measured_project().await;
    let before = project.json(&["runs", "show", &run], "loadmark.run/1");
    project.run(&["runs", "requery", &run]).expect(0);
    assert_eq!(project.json(&["runs", "show", &run], "loadmark.run/1"), before);
    // Now with nothing to keep: all values come from the samples.
    project.database.execute("DELETE FROM measurements").await;
    let requery = project.json(&["runs", "requery", &run], "loadmark.requery/1");
    assert_eq!((&requery["runs"][0]["known"], &requery["runs"][0]["stored"]), (&0.into(), &true.into()));
    assert_eq!(project.json(&["runs", "show", &run], "loadmark.run/1"), before);
    project.assert_nothing_left();
}

#[tokio::test]
async fn a_new_query_is_answered_for_an_old_run_and_then_judged() {
    let (project, run) = measured_project().await;
    let values = project.database.number(VALUES).await;
    add_query(&project);
    project.edit("queries.yaml", "promql: sum(D(http_requests_total))", "promql: 2 * sum(D(http_requests_total))");
    let tried = project.json(&["runs", "requery", "main", "--dry-run"], "loadmark.requery/1");
    assert_answers(&tried["runs"][0], &run);
    assert_eq!((&tried["runs"][0]["stored"], project.database.number(VALUES).await), (&false.into(), values));
    let one = project.run(&["runs", "requery", &run[..8], "--query", "known_requests"]).expect(0).stdout;
    let (id, revision) = (&run[..8], &project.sha("main")[..12]);
    assert!(
        one.starts_with(&format!("run {id} of {revision}, benchmark web: 2 new values stored, 0 known\n")),
        "{one}"
    );
    assert!(one.contains("known_requests  1: 80, 2: 80"), "{one}");
    project.run(&["runs", "requery", "--all"]).expect(0);
    project.run(&["runs", "requery", &run]).expect(0);
    assert_eq!(project.database.number(VALUES).await, values + 4, "the edited query and the new one, two rounds each");
    assert_judged(&project);
    let job = project.json(&["jobs", "show", "2"], "loadmark.job/1");
    assert_eq!((&job["job"]["kind"], &job["job"]["outcome"]), (&"requery".into(), &"measured".into()));
    let retried = project.run(&["jobs", "retry", "2"]).expect(2).stderr;
    assert!(retried.contains("job 2 is no test: ask again with `loadmark runs requery"), "{retried}");
    project.assert_nothing_left();
}

/// 80 requests a round; the edited query counts them twice.
fn assert_answers(requery: &Value, run: &str) {
    assert_eq!((&requery["run"]["id"], &requery["added"]), (&run.into(), &4.into()));
    for round in requery["rounds"].as_array().unwrap() {
        assert_eq!(measured(round, "known_requests"), [(&json!({}), 80.0)]);
        assert_eq!(measured(round, "window_requests"), [(&json!({}), 160.0)]);
    }
}

/// A candidate that is measured from now on finds both in the master set.
fn assert_judged(project: &Project) {
    let report = project.json(&["test"], "loadmark.report/1");
    for (query, expected) in [("known_requests", 80.0), ("window_requests", 160.0)] {
        let series = report["comparison"]["series"].as_array().unwrap();
        let judged = series.iter().find(|one| one["series"] == query).unwrap();
        assert_eq!(judged["verdict"], "unchanged", "{judged}");
        assert_eq!(judged["baseline"]["values"], json!([expected, expected]));
    }
}

#[tokio::test]
async fn what_can_not_be_asked_is_named_with_what_to_do() {
    let (project, run) = measured_project().await;
    let refused = |args: &[&str], code, parts: &[&str]| {
        let stderr = project.run(&[&["runs", "requery"], args].concat()).expect(code).stderr;
        assert!(parts.iter().all(|part| stderr.contains(part)), "{parts:?}: {stderr}");
    };
    refused(&["0000"], 2, &["`0000` is no stored run"]);
    refused(&[&run, "--query", "nothing"], 2, &["benchmark `web` has no query `nothing`; it has http_latency"]);
    let samples = project.folder().join("data/runs").join(&run).join("round-2/tsdb.tar.gz");
    let whole = std::fs::read(&samples).unwrap();
    std::fs::write(&samples, &whole[1..]).unwrap();
    let path = samples.display().to_string();
    let again = format!("or measure again: `loadmark master {}`", project.sha("main"));
    refused(&[&run], 1, &["the samples of round 2 of run", &path, "its SHA-256 differs", &again]);
    std::fs::remove_file(&samples).unwrap();
    refused(&[&run], 1, &["the samples of round 2 of run", &path, "is not there", &again]);
    refused(&["--all"], 0, &["is not there"]);
    project.database.execute("UPDATE rounds SET invalid = 'noise' WHERE number = 2").await;
    refused(&[&run], 0, &["round 2 of run", "is not asked, it is invalid: noise"]);
    project.database.execute("UPDATE runs SET state = 'partial', completed_at = NULL").await;
    refused(&[&run], 2, &["is partial: it is never compared"]);
    project.assert_nothing_left();
}

#[tokio::test]
async fn a_requery_that_was_killed_is_swept_and_one_that_is_stopped_leaves_nothing() {
    let (project, run) = measured_project().await;
    let mut killed = project.start(&["runs", "requery", &run]);
    killed.await_line("round 1: asks ");
    killed.signal(Signal::KILL);
    killed.finish();
    assert_alone(&project);
    project.database.execute(END_LEASES).await;
    let mut stopped = project.start(&["runs", "requery", &run]);
    stopped.await_line("removed what an interrupted run left behind: ");
    stopped.await_line("round 1: asks ");
    stopped.signal(Signal::TERM);
    stopped.finish().expect(130);
    project.assert_nothing_left();
    let jobs = project.json(&["jobs"], "loadmark.jobs/1");
    assert_eq!((&jobs["jobs"][0]["outcome"], &jobs["jobs"][1]["outcome"]), (&"cancelled".into(), &"discarded".into()));
}

/// The container is in a network of its own, from which nothing leaves the host, and publishes on loopback.
#[track_caller]
fn assert_alone(project: &Project) {
    let left = project.stacks();
    let name = |kind: &str| left.iter().find_map(|object| object.strip_prefix(kind)).expect("it was killed too late");
    let published = docker(&["port", name("container ")]);
    assert!(!published.is_empty() && published.iter().all(|port| port.contains("127.0.0.1:")), "{published:?}");
    let format = "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}";
    assert_eq!(docker(&["inspect", "--format", format, name("container ")]), [format!("{} ", name("network "))]);
    let format = r#"{{index .Options "com.docker.network.bridge.enable_ip_masquerade"}}"#;
    assert_eq!(docker(&["network", "inspect", "--format", format, name("network ")]), ["false"]);
}
