//! What `check` and `doctor` say of GitHub, schedules and further projects, with the secrets and without.

use std::fs;

use serde_json::{Value, json};

use crate::harness::project::Project;

const TOKEN: [(&str, &str); 2] = [("SHOP_TOKEN", "hunter2-token"), ("SHOP_SECRET", "hunter2-secret")];

/// A project with a side on GitHub, and another project that it names.
async fn projects() -> Project {
    let project = Project::new().await;
    let text = fs::read_to_string(project.folder().join("config.yaml")).unwrap();
    project.write("other.yaml", text.replace(&format!("project: {}", project.name()), "project: other"));
    let more = "\
manager: {projects: [other.yaml]}
github: {repository: team/shop, token: {env: SHOP_TOKEN}, webhook_secret: {env: SHOP_SECRET}}
schedule: [{cron: 0 2 * * *, benchmark: web}, {cron: 0 4 * * 0, benchmark: web, against: release-2}]
";
    project.write("config.yaml", more.to_owned() + &text);
    project
}

fn github_findings(project: &Project, variables: &[(&str, &str)]) -> Vec<(String, String)> {
    let told = project.start_with(&["doctor", "--format", "json"], variables).finish().expect(0);
    let told = told.json("loadmark.doctor/1");
    let findings = told["findings"].as_array().unwrap().iter().filter(|finding| finding["check"] == "github");
    findings.map(|finding| ["level", "found"].map(|key| finding[key].as_str().unwrap().to_owned()).into()).collect()
}

#[tokio::test]
async fn who_we_are_on_github_is_told_without_secrets() {
    let project = projects().await;
    let text = project.start_with(&["check"], &TOKEN).finish().expect(0).stdout;
    let lines = "  web: master set at 0 2 * * * UTC\n  web: in pairs against release-2 at 0 4 * * 0 UTC\n  github: team/shop at https://api.github.com, as token, webhook \
                 secret set\nok: project other, ";
    assert!(text.contains(lines) && !text.contains("hunter2"), "{text}");

    let told = project.start_with(&["check", "--format", "json"], &TOKEN).finish().expect(0);
    let told: Value = told.json("loadmark.check/1");
    let github = json!({
        "repository": "team/shop", "api": "https://api.github.com", "credentials": "token", "webhook_secrets": 1,
    });
    assert_eq!((&told["github"], &told["unset"]), (&github, &json!([])));
    assert_eq!(
        told["schedule"],
        json!([
            {"benchmark": "web", "cron": "0 2 * * *", "against": null},
            {"benchmark": "web", "cron": "0 4 * * 0", "against": "release-2"},
        ])
    );
    let further = told["further_projects"].as_array().unwrap();
    assert_eq!(further.len(), 1);
    assert_eq!((&further[0]["project"], &further[0]["github"]), (&"other".into(), &Value::Null));

    let found = "team/shop at https://api.github.com, as token, webhook secret set".to_owned();
    assert_eq!(github_findings(&project, &TOKEN), [("ok".to_owned(), found)]);
}

#[tokio::test]
async fn secrets_that_are_not_set_are_told_and_stop_nobody() {
    let project = projects().await;
    let unset = |place: &str, key: &str, variable: &str| {
        format!(
            "config.yaml:2:{place}: `{key}` names the environment variable `{variable}`, which is not set: set it, or \
             change the key"
        )
    };
    let token = unset("46", "github.token", "SHOP_TOKEN");
    let secret = unset("81", "github.webhook_secret", "SHOP_SECRET");
    let text = project.run(&["check"]).expect(0).stdout;
    assert!(text.contains(&format!("  unset: {token}\n  unset: {secret}\n")), "{text}");
    let note = |found: String| ("note".to_owned(), found);
    assert_eq!(github_findings(&project, &[]), [note(token), note(secret)]);
    project.json(&["jobs"], "loadmark.jobs/1");
}

