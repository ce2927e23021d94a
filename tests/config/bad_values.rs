//! Values of `config.yaml` that their keys can't have.

use insta::assert_snapshot;

use super::*;

const LOAD: &str = "      plan: \"100:5,200:5\"\n";

/// The message for a further line in the benchmark's `load`.
fn load_line(line: &str) -> String {
    config(LOAD, &format!("{LOAD}      {line}\n"))
}

#[test]
fn values_without_their_unit_or_with_another() {
    assert_snapshot!(load_line("timeout: 10"), @r"
    config.yaml:12:16: `10` has no unit: expected a duration with one of the units ns, us, ms, s, m, h, such as `10s`
       |
    12 |       timeout: 10
       |                ^^
    ");
    assert_snapshot!(root_line("queue: {lease: 60s, heartbeat: 5MiB}"), @r"
    config.yaml:3:32: `5MiB` has the unit `MiB`: expected a duration with one of the units ns, us, ms, s, m, h, such as `10s`
      |
    3 | queue: {lease: 60s, heartbeat: 5MiB}
      |                                ^^^^
    ");
    assert_snapshot!(root_line("timeouts: {build: -3s}"), @r"
    config.yaml:3:19: `-3s` is no duration: expected a number and a unit, such as `10s`
      |
    3 | timeouts: {build: -3s}
      |                   ^^^
    ");
}

#[test]
fn numbers_out_of_range() {
    assert_snapshot!(config("    service: shop", "    service: shop\n    rounds: 0"), @r"
    config.yaml:8:13: `rounds` is 0; expected a whole number from 1 to 100
      |
    8 |     rounds: 0
      |             ^
    ");
    assert_snapshot!(config("    service: shop", "    service: shop\n    rounds: three"), @r"
    config.yaml:8:13: expected a whole number, 0 or more, found `three`
      |
    8 |     rounds: three
      |             ^^^^^
    ");
    assert_snapshot!(load_line("connections: 10001"), @r"
    config.yaml:12:20: `connections` is 10001; expected a whole number from 1 to 10000
       |
    12 |       connections: 10001
       |                    ^^^^^
    ");
    assert_snapshot!(load_line("workers: -1"), @r"
    config.yaml:12:16: expected a whole number, 0 or more, found `-1`
       |
    12 |       workers: -1
       |                ^^
    ");
    assert_snapshot!(config("weight: 2", "weight: 0"), @r"
    config.yaml:16:19: `weight` is 0; expected a whole number from 1 to 1000000
       |
    16 |           weight: 0
       |                   ^
    ");
    assert_snapshot!(config("port: 8080", "port: 99999"), @r"
    config.yaml:9:44: expected a whole number from 0 to 65535, found `99999`
      |
    9 |     targets: [{service: {name: shop, port: 99999}}]
      |                                            ^^^^^
    ");
    assert_snapshot!(config("port: 8080", "port: 0"), @r"
    config.yaml:9:15: `port` is 0; expected 1 to 65535
      |
    9 |     targets: [{service: {name: shop, port: 0}}]
      |               ^
    ");
}

#[test]
fn zero_where_time_must_pass() {
    assert_snapshot!(root_line("timeouts: {down: 0s}"), @r"
    config.yaml:3:11: `down` is 0; expected more
      |
    3 | timeouts: {down: 0s}
      |           ^
    ");
    assert_snapshot!(root_line("prometheus: {scrape_interval: 0s}"), @r"
    config.yaml:3:13: `scrape_interval` is 0; expected more
      |
    3 | prometheus: {scrape_interval: 0s}
      |             ^
    ");
    assert_snapshot!(root_line("queue: {lease: 15s, heartbeat: 10s}"), @r"
    config.yaml:3:8: `lease` is 15s; expected at least twice `heartbeat`, 10s
      |
    3 | queue: {lease: 15s, heartbeat: 10s}
      |        ^
    ");
}

#[test]
fn load_plans() {
    assert_snapshot!(config("100:5,200:5", "100:5,200:0"), @r#"
    config.yaml:11:13: load plan `100:5,200:0`: the number of seconds `0` is not a whole number from 1 to 86400; expected RATE:SECONDS,... such as `200:10,400:10`
       |
    11 |       plan: "100:5,200:0"
       |             ^^^^^^^^^^^^^
    "#);
    for plan in ["", "0:0", "1e9:1", "-5:10", "200/s:10s", "200:10:5", "1000000:86400", "1:50000,1:50000"] {
        let message = config("100:5,200:5", plan);
        let place = format!("config.yaml:11:13: load plan `{plan}`: ");
        assert!(message.starts_with(&place) && message.contains("expected RATE:SECONDS"), "{message}");
    }
    assert_snapshot!(config("100:5,200:5", "200:10:5"), @r#"
    config.yaml:11:13: load plan `200:10:5`: the number of seconds `10:5` is not a whole number from 1 to 86400; expected RATE:SECONDS,... such as `200:10,400:10`
       |
    11 |       plan: "200:10:5"
       |             ^^^^^^^^^^
    "#);
    assert_snapshot!(config("100:5,200:5", "200/s:10s"), @r#"
    config.yaml:11:13: load plan `200/s:10s`: the rate `200/s` is not a whole number from 1 to 1000000; expected RATE:SECONDS,... such as `200:10,400:10`
       |
    11 |       plan: "200/s:10s"
       |             ^^^^^^^^^^^
    "#);
    assert_snapshot!(config("100:5,200:5", ""), @r#"
    config.yaml:11:13: load plan ``: a stage is empty; expected RATE:SECONDS,... such as `200:10,400:10`
       |
    11 |       plan: ""
       |             ^^
    "#);
    assert_snapshot!(load_line("warm_up: \"100:5,200:5\""), @r#"
    config.yaml:12:16: a warm-up has one stage, such as `200:3`; found 2
       |
    12 |       warm_up: "100:5,200:5"
       |                ^^^^^^^^^^^^^
    "#);
    assert_snapshot!(load_line("arrivals: poison"), @r"
    config.yaml:12:17: unknown value `poison`: did you mean `poisson`?
       |
    12 |       arrivals: poison
       |                 ^^^^^^
    ");
}

#[test]
fn names() {
    assert_snapshot!(config("project: shop", "project: Shop_1"), @r"
    config.yaml:1:10: `Shop_1` is no name for a project: expected a-z, 0-9 and -, at most 40, the first not -
      |
    1 | project: Shop_1
      |          ^^^^^^
    ");
    assert_snapshot!(config("  shop:\n    compose", "  -shop:\n    compose"), @r"
    config.yaml:5:3: `-shop` is no name for a benchmark: expected a-z, 0-9 and -, at most 40, the first not -
      |
    5 |   -shop:
      |   ^^^^^
    ");
    assert_snapshot!(config("- name: buy", "- name: list"), @r"
    config.yaml:15:17: the request `list` stands here for the second time; each may stand once
       |
    15 |         - name: list
       |                 ^^^^
    ");
    assert_snapshot!(config("service: shop", "service: --help"), @r"
    config.yaml:7:14: `--help` is no name for a compose service: expected letters, digits, `.`, `_` and -
      |
    7 |     service: --help
      |              ^^^^^^
    ");
}

#[test]
fn shapes() {
    assert_snapshot!(config("    ready: [{health: shop}, {promql: up == 1}]", "    ready: shop"), @r"
    config.yaml:8:12: expected a list, one `- ` a line or in [ ], found `shop`
      |
    8 |     ready: shop
      |            ^^^^
    ");
    assert_snapshot!(config("repository: repo", "repository: [repo]"), @r"
    config.yaml:2:13: expected a text, found `[`
      |
    2 | repository: [repo]
      |             ^
    ");
    assert_snapshot!(config("repository: repo", "repository:"), @r"
    config.yaml:2:11: expected a text
      |
    2 | repository:
      |           ^
    ");
    assert_snapshot!(config("{health: shop}", "{health: shop, tcp: \"shop:80\"}"), @r#"
    config.yaml:8:28: one key too many: each entry of this list has exactly one
      |
    8 |     ready: [{health: shop, tcp: "shop:80"}, {promql: up == 1}]
      |                            ^^^
    "#);
    assert_snapshot!(config("compose: {operator: stack.yaml}", "compose: stack.yaml"), @r"
    config.yaml:6:14: expected a block of `key: value`, found `stack.yaml`
      |
    6 |     compose: stack.yaml
      |              ^^^^^^^^^^
    ");
    assert_snapshot!(config("{operator: stack.yaml}", "{operator: a, repository: b}"), @r"
    config.yaml:6:14: expected exactly one of the keys `operator` and `repository` here
      |
    6 |     compose: {operator: a, repository: b}
      |              ^
    ");
}

#[test]
fn nothing_to_do() {
    let folder = Folder::good();
    folder.write("config.yaml", "project: shop\nrepository: repo\nbenchmarks: {}\n");
    assert_snapshot!(folder.message(), @r"
    config.yaml:3:13: expected at least one benchmark
      |
    3 | benchmarks: {}
      |             ^
    ");
}

#[test]
fn cores_that_are_no_cores() {
    assert_snapshot!(root_line("placement: automatic"), @r"
    config.yaml:3:12: unknown value `automatic`: expected one of `auto`, `none`, or `{service: 1-3, measuring: 0}`
      |
    3 | placement: automatic
      |            ^^^^^^^^^
    ");
    assert_snapshot!(root_line("placement: {service: 1-, measuring: 0}"), @r"
    config.yaml:3:22: `1-` is no list of cores: expected numbers and ranges, such as `0-3,8`
      |
    3 | placement: {service: 1-, measuring: 0}
      |                      ^^
    ");
    assert_snapshot!(root_line("placement: {service: 0-3, measuring: 3}"), @r"
    config.yaml:3:38: `service` and `measuring` both name cores 3: what measures would take the service's time; `none` places nothing
      |
    3 | placement: {service: 0-3, measuring: 3}
      |                                      ^
    ");
    assert_snapshot!(root_line("placement: {service: 1-3}"), @r"
    config.yaml:3:13: missing key `measuring`, in the same block as this
      |
    3 | placement: {service: 1-3}
      |             ^^^^^^^
    ");
}
