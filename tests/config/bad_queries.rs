//! Query sets: templates, PromQL, quantiles, labels, limits, variables.

use insta::assert_snapshot;

use super::*;

#[test]
fn promql_that_does_not_parse() {
    assert_snapshot!(queries("max_over_time(process", "max_over_tiem(process"), @"");
    assert_snapshot!(queries("max_over_time(process_resident_memory_bytes{ {{selector}} }[{{window}}])", "sum("), @"");
}

#[test]
fn promql_that_answers_with_something_else() {
    assert_snapshot!(queries("max_over_time(process_resident_memory_bytes{ {{selector}} }[{{window}}])", "up[5m]"), @"");
    assert_snapshot!(
        queries("max_over_time(process_resident_memory_bytes{ {{selector}} }[{{window}}])", "\"{{load_seconds}}\""),
        @""
    );
}

#[test]
fn placeholders() {
    assert_snapshot!(queries("[{{window}}]", "[{{windw}}]"), @"");
    assert_snapshot!(queries("{{histogram}}", "{{histrogram}}"), @"");
    assert_snapshot!(queries("[{{window}}]", "[{{window]"), @"");
    assert_snapshot!(queries("D({{histogram}}_bucket)", "D(rate({{histogram}}_bucket[1m]))"), @"");
}

#[test]
fn quantiles() {
    assert_snapshot!(queries("    quantiles: [0.5, 0.99]\n", ""), @"");
    assert_snapshot!(queries("    limit: 16MiB\n", "    quantiles: [0.5]\n"), @"");
    assert_snapshot!(queries("[0.5, 0.99]", "[50, 99]"), @"");
    assert_snapshot!(queries("[0.5, 0.99]", "[0.5, 0.99, 0.5]"), @"");
}

#[test]
fn labels() {
    assert_snapshot!(queries(r#"["{{by}}"]"#, r#"["{{by}}", run]"#), @"");
    assert_snapshot!(queries(r#"["{{by}}"]"#, r#"["{{by}}", endpoint]"#), @"");
    assert_snapshot!(queries(r#"["{{by}}"]"#, r#"["end point"]"#), @"");
}

#[test]
fn limits() {
    assert_snapshot!(queries("limit: 16MiB", "limit: 16ms"), @"");
    assert_snapshot!(queries("\"0.99\": \"+60%\"", "\"0.99\": \"-60%\""), @"");
    assert_snapshot!(queries("\"0.99\": \"+60%\"", "\"0.95\": \"+60%\""), @"");
    assert_snapshot!(queries("    limit: 16MiB\n", "    primary: true\n"), @"");
}

#[test]
fn limits_of_the_benchmark_are_answered_in_its_file() {
    assert_snapshot!(config("memory: null", "memry: null"), @"");
    assert_snapshot!(config("memory: null", "memory: 3ms"), @"");
    assert_snapshot!(config(r#"{"0.99": "+90%"}"#, r#"{"0.9": "+90%"}"#), @"");
}

#[test]
fn variables() {
    assert_snapshot!(config("with: {histogram:", "with: {histograms:"), @"");
    assert_snapshot!(queries("by: endpoint", "by: endpoint, window: 5m"), @"");
}

#[test]
fn units_directions_and_names() {
    assert_snapshot!(queries("unit: bytes", "unit: byte"), @"");
    assert_snapshot!(queries("direction: lower", "direction: down"), @"");
    assert_snapshot!(queries("name: memory", "name: Memory usage"), @"");
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
    assert_snapshot!(folder.message(), @"");
    assert!(matches!(problem(folder.load().unwrap_err()), Problem::QueryClash { name, .. } if name == "memory"));
}

#[test]
fn no_queries() {
    let folder = Folder::good();
    folder.write("queries.yaml", "queries: []\n");
    assert_snapshot!(folder.replace("config.yaml", CONFIG_WITH, "").message(), @"");
}

const CONFIG_WITH: &str =
    "        with: {histogram: rpc_seconds}\n        limits: {latency: {\"0.99\": \"+90%\"}, memory: null}\n";
