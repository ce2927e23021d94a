//! Invalid rounds: measured again in a fresh stack, at most twice, and what the job comes to.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::project::Project;

/// A project whose service on `main` behaves like this.
async fn behaving(behaviour: &str) -> Project {
    let project = Project::new().await;
    project.write("repository/behaviour", behaviour);
    project.commit("It behaves otherwise");
    project
}

fn only_round(master: &Value) -> &Value {
    let rounds = master["master"]["rounds"].as_array().expect("a master set");
    assert_eq!(rounds.len(), 1, "{master:#}");
    &rounds[0]
}

fn kept(project: &Project, run: &Value) -> PathBuf {
    project.folder().join("data/runs").join(run["id"].as_str().unwrap())
}

#[track_caller]
fn assert_kept(folder: &Path, attempts: &[&str]) {
    let mut rounds: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("round-"))
        .collect();
    rounds.sort();
    assert_eq!(rounds, attempts);
    for round in rounds {
        for file in ["app-1.log", "tsdb.tar.gz"] {
            assert!(folder.join(&round).join(file).is_file(), "{round} has no {file}");
        }
    }
}

#[tokio::test]
async fn a_round_that_is_invalid_once_is_run_again_and_counts() {
    let project = behaving("double_count\nonly_first\n").await;
    let mounted = "        BASE_IMAGE: ${LOADMARK_IMAGE_DEBIAN:-debian:trixie-slim}\n";
    project.edit("repository/compose.yaml", mounted, &format!("{mounted}    volumes: [./seen:/seen]\n"));
    project.commit("It remembers");
    let finished = project.run(&["master"]).expect(0);
    let counted = "stage 1: the service counted 160 requests by `request_count`, the generator 80;";
    let (told, noted) =
        (format!("round 1 of 1 is invalid and is measured again: {counted}"), "note round 1 was run again: ");
    assert!(finished.stderr.lines().any(|line| line.starts_with(&told)), "{}", finished.stderr);
    assert!(finished.stdout.contains(&format!("{noted}{counted}")), "{}", finished.stdout);
    project.assert_nothing_left();

    let runs = project.json(&["runs"], "loadmark.runs/1");
    let run = &runs["runs"][0];
    assert_kept(&kept(&project, run), &["round-1", "round-1-attempt-2"]);
    let shown = project.json(&["runs", "show", run["id"].as_str().unwrap()], "loadmark.run/1");
    let round = &shown["rounds"][0];
    assert_eq!((&round["invalid"], round["rejected"].as_array().unwrap().len()), (&Value::Null, 1));
    assert!(round["rejected"][0].as_str().unwrap().starts_with(counted), "{round:#}");
    assert_eq!(
        project.database.number("SELECT count(*) FROM rounds WHERE raw_path LIKE '%/round-1-attempt-2/%'").await,
        1
    );
}

#[tokio::test]
async fn a_candidate_that_restarts_and_loses_scrapes_is_invalid_and_says_why() {
    let project = Project::new().await;
    project.run(&["master"]).expect(0);
    project.branch("restarts", "behaviour", "forget_after=80\nmute_after=80\nmute_scrapes=2\n");
    let finished = project.run(&["test", "restarts"]).expect(4);
    project.assert_nothing_left();
    let opening = "INVALID: nothing can be judged: the candidate has no valid round: ";
    assert!(finished.stdout.starts_with(opening), "{}", finished.stdout);
    assert!(finished.stdout.contains("measure again"), "{}", finished.stdout);
    let runs = project.json(&["runs"], "loadmark.runs/1");
    let run = runs["runs"][0]["id"].as_str().unwrap();
    let shown = project.json(&["runs", "show", run], "loadmark.run/1");
    let round = &shown["rounds"][0];
    let reason = round["invalid"].as_str().unwrap();
    for part in [
        "the process behind app-1:8080 was started again in the window",
        "counters of app-1:8080 went back in the window",
        "2 of ",
        "scrapes of app-1:8080 failed in the window",
        "stage 1: the service counted ",
    ] {
        assert!(reason.contains(part), "`{part}` is not in {reason}");
    }
    assert_eq!(round["rejected"].as_array().unwrap().len(), 2, "{round:#}");
}

#[tokio::test]
async fn a_target_that_is_lost_for_good_ends_no_window() {
    let project = behaving("mute_after=60\n").await;
    project.configure("timeouts: {", "timeouts: {scrape: 6s, ");
    let report = project.run(&["master", "--format", "json"]).expect(4).json("loadmark.report/1");
    project.assert_nothing_left();
    assert_eq!(report["outcome"], "invalid");
    let round = only_round(&report);
    let reason = round["invalid"].as_str().unwrap();
    assert!(reason.starts_with("the window has no end: no scrape within 6.25s after the load: "), "{reason}");
    let error = "app-1:8080 (http://app:8080/metrics) can't be scraped: server returned HTTP status 503";
    assert!(reason.contains(error), "{reason}");
    assert!(reason.contains("scrapes of app-1:8080 failed in the window, the last with: server returned"), "{reason}");
    assert_eq!((&round["measurements"], round["rejected"].as_array().unwrap().len()), (&Value::Array(vec![]), 2));
    let text = project.run(&["runs", "show", report["master"]["run"]["id"].as_str().unwrap()]).expect(0).stdout;
    assert!(text.contains("  run again: the window has no end: ") && text.contains("  invalid: the window "), "{text}");
    let folder = kept(&project, &report["master"]["run"]);
    assert_kept(&folder, &["round-1", "round-1-attempt-2", "round-1-attempt-3"]);
}
