//! `request_count`, the service's own count of its requests: checked like the PromQL of a query set.

use super::*;

/// The message for a benchmark with this count.
fn count(promql: &str) -> String {
    config("    service: shop", &format!("    service: shop\n    request_count: {promql}"))
}

#[test]
fn a_good_one_is_a_template() {
    let line = "    service: shop\n    request_count: sum(D(http_requests_total{endpoint!=\"/healthz\"}))";
    let settings = Folder::good().replace("config.yaml", "    service: shop", line).load().unwrap();
    let template = settings.benchmarks["shop"].request_count.as_ref().unwrap();
    assert_eq!(template.as_str(), "sum(D(http_requests_total{endpoint!=\"/healthz\"}))");
    assert_eq!(Folder::good().load().unwrap().benchmarks["shop"].request_count, None);
}

#[test]
fn a_bad_one_is_told_with_its_place() {
    for (promql, expected) in [
        ("sum(x_total{ {{windw}} })", "unknown placeholder `{{windw}}`"),
        ("sum(D(x_total)", "its PromQL does not parse"),
        ("sum(D(rate(x_total[1m])))", "takes a metric name"),
        ("\"{{load_seconds}}\"", "answers with a scalar"),
        ("histogram_quantile({{quantile}}, x)", "a count of requests has no `{{quantile}}`"),
    ] {
        let said = count(promql);
        assert!(said.starts_with("config.yaml:8:20: ") && said.contains(expected), "{promql}: {said}");
    }
}
