//! Configurations that are absent, hostile or wrong: refused before anything is asked of Docker or Postgres.

use insta::assert_snapshot;

use super::refusal;
use crate::harness::project::Project;

#[tokio::test]
async fn an_absent_configuration() {
    let project = Project::new().await;
    assert_snapshot!(refusal(&project, &["test", "--config", "elsewhere.yaml"], 3), @"loadmark: failed to read elsewhere.yaml: there is no such file; `--config PATH` chooses another");
}

#[tokio::test]
async fn random_bytes() {
    let project = Project::new().await;
    project.write("config.yaml", [0x9c, 0x00, 0xff, 0xfe, 0x13, 0x37]);
    assert_snapshot!(refusal(&project, &["test"], 3), @"loadmark: failed to read config.yaml: it is not a text in UTF-8 (from byte 0 on)");
}

#[tokio::test]
async fn an_alias_bomb() {
    let project = Project::new().await;
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb += &format!("a{level}: &a{level} [{aliases}]\n");
    }
    project.write("config.yaml", bomb);
    let message = refusal(&project, &["test"], 3);
    assert!(message.starts_with("loadmark: config.yaml:"), "{message}");
}

#[tokio::test]
async fn an_unknown_key() {
    let project = Project::new().await;
    project.configure("    rounds: 1", "    round: 1");
    assert_snapshot!(refusal(&project, &["test"], 3), @r#"
    loadmark: config.yaml:21:5: unknown key `round`: did you mean `rounds`?
       |
    21 |     round: 1
       |     ^^^^^
    "#);
}

#[tokio::test]
async fn a_wrong_unit() {
    let project = Project::new().await;
    project.configure("ready: 60s", "ready: 60 parsecs");
    assert_snapshot!(refusal(&project, &["test"], 3), @r#"
    loadmark: config.yaml:10:19: `60 parsecs` has the unit `parsecs`: expected a duration with one of the units ns, us, ms, s, m, h, such as `10s`
       |
    10 | timeouts: {ready: 60 parsecs, build: 120s}
       |                   ^^^^^^^^^^
    "#);
}

#[tokio::test]
async fn an_unknown_benchmark() {
    let project = Project::new().await;
    assert_snapshot!(refusal(&project, &["test", "--benchmark", "grpc"], 2), @"loadmark: there is no benchmark `grpc`; the configuration has web");
}

#[tokio::test]
async fn an_absurd_load_plan() {
    let project = Project::new().await;
    project.configure("40:2", "1e9:1");
    assert_snapshot!(refusal(&project, &["test"], 3), @r#"
    loadmark: config.yaml:24:13: load plan `1e9:1`: the rate `1e9` is not a whole number from 1 to 1000000; expected RATE:SECONDS,... such as `200:10,400:10`
       |
    24 |       plan: "1e9:1"
       |             ^^^^^^^
    "#);
}