#[tokio::test]
async fn who_needs_secrets_does_not_start_without() {
    let project = projects().await;
    for command in ["serve", "worker"] {
        let refused = project.run(&[command]).expect(3).stderr;
        let told =
            "loadmark: config.yaml:2:46: `github.token` names the environment variable `SHOP_TOKEN`, which is not set";
        assert!(refused.starts_with(told), "{command}: {refused}");
    }
    let refused = project.start_with(&["serve"], &TOKEN[..1]).finish().expect(3).stderr;
    assert!(refused.starts_with("loadmark: config.yaml:2:81: `github.webhook_secret` names "), "{refused}");
}

#[tokio::test]
async fn without_github_it_is_said_that_nothing_is_posted() {
    let project = Project::new().await;
    let found = "not configured: nothing is posted".to_owned();
    assert_eq!(github_findings(&project, &[]), [("ok".to_owned(), found)]);
    assert!(!project.run(&["check"]).expect(0).stdout.contains("github"));
}

#[tokio::test]
async fn a_further_project_that_is_wrong_is_refused() {
    let project = projects().await;
    project.edit("other.yaml", "rounds: 1", "round: 1");
    let refused = project.run(&["check"]).expect(3).stderr;
    assert!(refused.contains("other.yaml:21:5: unknown key `round`: did you mean `rounds`?"), "{refused}");
}

#[tokio::test]
async fn how_many_pairs_it_takes_is_said_before_any_run() {
    let project = Project::new().await;
    let text = project.run(&["check"]).expect(0).stdout;
    assert!(text.contains("    compare:  stored sets\n") && !text.contains("warning"), "{text}");

    project.configure("compare: stored", "compare: auto");
    let told = project.run(&["check", "--format", "json"]).expect(0).json("loadmark.check/1");
    let benchmark = &told["benchmarks"][0];
    let primary = benchmark["primary_series"].as_u64().unwrap();
    let needed = benchmark["pairs"]["needed"].as_u64().unwrap();
    assert_eq!((&benchmark["compare"], &benchmark["pairs"]["max"]), (&"auto".into(), &32.into()));
    assert_eq!(benchmark["warnings"], json!([]));
    assert!(primary >= 4 && needed == (primary as f64 / 0.05).log2().ceil() as u64, "{told:#}");
    let text = project.run(&["check"]).expect(0).stdout;
    let line = format!(
        "    compare:  auto, 10 to 32 pairs of twins; at {primary} primary series or more, fewer than {needed} pairs can \
         show nothing\n"
    );
    assert!(text.contains(&line) && !text.contains("warning"), "{text}");

    project.configure("compare: auto", "compare: paired\n    pairs: {min: 4, max: 5}");
    let text = project.run(&["check"]).expect(0).stdout;
    let warning = format!("    warning:  `pairs.max`: 5 pairs can show nothing at {primary} primary series");
    assert!(text.contains(&warning) && text.contains(&format!("allow {needed} pairs or more")), "{text}");
}

#[tokio::test]
async fn what_is_muted_no_more_is_told() {
    let project = Project::new().await;
    let muted = "        rules:
          http_throughput: {muted: {reason: Noisy., until: 2020-02-01}}
          http_error_ratio: {muted: {reason: Noisy., until: 9999-12-31}}
          http_latency: {series: [{labels: {endpoint: /slow}, muted: {reason: Too slow., until: 2021-03-01}}]}
";
    project.configure("        limits:\n", &format!("{muted}        limits:\n"));
    let told = project.run(&["check", "--format", "json"]).expect(0).json("loadmark.check/1");
    let warnings = json!([
        "`http_latency` was muted until 2021-03-01 (Too slow.) and decides again: take `muted` out",
        "`http_throughput` was muted until 2020-02-01 (Noisy.) and decides again: take `muted` out",
    ]);
    assert_eq!(told["benchmarks"][0]["warnings"], warnings);
}
