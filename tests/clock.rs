//! A command whose wall clock is an hour off: windows are what the stack's own clock says.

use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::harness::program::Started;
use crate::harness::project::Project;

/// Starts to measure with a wall clock that is so many seconds ahead, or with one that will be as a file comes.
fn start(project: &Project, ahead: &str, file: Option<&Path>) -> Started {
    let library = project.folder().join("offset.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/clock/offset.c");
    let compiled = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).status();
    assert!(compiled.expect("a C compiler").success());
    let mut variables = vec![("LD_PRELOAD", library.to_str().unwrap()), ("CLOCK_OFFSET", ahead)];
    variables.extend(file.map(|file| ("CLOCK_FILE", file.to_str().unwrap())));
    project.start_with(&["master", "--force", "--format", "json"], &variables)
}

fn measure(project: &Project, ahead: &str) -> Value {
    start(project, ahead, None).finish().expect(0).json("loadmark.report/1")
}

#[tokio::test]
async fn a_round_in_which_the_clock_is_set_back_is_run_again() {
    let project = Project::new().await;
    let file = project.folder().join("set-back");
    let mut master = start(&project, "-3600", Some(&file));
    master.await_load();
    std::fs::write(&file, "").unwrap();
    let report = master.finish().expect(0).json("loadmark.report/1");
    let round = &report["master"]["rounds"][0];
    let rejected = round["rejected"].as_array().unwrap();
    assert_eq!((&round["invalid"], rejected.len()), (&Value::Null, 1), "{round:#}");
    let reason = rejected[0].as_str().unwrap();
    assert!(reason.starts_with("this host's clock was set back by ") && reason.contains(" in the round; "), "{reason}");
    project.assert_nothing_left();
}

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().try_into().unwrap()
}

#[tokio::test]
async fn a_clock_that_is_an_hour_off_moves_no_window() {
    let project = Project::new().await;
    project.configure("      warm_up: \"40:1\"\n", "");
    for ahead in ["3600", "-3600"] {
        let before = now_ms();
        let report = measure(&project, ahead);
        let after = now_ms();
        let (t0, t1) = (window(&project, "t0_ms").await, window(&project, "t1_ms").await);
        assert!(before < t0 && t0 + 2000 <= t1 && t1 < after, "{ahead}: {before} {t0} {t1} {after}");
        let measurements = report["master"]["rounds"][0]["measurements"].as_array().unwrap();
        let requests = measurements.iter().find(|one| one["query"] == "window_requests").unwrap();
        assert_eq!(requests["value"], 80.0);
        project.assert_nothing_left();
    }
}

/// A bound of the window that was stored last.
async fn window(project: &Project, bound: &'static str) -> i64 {
    let sql = match bound {
        "t0_ms" => "SELECT (windows->0->>'t0_ms')::bigint FROM rounds ORDER BY stored_at DESC LIMIT 1",
        _ => "SELECT (windows->0->>'t1_ms')::bigint FROM rounds ORDER BY stored_at DESC LIMIT 1",
    };
    project.database.number(sql).await
}
