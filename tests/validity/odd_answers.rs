//! Queries with odd answers: missing data with a reason, or a series that can't decide; the others are not affected.

use serde_json::Value;

use crate::harness::project::Project;

const QUERIES: &str = r#"
queries:
  - {name: many, help: Odd., unit: count, direction: lower, promql: "odd_series{ {{selector}} }", labels: [n]}
  - {name: nan, help: Odd., unit: count, direction: lower, promql: "odd_nan{ {{selector}} }"}
  - {name: clash, help: Odd., unit: count, direction: lower, promql: "odd_series{ {{selector}} }"}
  - {name: empty, help: Odd., unit: count, direction: lower, promql: "D(no_such_total)"}
  - {name: refused, help: Odd., unit: count, direction: lower, promql: "up{ {{selector}} } * on () up{ {{selector}} }"}
  - {name: infinite, help: Odd., unit: count, direction: lower, promql: "vector(1) / 0"}
  - name: coarse
    help: Coarse.
    unit: seconds
    direction: lower
    promql: histogram_quantile({{quantile}}, sum by (le, endpoint) (D(http_request_duration_seconds_bucket)))
    quantiles: [0.5]
    labels: [endpoint]
    limit: "+5%"
"#;

#[tokio::test]
async fn each_odd_answer_is_told_and_harms_no_other() {
    let project = Project::new().await;
    project.write("odd.yaml", QUERIES);
    project.configure("      - file: queries.yaml", "      - file: queries.yaml\n      - file: odd.yaml");
    project.configure("{scrape_interval: 250ms}", "{scrape_interval: 250ms, series_limit: 100}");
    project.write("repository/behaviour", "series=1200\n");
    project.commit("It has many series");
    let master = project.json(&["master"], "loadmark.report/1");
    let round = &master["master"]["rounds"][0];
    let missing = |query: &str| {
        let all = round["missing"].as_array().unwrap();
        let found =
            all.iter().find(|missing| missing["query"] == query).unwrap_or_else(|| panic!("{query}: {round:#}"));
        found["reason"].as_str().unwrap().to_owned()
    };
    let many = missing("many");
    assert!(
        many.starts_with("it gave 1200 series, more than `prometheus.series_limit` (100); aggregate them"),
        "{many}"
    );
    assert_eq!(missing("nan"), "it gave only NaN or infinity");
    assert_eq!(missing("infinite"), "it gave only NaN or infinity");
    assert_eq!(missing("empty"), "it gave nothing");
    assert!(missing("clash").contains("more than `prometheus.series_limit`"));
    assert!(missing("refused").starts_with("Prometheus refused it: "), "{}", missing("refused"));
    let measured = |query: &str| round["measurements"].as_array().unwrap().iter().find(|one| one["query"] == query);
    assert_eq!(measured("window_requests").expect("it is measured")["value"], 80.0);
    assert_eq!(
        measured("coarse").expect("it is measured")["bucket"],
        serde_json::json!({"lower": 0.0, "upper": 0.005})
    );
    assert_coarse(&project.json(&["test"], "loadmark.report/1"));
}

/// The fast endpoint takes less than the first bound, the slow one something between two.
fn assert_coarse(report: &Value) {
    let series = report["comparison"]["series"].as_array().unwrap();
    let coarse: Vec<&Value> = series.iter().filter(|one| one["query"] == "coarse").collect();
    assert_eq!(coarse.len(), 2);
    for one in coarse {
        assert_eq!((&one["verdict"], &one["primary"]), (&"inconclusive".into(), &false.into()), "{one:#}");
        let place =
            if one["labels"]["endpoint"] == "/fast" { "between 0 s and 5 ms" } else { "between 10 ms and 25 ms" };
        let reason = one["reason"].as_str().unwrap();
        assert!(
            reason.starts_with(&format!("buckets too coarse: it lies {place}, which tells nothing of +5%;")),
            "{reason}"
        );
    }
}
