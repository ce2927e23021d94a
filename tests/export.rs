//! Exports of stored runs by the binary.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use loadmark::domain::fault::Fault;
use loadmark::domain::job::JobRequest;
use serde_json::Value;

use crate::harness::project::{DATABASE, Project};
use crate::harness::{samples, stored};

/// A project with a master set of two rounds, of which one is invalid, and a test of one round; three series each.
async fn project() -> Project {
    let project = Project::new().await;
    let store = project.database.connect().await;
    let request = JobRequest { project: project.name().to_owned(), ..samples::request() };
    let mut rounds = [samples::round(1, 3), samples::round(2, 3)];
    rounds[1].faults = vec![Fault::ProcessRestarted { target: "shop-1".to_owned() }];
    stored::run(&store, &request, &rounds, |_| ()).await;
    stored::run(&store, &request, &rounds[..1], |run| run.is_master = false).await;
    let other = JobRequest { project: "bank".to_owned(), ..request };
    stored::run(&store, &other, &rounds[..1], |_| ()).await;
    project
}

fn lines(csv: &str) -> Vec<csv::StringRecord> {
    csv::Reader::from_reader(csv.as_bytes()).records().collect::<Result<_, _>>().unwrap()
}

fn measurements(json: &str) -> Vec<Value> {
    let document: Value = serde_json::from_str(json).unwrap();
    assert_eq!(document["schema"], "loadmark.export/1");
    document["measurements"].as_array().unwrap().clone()
}

#[tokio::test]
async fn csv_and_json_tell_the_same_of_every_measurement() {
    let project = project().await;
    let csv = project.run(&["export"]).expect(0);
    assert_eq!(csv.stderr, "");
    let (rows, json) = (lines(&csv.stdout), measurements(&project.run(&["export", "--as", "json"]).expect(0).stdout));
    assert_eq!((rows.len(), json.len()), (6, 6), "only the project's master set");
    let mut told: Vec<Vec<String>> = Vec::new();
    for one in &json {
        let text = |field: &str| match &one[field] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        told.push(["round", "valid", "query", "labels", "q", "stage", "unit", "value"].map(text).to_vec());
    }
    let columns = |row: &csv::StringRecord| [11, 12, 13, 14, 15, 16, 17, 20].map(|column| row[column].to_owned());
    assert_eq!(rows.iter().map(|row| columns(row).to_vec()).collect::<Vec<_>>(), told);
    assert_eq!(told[0][..4], ["1", "true", "http_latency", r#"{"endpoint":"/items/0","q":"0.99"}"#]);
    assert!(rows[3..].iter().all(|row| (&row[11], &row[12]) == ("2", "false")), "the invalid round");

    let all = measurements(&project.run(&["export", "--all", "--format", "json"]).expect(0).stdout);
    assert_eq!(all.iter().filter(|one| one["is_master"] == false).count(), 3);
    let args = ["export", "http_latency", "--stage", "2", "--label", "q=0.99"];
    assert_eq!(lines(&project.run(&args).expect(0).stdout).len(), 2);
}

#[tokio::test]
async fn it_goes_to_a_file_or_says_why_not() {
    let project = project().await;
    let printed = project.run(&["export"]).expect(0).stdout;
    let silent = project.run(&["export", "--output", "results.csv"]).expect(0);
    assert_eq!((silent.stdout, silent.stderr), (String::new(), String::new()));
    assert_eq!(std::fs::read_to_string(project.folder().join("results.csv")).unwrap(), printed);
    let refused = project.run(&["export", "--output", "none/results.csv"]).expect(1).stderr;
    assert!(refused.starts_with("loadmark: failed to write to `none/results.csv`: No such file"), "{refused}");
    let refused = project.run(&["export", "--format", "markdown"]).expect(2).stderr;
    assert_eq!(refused, "loadmark: an export is CSV or JSON, not Markdown: use `--as csv` or `--as json`\n");
    let refused = project.run(&["export", "http_latensy"]).expect(2).stderr;
    assert!(refused.ends_with("did you mean `http_latency`?\n"), "{refused}");
    project.database.execute("UPDATE runs SET is_master = false").await;
    let nothing = project.run(&["export"]).expect(0);
    assert_eq!(lines(&nothing.stdout), Vec::<csv::StringRecord>::new());
    assert!(nothing.stderr.contains("no run measured it; `--all` takes"), "{}", nothing.stderr);
}

#[tokio::test]
async fn a_reader_that_has_seen_enough_is_no_error() {
    let project = project().await;
    let store = project.database.connect().await;
    let request = JobRequest { project: project.name().to_owned(), ..samples::request() };
    stored::run(&store, &request, &[samples::round(1, 10_000)], |_| ()).await;
    let mut export = Command::new(env!("CARGO_BIN_EXE_loadmark"));
    export.args(["export", "--all"]).current_dir(project.folder()).env(DATABASE, project.database.url().0);
    let mut export = export.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(export.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.starts_with("run,job,"), "{first}");
    let ended = export.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(0), ""));
}
