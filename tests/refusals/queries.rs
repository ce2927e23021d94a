//! Queries that don't parse, and such that answer nothing.

use insta::assert_snapshot;

use super::refusal;
use crate::harness::project::Project;

#[tokio::test]
async fn promql_that_does_not_parse() {
    let project = Project::new().await;
    project.edit("queries.yaml", "sum(D(http_requests_total))", "sum(D(http_requests_total)");
    assert_snapshot!(refusal(&project, &["test"], 3), @r#"
    loadmark: queries.yaml:7:13: query `window_requests`: its PromQL does not parse: unclosed left parenthesis
      filled in: sum((http_requests_total{run="RUN"} @ 1700000010.000 - (http_requests_total{run="RUN"} @ 1700000000.000 or 0 * http_requests_total{run="RUN"} @ 1700000010.000))
      |
    7 |     promql: sum(D(http_requests_total)
      |             ^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[tokio::test]
async fn a_variable_that_nobody_defines() {
    let project = Project::new().await;
    project.edit("queries.yaml", "sum(D(http_requests_total))", "sum(D({{counter}}))");
    assert_snapshot!(refusal(&project, &["test"], 3), @r"
    loadmark: queries.yaml:7:13: query `window_requests`: unknown placeholder `{{counter}}`: expected one of `t0`, `t1`, `window`, `load_seconds`, `selector`, `quantile`, `stage`
      |
    7 |     promql: sum(D({{counter}}))
      |             ^^^^^^^^^^^^^^^^^^^
    ");
}

/// No data is never a pass, however good the rest is.
#[tokio::test]
async fn a_query_that_answers_nothing() {
    let project = Project::new().await;
    project.edit("queries.yaml", "sum(D(http_requests_total))", "sum(D(htpp_requests_total))");
    let master = project.run(&["master"]).expect(4).stdout;
    assert!(master.starts_with("NO DATA: "), "{master}");
    let tested = project.run(&["test", "--format", "json"]).expect(4).json("loadmark.report/1");
    assert_eq!(tested["outcome"], "no-data");
    for series in tested["comparison"]["series"].as_array().unwrap() {
        let of_the_wrong_query = series["query"] == "window_requests";
        assert_eq!(series["verdict"] == "no-data", of_the_wrong_query, "{series}");
        assert!(!of_the_wrong_query || series["reason"].as_str().unwrap().contains("it gave nothing"), "{series}");
    }
    project.run(&["compare", "main", "main", "--fail-on", "inconclusive"]).expect(0);
    project.assert_nothing_left();
}
