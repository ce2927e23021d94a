//! What `doctor` says: on this machine, without an engine, without a configuration, with a broken one.

use serde_json::Value;

use crate::harness::project::Project;

fn finding<'a>(told: &'a Value, check: &str) -> &'a Value {
    let findings = told["findings"].as_array().unwrap();
    findings.iter().find(|one| one["check"] == check).unwrap_or_else(|| panic!("no {check} in {told:#}"))
}

#[tokio::test]
async fn on_this_machine_nothing_is_missing() {
    let project = Project::new().await;
    let told = project.json(&["doctor"], "loadmark.doctor/1");
    assert_eq!(told["missing"], false);
    assert_eq!(finding(&told, "configuration")["found"], format!("project {}, benchmarks web", project.name()));
    for check in ["docker", "compose", "buildx", "git", "image prometheus", "postgres", "disk space"] {
        assert_ne!(finding(&told, check)["level"], "missing", "{check}");
    }
    assert!(finding(&told, "postgres")["found"].as_str().unwrap().starts_with("PostgreSQL "), "{told:#}");
    let subjects = ["cores", "memory", "swap", "load now", "steal", "frequency governor", "turbo", "hyper-threads"];
    let more = ["virtualisation", "transparent huge pages", "clock", "control groups", "open files", "other stacks"];
    for check in subjects.iter().chain(&more) {
        assert_ne!(finding(&told, check)["found"], "", "{check}");
    }
    // Every problem has a remedy.
    let bad = told["findings"].as_array().unwrap().iter().filter(|one| one["level"] == "problem");
    assert!(bad.clone().all(|one| one["remedy"].is_string()), "{bad:?}");

    let text = project.run(&["doctor"]).expect(0).stdout;
    assert!(text.lines().any(|line| line.split_whitespace().take(2).eq(["ok", "git"])), "{text}");
    assert!(text.contains("\nNothing is missing: measuring works here; "), "{text}");
}

#[tokio::test]
async fn without_an_engine_it_is_what_is_missing() {
    let project = Project::new().await;
    let dead = [("DOCKER_HOST", "unix:///nonexistent.sock")];
    let told = project.start_with(&["doctor", "--format", "json"], &dead).finish().expect(1);
    let told = told.json("loadmark.doctor/1");
    assert_eq!(told["missing"], true);
    let docker = finding(&told, "docker");
    assert_eq!(docker["level"], "missing");
    assert!(docker["found"].as_str().unwrap().contains("at unix:///nonexistent.sock"), "{docker}");
    assert!(docker["remedy"].as_str().unwrap().contains("DOCKER_HOST"), "{docker}");
    // The rest is looked at all the same.
    assert_eq!((&finding(&told, "git")["level"], &finding(&told, "postgres")["level"]), (&"ok".into(), &"ok".into()));
    let text = project.start_with(&["doctor"], &dead).finish().expect(1).stdout;
    assert!(text.contains("\nMeasuring would fail here: 1 missing; "), "{text}");
}

#[tokio::test]
async fn without_a_sound_configuration_it_says_so_and_goes_on() {
    let project = Project::new().await;
    project.configure("rounds: 1", "round: 1");
    for (config, part) in [("config.yaml", "unknown key `round`"), ("nowhere.yaml", "there is no such file")] {
        let told = project.run(&["doctor", "--format", "json", "--config", config]).expect(1);
        let told = told.json("loadmark.doctor/1");
        let configuration = finding(&told, "configuration");
        assert_eq!(configuration["level"], "missing", "{config}");
        assert!(configuration["found"].as_str().unwrap().contains(part), "{configuration}");
        assert_eq!(finding(&told, "docker")["level"], "ok", "{config}");
    }
}
