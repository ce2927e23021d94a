//! What pairs find: a slower commit, and nothing where there is nothing.

use loadmark::domain::job::{JobKind, JobRequest};
use serde_json::{Value, json};

use super::{first_sides, project, result, runs, six_pairs};
use crate::harness::project::{Project, service_file};

/// What a report says of the only primary series.
fn slow_mean(report: &Value) -> &Value {
    &report["comparison"]["series"][0]
}

#[tokio::test]
async fn a_slower_commit_is_found_and_both_runs_are_stored_as_a_pair() {
    let project = project().await;
    let tested = six_pairs(&project, &["slow", "--compare", "paired"]).expect(99);
    let report = tested.json("loadmark.report/1");
    assert_eq!((&report["outcome"], &slow_mean(&report)["verdict"]), (&"regression".into(), &"regression".into()));
    let (before, after) = (&slow_mean(&report)["baseline"], &slow_mean(&report)["candidate"]);
    assert_eq!((before["values"].as_array().unwrap().len(), after["values"].as_array().unwrap().len()), (6, 6));
    // The service itself waits that long.
    assert!(after["median"].as_f64().unwrap() >= 0.06 && before["median"].as_f64().unwrap() < 0.06, "{report:#}");

    let first = first_sides(&tested.stderr);
    assert_eq!(first.len(), 6, "{}", tested.stderr);
    assert_eq!(first.iter().filter(|side| **side == "baseline").count(), 3, "{first:?}");
    let both_are_ready = tested.stderr.find("pair 1 of 6").unwrap();
    assert_eq!(tested.stderr.rfind(": built").map(|built| built < both_are_ready), Some(true), "{}", tested.stderr);

    assert_stored(&project, &report);
    compared_again(&project);
    project.assert_nothing_left();
}

/// Two complete runs, one of them a master set, under the job that asked for the other.
fn assert_stored(project: &Project, report: &Value) {
    let runs = runs(project);
    let of = |name: &str| runs.iter().find(|run| run["revision"] == project.sha(name)).unwrap();
    let (main, slow) = (of("main"), of("slow"));
    assert_eq!((runs.len(), &main["job"], &slow["job"]), (2, &json!(1), &json!(1)));
    for (run, is_master) in [(main, true), (slow, false)] {
        assert_eq!((&run["state"], &run["rounds"], &run["rounds_planned"]), (&json!("complete"), &json!(6), &json!(6)));
        assert_eq!((&run["master"], &run["paired"]), (&json!(is_master), &json!(true)));
    }
    assert_eq!(&report["comparison"]["candidate"]["id"], &slow["id"]);
    assert_eq!(&report["comparison"]["baseline"]["id"], &main["id"]);
    assert_eq!(project.json(&["jobs", "show", "1"], "loadmark.job/1")["job"]["run"], slow["id"]);
    let kept = |run: &Value| project.data().join("runs").join(run["id"].as_str().unwrap());
    for (run, arm) in [(main, "baseline"), (slow, "candidate")] {
        let log = std::fs::read_to_string(kept(run).join("round-6/app-1.log")).unwrap();
        assert_eq!(log.contains("slow_ms=60"), arm == "candidate", "{log}");
    }
}

/// Without new load: in pairs where the runs are one, else as stored sets; and the baseline is a master set to others.
fn compared_again(project: &Project) {
    let runs = runs(project);
    let id = |name: &str| runs.iter().find(|run| run["revision"] == project.sha(name)).unwrap()["id"].as_str().unwrap();
    let method = |base: &str, candidate: &str, code| {
        let report = project.run(&["compare", base, candidate, "--format", "json"]).expect(code);
        report.json("loadmark.report/1")["comparison"]["method"].as_str().unwrap().to_owned()
    };
    assert_ne!(method("main", "slow", 99), method("slow", "main", 0));
    assert_eq!(method("main", "slow", 99), method(id("main"), id("slow"), 99));
    let again = project.run(&["master"]).expect(0).stdout;
    assert!(again.contains(&format!("run {}, 6 valid rounds: not measured again", &id("main")[..8])), "{again}");
}

#[tokio::test]
async fn a_commit_that_changes_nothing_is_never_a_regression() {
    let project = project().await;
    project.branch("same", "server.pl", &(service_file("server.pl") + "# The end.\n"));
    let same = six_pairs(&project, &["same", "--compare", "paired"]);
    assert!(matches!(same.code, Some(0 | 4)), "{same:?}");
    let verdict = same.json("loadmark.report/1")["outcome"].clone();
    assert!(["unchanged", "inconclusive", "improvement"].map(Value::from).contains(&verdict), "{verdict}");
    project.assert_nothing_left();
}

#[tokio::test]
async fn what_calibrates_is_measured_against_itself_and_is_no_master_set() {
    let project = project().await;
    let request = JobRequest {
        kind: JobKind::Calibration,
        project: project.name().to_owned(),
        benchmark: "web".to_owned(),
        revision: project.sha("main").parse().unwrap(),
        asked_as: "main".to_owned(),
        base: None,
        force: false,
        pull: None,
        rounds: Some(2),
        compare: None,
    };
    let job = project.database.connect().await.enqueue(&request).await.unwrap();
    project.run(&["jobs", "retry", &job.to_string()]).expect(0);
    let document = result(&project, job.0).await;
    assert_eq!(document["outcome"], "measured", "{document:#}");
    let runs = runs(&project);
    let told: Vec<_> =
        runs.iter().map(|run| (&run["revision"], &run["rounds"], &run["master"], &run["paired"])).collect();
    let (main, two) = (json!(project.sha("main")), json!(2));
    assert_eq!(told, [(&main, &two, &json!(false), &json!(true)); 2]);
    project.assert_nothing_left();
}
