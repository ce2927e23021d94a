//! Where a stack runs, and under which conditions it was measured: seen in its containers, kept with its run.

use std::collections::BTreeMap;

use loadmark::host;
use serde_json::Value;

use crate::harness::engine::docker;
use crate::harness::project::Project;

/// The cores of every container of the project's stack, by service.
fn cpusets(project: &Project) -> BTreeMap<String, String> {
    let names = project.stacks().into_iter().filter_map(|object| object.strip_prefix("container ").map(str::to_owned));
    let format = r#"{{index .Config.Labels "com.docker.compose.service"}} {{.HostConfig.CpusetCpus}}"#;
    let inspected = names.flat_map(|name| docker(&["inspect", "--format", format, &name]));
    inspected.filter_map(|line| line.split_once(' ').map(|(name, cores)| (name.to_owned(), cores.to_owned()))).collect()
}

/// The cores of a stack under load, and its run as it is shown.
async fn measure(project: &Project) -> (BTreeMap<String, String>, Value) {
    let mut started = project.start(&["master", "--format", "json"]);
    started.await_load();
    let placed = cpusets(project);
    let report = started.finish().expect(0).json("loadmark.report/1");
    let run = report["master"]["run"]["id"].as_str().unwrap();
    (placed, project.json(&["runs", "show", run], "loadmark.run/1"))
}

#[tokio::test]
async fn a_stack_is_placed_on_cores_and_its_conditions_are_kept() {
    let project = Project::new().await;
    let store = "  store:\n    cpuset: \"0\"\n";
    project.edit("repository/compose.yaml", "  store:\n", store);
    project.commit("A store with cores of its own");
    let (placed, shown) = measure(&project).await;
    let conditions = &shown["conditions"];
    let several = host::cores().unwrap().count() > 1;
    let of = |key: &str| conditions["placement"][key].as_str().unwrap_or_default().to_owned();
    assert_eq!((of("service").is_empty(), of("measuring").is_empty()), (!several, !several), "{conditions:#}");
    let expected = [
        ("app", of("service")),
        ("store", "0".to_owned()),
        ("loadmark-load", of("measuring")),
        ("loadmark-prometheus", of("measuring")),
    ];
    assert_eq!(placed, expected.map(|(service, cores)| (service.to_owned(), cores)).into());
    assert_kept(&project, &shown);

    project.configure("data: data", "data: data\nplacement: none");
    let (placed, elsewhere) = measure(&project).await;
    assert_eq!((placed["app"].as_str(), placed["loadmark-load"].as_str()), ("", ""));
    assert_eq!(elsewhere["conditions"]["placement"], Value::Null);
    let same = shown["run"]["measurement_hash"] == elsewhere["run"]["measurement_hash"];
    assert_eq!(same, !several, "where it ran decides how its numbers came about");
}

fn assert_kept(project: &Project, shown: &Value) {
    let conditions = &shown["conditions"];
    assert_eq!(conditions["loadmark"], env!("CARGO_PKG_VERSION"));
    assert!(conditions["host"]["kernel"].is_string() && conditions["engine"]["storage_driver"].is_string());
    assert!(conditions["start"]["load1"].is_number() && conditions["end"]["load1"].is_number(), "{conditions:#}");
    let steal = conditions["steal_share"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&steal), "{steal}");
    let images = conditions["images"].as_object().unwrap();
    assert_eq!(images.len(), 4, "app, store, Prometheus and the generator: {images:?}");
    assert!(images.values().all(|id| id.as_str().is_some_and(|id| id.starts_with("sha256:"))), "{images:?}");
    let commands = conditions["commands"].as_array().unwrap();
    let has = |program: &str, argument: &str| {
        let is = |command: &&Value| {
            command["program"] == program && command["arguments"].as_array().unwrap().iter().any(|one| one == argument)
        };
        commands.iter().any(|command| is(&command) && command["exit_code"] == 0)
    };
    let expected = [("git", "rev-parse"), ("docker", "config"), ("docker", "up")];
    for (program, argument) in expected {
        assert!(has(program, argument), "{program} {argument}: {commands:#?}");
    }
    let run = shown["run"]["id"].as_str().unwrap();
    let text = project.run(&["runs", "show", run]).expect(0).stdout;
    for part in ["\nhost: Linux ", "\nat the end: load ", "; steal ", ", 4 images, "] {
        assert!(text.contains(part), "{part:?}: {text}");
    }
}

#[tokio::test]
async fn cores_that_are_not_here_are_refused_before_anything_starts() {
    let project = Project::new().await;
    project.configure("data: data", "data: data\nplacement: {service: 4000-4001, measuring: 0}");
    for args in [["check"], ["master"]] {
        let refused = project.run(&args).expect(3);
        let told = refused.stdout + &refused.stderr;
        assert!(told.contains("`placement.service` names cores 4000-4001, and stacks may use 0"), "{told}");
    }
    project.assert_nothing_left();
}
