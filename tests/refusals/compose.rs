//! Compose files that are absent, invalid, or ask for what a measured stack can't have.

use insta::assert_snapshot;

use super::refusal;
use crate::harness::project::{Project, service_file};

/// What is said of a compose file in which `from` is `to`.
async fn with(from: &str, to: &str) -> String {
    let project = Project::new().await;
    let text = service_file("compose.yaml");
    assert!(text.contains(from), "{from}");
    of_file(&project, &text.replacen(from, to, 1))
}

/// `check` and `test` refuse it alike.
#[track_caller]
fn of_file(project: &Project, compose: &str) -> String {
    project.write("compose.yaml", compose);
    project.configure("{repository: compose.yaml}", "{operator: compose.yaml}");
    let checked = refusal(project, &["check"], 3);
    let tested = refusal(project, &["test"], 3);
    let told = checked.strip_prefix("loadmark: ").expect("an error");
    assert!(tested.starts_with(&format!("CONFIGURATION REFUSED: {}", told.lines().next().unwrap())), "{tested}");
    told.to_owned()
}

#[tokio::test]
async fn an_absent_compose_file() {
    let project = Project::new().await;
    project.configure("{repository: compose.yaml}", "{repository: deploy/compose.yaml}");
    assert_snapshot!(refusal(&project, &["check"], 3), @"loadmark: there is no compose file `deploy/compose.yaml`; see `compose` of the benchmark (one of the repository is looked for among the committed files)");
    assert_snapshot!(refusal(&project, &["test"], 3), @"CONFIGURATION REFUSED: there is no compose file `deploy/compose.yaml`; see `compose` of the benchmark (one of the repository is looked for among the committed files)");
}

#[tokio::test]
async fn a_compose_file_that_is_no_yaml() {
    // The rest is the tool's own, which other versions may say otherwise.
    let told = with("services:", "services: [").await;
    assert!(told.starts_with("compose refuses `FOLDER/compose.yaml`: ") && told.contains("line 2"), "{told}");
}

#[tokio::test]
async fn a_compose_file_with_an_unknown_key() {
    let told = with("    image:", "    imaje:").await;
    assert!(told.starts_with("compose refuses `FOLDER/compose.yaml`: ") && told.contains("imaje"), "{told}");
}

#[tokio::test]
async fn a_compose_file_without_the_service() {
    assert_snapshot!(with("  app:", "  shop:").await, @"compose file `FOLDER/compose.yaml`: there is no service `app`; its services are shop, store");
}

#[tokio::test]
async fn a_service_that_is_not_built() {
    let project = Project::new().await;
    assert_snapshot!(of_file(&project, "services:\n  app:\n    image: busybox\n"), @"compose file `FOLDER/compose.yaml`: services.app has no `build`; the service under test is built at each commit");
}

#[tokio::test]
async fn an_external_network() {
    let joined = "[shelves:/shelves]\n    networks: [corp]\n\nnetworks:\n  corp: {external: true}\n";
    assert_snapshot!(with("[shelves:/shelves]\n", joined).await, @"compose file `FOLDER/compose.yaml`: networks.corp is external; each stack has its own, made and removed with it");
}

#[tokio::test]
async fn the_network_of_the_host() {
    assert_snapshot!(with("    init: true", "    network_mode: host").await, @"compose file `FOLDER/compose.yaml`: services.store.network_mode is `host`; services of a measured stack are on the stack's own networks");
}

#[tokio::test]
async fn a_target_that_is_no_service() {
    let project = Project::new().await;
    project.configure("{name: app, port: 8080}", "{name: cart, port: 8080}");
    assert_snapshot!(refusal(&project, &["check"], 3), @"loadmark: compose file `compose.yaml`: target `cart` is no service of it; its services are app, store");
}

#[tokio::test]
async fn services_and_networks_that_are_called_like_ours() {
    assert_snapshot!(with("  store:", "  loadmark-load:").await, @"compose file `FOLDER/compose.yaml`: services.loadmark-load has the name of a service of ours; call it something else");
    assert_snapshot!(with("  store:", "  loadmark-prometheus:").await, @"compose file `FOLDER/compose.yaml`: services.loadmark-prometheus has the name of a service of ours; call it something else");
    let joined = "[shelves:/shelves]\n    networks: [loadmark-control]\n\nnetworks:\n  loadmark-control: {}\n";
    assert_snapshot!(with("[shelves:/shelves]\n", joined).await, @"compose file `FOLDER/compose.yaml`: networks.loadmark-control has the name of a network of ours; call it something else");
}
