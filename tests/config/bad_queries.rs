//! Query sets: templates, PromQL, quantiles, labels, limits, variables.

use insta::assert_snapshot;

use super::*;

#[test]
fn promql_that_does_not_parse() {
    assert_snapshot!(queries("max_over_time(process", "max_over_tiem(process"), @r#"
    queries.yaml:16:13: query `memory`: its PromQL does not parse: unknown function with name 'max_over_tiem'
      filled in: max_over_tiem(process_resident_memory_bytes{ run="RUN" }[10000ms])
       |
    16 |     promql: max_over_tiem(process_resident_memory_bytes{ {{selector}} }[{{window}}])
       |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
    assert_snapshot!(queries("max_over_time(process_resident_memory_bytes{ {{selector}} }[{{window}}])", "sum("), @r"
    queries.yaml:16:13: query `memory`: its PromQL does not parse: unclosed left parenthesis
      filled in: sum(
       |
    16 |     promql: sum(
       |             ^^^^
    ");
}

/// The place is where the text begins, and the excerpt its first line.
#[test]
fn promql_of_several_lines() {
    let lines = "|\n      sum(\n        up{ {{selector}} }";
    assert_snapshot!(queries("max_over_time(process_resident_memory_bytes{ {{selector}} }[{{window}}])", lines), @r#"
    queries.yaml:17:7: query `memory`: its PromQL does not parse: unclosed left parenthesis
      filled in: sum( up{ run="RUN" }
       |
    17 |       sum(
       |       ^^^^
    "#);
}

#[test]
fn promql_that_answers_with_something_else() {
    assert_snapshot!(queries("max_over_time(process_resident_memory_bytes{ {{selector}} }[{{window}}])", "up[5m]"), @r"
    queries.yaml:16:13: query `memory`: its PromQL answers with a range of samples; expected an instant vector: put a function such as `max_over_time(...)` around it
      filled in: up[5m]
       |
    16 |     promql: up[5m]
       |             ^^^^^^
    ");
    assert_snapshot!(
        queries("max_over_time(process_resident_memory_bytes{ {{selector}} }[{{window}}])", "\"{{load_seconds}}\""),
        @r#"
    queries.yaml:16:13: query `memory`: its PromQL answers with a scalar; expected an instant vector: wrap it in `vector(...)`
      filled in: 10
       |
    16 |     promql: "{{load_seconds}}"
       |             ^^^^^^^^^^^^^^^^^^
    "#
    );
}

#[test]
fn placeholders() {
    assert_snapshot!(queries("[{{window}}]", "[{{windw}}]"), @r"
    queries.yaml:16:13: query `memory`: unknown placeholder `{{windw}}`: did you mean `window`?
       |
    16 |     promql: max_over_time(process_resident_memory_bytes{ {{selector}} }[{{windw}}])
       |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
    assert_snapshot!(queries("{{histogram}}", "{{histrogram}}"), @r"
    queries.yaml:7:13: query `latency`: unknown placeholder `{{histrogram}}`: did you mean `histogram`?
      |
    7 |     promql: histogram_quantile({{quantile}}, sum by (le, {{by}}) (D({{histrogram}}_bucket)))
      |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
    assert_snapshot!(queries("[{{window}}]", "[{{window]"), @r"
    queries.yaml:16:13: query `memory`: `{{window])` is not closed
       |
    16 |     promql: max_over_time(process_resident_memory_bytes{ {{selector}} }[{{window])
       |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
    assert_snapshot!(queries("D({{histogram}}_bucket)", "D(rate({{histogram}}_bucket[1m]))"), @r#"
    queries.yaml:7:13: query `latency`: `D(rate(rpc_seconds_bucket[1m]))` takes a metric name with optional matchers, such as `D(http_requests_total{code="200"})`
      |
    7 |     promql: histogram_quantile({{quantile}}, sum by (le, {{by}}) (D(rate({{histogram}}_bucket[1m]))))
      |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn quantiles() {
    assert_snapshot!(queries("    quantiles: [0.5, 0.99]\n", ""), @r"
    queries.yaml:7:13: query `latency` has the placeholder `{{quantile}}` and no `quantiles`: add them, as in [0.5, 0.99]
      |
    7 |     promql: histogram_quantile({{quantile}}, sum by (le, {{by}}) (D({{histogram}}_bucket)))
      |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
    assert_snapshot!(queries("    limit: 16MiB\n", "    quantiles: [0.5]\n"), @r"
    queries.yaml:16:13: query `memory` has `quantiles`, and its PromQL no placeholder `{{quantile}}` to put them
       |
    16 |     promql: max_over_time(process_resident_memory_bytes{ {{selector}} }[{{window}}])
       |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
    assert_snapshot!(queries("[0.5, 0.99]", "[50, 99]"), @r"
    queries.yaml:8:17: `50` is no quantile; expected 0 to 1, such as 0.99
      |
    8 |     quantiles: [50, 99]
      |                 ^^
    ");
    assert_snapshot!(queries("[0.5, 0.99]", "[0.5, 0.99, 0.5]"), @r"
    queries.yaml:8:28: the quantile `0.5` stands here for the second time; each may stand once
      |
    8 |     quantiles: [0.5, 0.99, 0.5]
      |                            ^^^
    ");
}

#[test]
fn labels() {
    assert_snapshot!(queries(r#"["{{by}}"]"#, r#"["{{by}}", run]"#), @r#"
    queries.yaml:9:24: the label `run` is different in every run, or Loadmark's own; leave it out
      |
    9 |     labels: ["{{by}}", run]
      |                        ^^^
    "#);
    assert_snapshot!(queries(r#"["{{by}}"]"#, r#"["{{by}}", endpoint]"#), @r#"
    queries.yaml:9:24: the label `endpoint` stands here for the second time; each may stand once
      |
    9 |     labels: ["{{by}}", endpoint]
      |                        ^^^^^^^^
    "#);
    assert_snapshot!(queries(r#"["{{by}}"]"#, r#"["end point"]"#), @r#"
    queries.yaml:9:14: `end point` is no name for a label: expected letters, digits and _, the first not a digit
      |
    9 |     labels: ["end point"]
      |              ^^^^^^^^^^^
    "#);
}

#[test]
fn limits() {
    assert_snapshot!(queries("limit: 16MiB", "limit: 16ms"), @r"
    queries.yaml:17:12: query `memory`: limit `16ms`: `16ms` has the unit `ms`: expected a size with one of the units B, kB, MB, GB, KiB, MiB, GiB, such as `512MiB`
       |
    17 |     limit: 16ms
       |            ^^^^
    ");
    assert_snapshot!(queries("\"0.99\": \"+60%\"", "\"0.99\": \"-60%\""), @r#"
    queries.yaml:11:46: query `latency`: limit `-60%`: the sign does not fit direction `lower`, where worse means `+25%`
       |
    11 |     quantile_limits: {"0.5": "+10%", "0.99": "-60%"}
       |                                              ^^^^^^
    "#);
    assert_snapshot!(queries("\"0.99\": \"+60%\"", "\"0.95\": \"+60%\""), @r#"
    queries.yaml:11:38: query `latency` has no quantile `0.95`: expected one of `0.5`, `0.99`
       |
    11 |     quantile_limits: {"0.5": "+10%", "0.95": "+60%"}
       |                                      ^^^^^^
    "#);
    assert_snapshot!(queries("    limit: 16MiB\n", "    primary: true\n"), @r"
    queries.yaml:17:14: query `memory` is primary and has no limit: give it one, or leave `primary` out
       |
    17 |     primary: true
       |              ^^^^
    ");
}

#[test]
fn limits_of_the_benchmark_are_answered_in_its_file() {
    assert_snapshot!(config("memory: null", "memry: null"), @r#"
    config.yaml:23:45: the set has no query `memry`: did you mean `memory`?
       |
    23 |         limits: {latency: {"0.99": "+90%"}, memry: null}
       |                                             ^^^^^
    "#);
    assert_snapshot!(config("memory: null", "memory: 3ms"), @r#"
    config.yaml:23:53: query `memory`: limit `3ms`: `3ms` has the unit `ms`: expected a size with one of the units B, kB, MB, GB, KiB, MiB, GiB, such as `512MiB`
       |
    23 |         limits: {latency: {"0.99": "+90%"}, memory: 3ms}
       |                                                     ^^^
    "#);
    assert_snapshot!(config(r#"{"0.99": "+90%"}"#, r#"{"0.9": "+90%"}"#), @r#"
    config.yaml:23:28: query `latency` has no quantile `0.9`: expected one of `0.5`, `0.99`
       |
    23 |         limits: {latency: {"0.9": "+90%"}, memory: null}
       |                            ^^^^^
    "#);
}

#[test]
fn variables() {
    assert_snapshot!(config("with: {histogram:", "with: {histograms:"), @r"
    config.yaml:22:16: the set has no variable `histograms`: did you mean `histogram`?
       |
    22 |         with: {histograms: rpc_seconds}
       |                ^^^^^^^^^^
    ");
    assert_snapshot!(queries("by: endpoint", "by: endpoint, window: 5m"), @r"
    queries.yaml:1:52: `window` is a placeholder of every query and can't be a variable
      |
    1 | variables: {histogram: http_seconds, by: endpoint, window: 5m}
      |                                                    ^^^^^^
    ");
}

#[test]
fn units_directions_and_names() {
    assert_snapshot!(queries("unit: bytes", "unit: byte"), @r"
    queries.yaml:14:11: unknown value `byte`: did you mean `bytes`?
       |
    14 |     unit: byte
       |           ^^^^
    ");
    assert_snapshot!(queries("direction: lower", "direction: down"), @r"
    queries.yaml:6:16: unknown value `down`: expected one of `lower`, `higher`
      |
    6 |     direction: down
      |                ^^^^
    ");
    let folder = Folder::good().replace("config.yaml", ", memory: null", "");
    assert_snapshot!(folder.replace("queries.yaml", "name: memory", "name: Memory usage").message(), @r"
    queries.yaml:12:11: `Memory usage` is no name for a query: expected a-z, 0-9 and _, at most 60, the first a letter
       |
    12 |   - name: Memory usage
       |           ^^^^^^^^^^^^
    ");
}

#[test]
fn the_same_name_in_two_sets_names_both() {
    let folder = Folder::good().replace(
        "config.yaml",
        "      - file: queries.yaml\n",
        "      - file: other.yaml\n      - file: queries.yaml\n",
    );
    let other = "queries:\n  - {name: memory, help: x, unit: bytes, direction: lower, promql: up}\n";
    folder.write("other.yaml", other);
    assert_snapshot!(folder.message(), @r"
    queries.yaml:12:11: query `memory` is defined twice for this benchmark: in other.yaml:2:12 and in queries.yaml:12:11; rename one
       |
    12 |   - name: memory
       |           ^^^^^^
    ");
    assert!(matches!(problem(folder.load().unwrap_err()), Problem::QueryClash { name, .. } if name == "memory"));
}

#[test]
fn no_queries() {
    let folder = Folder::good();
    folder.write("queries.yaml", "queries: []\n");
    assert_snapshot!(folder.replace("config.yaml", CONFIG_WITH, "").message(), @r"
    config.yaml:21:7: expected at least one query
       |
    21 |       - file: queries.yaml
       |       ^
    ");
}

const CONFIG_WITH: &str =
    "        with: {histogram: rpc_seconds}\n        limits: {latency: {\"0.99\": \"+90%\"}, memory: null}\n";
