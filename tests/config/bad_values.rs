//! Values of `config.yaml` that their keys can't have.

use insta::assert_snapshot;

use super::*;

const LOAD: &str = "      plan: \"100:5,200:5\"\n";

/// The message for a further line in the benchmark's `load`.
fn load_line(line: &str) -> String {
    config(LOAD, &format!("{LOAD}      {line}\n"))
}

/// The message for a further line at the root.
fn root_line(line: &str) -> String {
    config("repository: repo\n", &format!("repository: repo\n{line}\n"))
}

#[test]
fn values_without_their_unit_or_with_another() {
    assert_snapshot!(load_line("timeout: 10"), @"");
    assert_snapshot!(root_line("queue: {lease: 60s, heartbeat: 5MiB}"), @"");
    assert_snapshot!(root_line("timeouts: {build: -3s}"), @"");
}

#[test]
fn numbers_out_of_range() {
    assert_snapshot!(config("    service: shop", "    service: shop\n    rounds: 0"), @"");
    assert_snapshot!(config("    service: shop", "    service: shop\n    rounds: three"), @"");
    assert_snapshot!(load_line("connections: 10001"), @"");
    assert_snapshot!(load_line("workers: -1"), @"");
    assert_snapshot!(config("weight: 2", "weight: 0"), @"");
    assert_snapshot!(config("port: 8080", "port: 99999"), @"");
    assert_snapshot!(config("port: 8080", "port: 0"), @"");
}

#[test]
fn zero_where_time_must_pass() {
    assert_snapshot!(root_line("timeouts: {down: 0s}"), @"");
    assert_snapshot!(root_line("prometheus: {scrape_interval: 0s}"), @"");
    assert_snapshot!(root_line("queue: {lease: 15s, heartbeat: 10s}"), @"");
}

#[test]
fn load_plans() {
    assert_snapshot!(config("100:5,200:5", "100:5,200:0"), @"");
    assert_snapshot!(load_line("warm_up: \"100:5,200:5\""), @"");
    assert_snapshot!(load_line("arrivals: poison"), @"");
}

#[test]
fn names() {
    assert_snapshot!(config("project: shop", "project: Shop_1"), @"");
    assert_snapshot!(config("  shop:\n    compose", "  -shop:\n    compose"), @"");
    assert_snapshot!(config("- name: buy", "- name: list"), @"");
    assert_snapshot!(config("service: shop", "service: --help"), @"");
}

#[test]
fn shapes() {
    assert_snapshot!(config("    ready: [{health: shop}, {promql: up == 1}]", "    ready: shop"), @"");
    assert_snapshot!(config("repository: repo", "repository: [repo]"), @"");
    assert_snapshot!(config("repository: repo", "repository:"), @"");
    assert_snapshot!(config("{health: shop}", "{health: shop, tcp: \"shop:80\"}"), @"");
    assert_snapshot!(config("compose: {operator: stack.yaml}", "compose: stack.yaml"), @"");
    assert_snapshot!(config("{operator: stack.yaml}", "{operator: a, repository: b}"), @"");
}

#[test]
fn nothing_to_do() {
    let folder = Folder::good();
    folder.write("config.yaml", "project: shop\nrepository: repo\nbenchmarks: {}\n");
    assert_snapshot!(folder.message(), @"");
}

#[test]
fn repositories_that_git_must_not_be_asked_for() {
    assert_snapshot!(config("repository: repo", "repository: \"ext::sh -c id\""), @"");
    assert_snapshot!(config("repository: repo", "repository: file:///srv/shop"), @"");
    assert_snapshot!(config("repository: repo", "repository: --upload-pack=id"), @"");
}

#[test]
fn a_token_in_a_url_is_refused_and_not_printed() {
    let message = config("repository: repo", "repository: https://hunter2@example.com/shop.git");
    assert!(!message.contains("hunter2"), "{message}");
    assert_snapshot!(message, @"");
}

#[test]
fn urls_and_headers_of_requests() {
    assert_snapshot!(config("http://shop:8080/buy", "https://shop:8080/buy"), @"");
    assert_snapshot!(config("method: POST", "method: post"), @"");
    assert_snapshot!(config("body_file: body.json", "headers: {Host: x}"), @"");
    assert_snapshot!(config("body_file: body.json", "headers: {accept: a, Accept: b}"), @"");
    assert_snapshot!(config("body_file: body.json", "body: x\n          body_file: body.json"), @"");
    assert_snapshot!(config("weight: 2", "expect_status: [99]"), @"");
}

#[test]
fn readiness_conditions() {
    assert_snapshot!(config("{health: shop}", "{tcp: shop}"), @"");
    assert_snapshot!(config("{health: shop}", "{http: \"shop:8080/ready\"}"), @"");
    assert_snapshot!(config("up == 1", "\"up ==\""), @"");
}

#[test]
fn a_target_that_stands_twice() {
    let target = "{service: {name: shop, port: 8080}}";
    assert_snapshot!(config(target, &format!("{target}, {target}")), @"");
}

#[test]
fn compose_files_outside_the_repository() {
    assert_snapshot!(config("{operator: stack.yaml}", "{repository: ../stack.yaml}"), @"");
}

#[test]
fn the_environment_variable_that_is_named_and_not_set() {
    let folder = Folder::good();
    for value in [None, Some(" ".to_owned())] {
        let error = load(&folder.path("config.yaml"), &|_| value.clone()).unwrap_err();
        assert!(matches!(problem(error), Problem::EnvironmentUnset { variable, .. } if variable == "SHOP_DATABASE"));
    }
    assert_snapshot!(config("env: SHOP_DATABASE", "env: OTHER"), @"");
}

#[test]
fn databases() {
    assert_snapshot!(config("{env: SHOP_DATABASE}", "{}"), @"");
    assert_snapshot!(config("{url: {env: SHOP_DATABASE}}", "{embedded: a, url: {env: SHOP_DATABASE}}"), @"");
    assert_snapshot!(config("{env: SHOP_DATABASE}", "{file: body.json}"), @"");
}

#[test]
fn a_secret_in_the_configuration_is_refused_and_not_printed() {
    let message = config("{env: SHOP_DATABASE}", "postgres://shop:hunter2@db/shop");
    assert!(!message.contains("hunter2"), "{message}");
    assert_snapshot!(message, @"");
}

#[test]
fn commands_images_and_branches_that_look_like_options() {
    assert_snapshot!(root_line("compose_command: []"), @"");
    assert_snapshot!(root_line("images: {postgres: [--privileged]}"), @"");
    assert_snapshot!(root_line("default_branch: --all"), @"");
}
