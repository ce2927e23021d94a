//! What the containers of a real stack use, as its Prometheus has it: every container, under its own labels, with
//! values of the window.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::project::{Project, service_file};

/// Asked beside the shipped set: which containers there are, and what the window's requests must have moved.
const QUERIES: &str = "
  - name: containers
    help: When each container started, seconds ago.
    unit: seconds
    direction: lower
    promql: '{{t1}} - max by (service, container) (container_start_time_seconds{ {{selector}} } @ {{t1}})'
    labels: [service, container]

  - name: window_cores
    help: Time of all cores of the host in the window, whatever they did.
    unit: seconds
    direction: lower
    promql: sum(D(node_cpu_seconds_total))
";

#[tokio::test]
async fn every_container_is_measured_over_exactly_the_window() {
    let project = Project::new().await;
    project.write("queries.yaml", service_file("queries.yaml") + QUERIES);
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/queries/container.yaml");
    let limits = "limits: {container_cpu_seconds: null, container_memory_peak: null}";
    project.configure(
        "      - file: queries.yaml",
        &format!("      - file: {shipped}\n        {limits}\n      - file: queries.yaml"),
    );
    let report = project.json(&["master"], "loadmark.report/1");
    let run = report["master"]["run"]["id"].as_str().unwrap();
    let shown = project.json(&["runs", "show", run], "loadmark.run/1");
    let round = &shown["rounds"][0];
    assert_eq!(round["missing"], serde_json::json!([]), "every shipped query has an answer here");

    let seen: BTreeSet<_> = measured(round, "containers").into_iter().map(|(labels, _)| labels).collect();
    let expected =
        ["app app-1", "loadmark-load loadmark-load-1", "loadmark-prometheus loadmark-prometheus-1", "store store-1"];
    assert_eq!(seen, expected.map(str::to_owned).into());
    let cpu = measured(round, "container_cpu_seconds");
    assert_eq!(cpu.iter().map(|(labels, _)| labels.as_str()).collect::<Vec<_>>(), ["app", "store"]);
    // The store sleeps; the app answers 80 requests, which it can't without receiving them.
    assert!(value(&cpu, "app") > value(&cpu, "store"), "{cpu:?}");
    let requests = measured(round, "window_requests")[0].1;
    let received = measured(round, "container_network_received");
    assert!(value(&received, "app") > requests * 40.0, "{received:?} for {requests} requests");
    assert!(value(&measured(round, "container_memory_peak"), "app") > 1e6);
    assert_eq!(value(&measured(round, "container_restarts"), "app"), 0.0);
    assert!(measured(round, "window_cores")[0].1 > 0.0);
    project.assert_nothing_left();
}

/// The values of a query, with those of the labels `service` and `container` that it has.
fn measured(round: &Value, query: &str) -> Vec<(String, f64)> {
    let of_query = round["measurements"].as_array().unwrap().iter().filter(|one| one["query"] == query);
    let one = |measurement: &Value| {
        let labels = &measurement["labels"];
        let named: Vec<_> = ["service", "container"].iter().filter_map(|name| labels[name].as_str()).collect();
        (named.join(" "), measurement["value"].as_f64().unwrap())
    };
    of_query.map(one).collect()
}

fn value(measured: &[(String, f64)], labels: &str) -> f64 {
    measured.iter().find(|(of, _)| of == labels).unwrap_or_else(|| panic!("no {labels} in {measured:?}")).1
}
