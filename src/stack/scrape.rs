//! What Prometheus scrapes: targets from the configuration, and its configuration file.

use serde_json::{Value, json};

use super::names::{CONTAINERS_PATH, GENERATOR, GENERATOR_PORT, HOST};
use crate::domain::flow::{RoundId, ScrapeTarget};
use crate::domain::settings::{PrometheusSettings, Target};

/// The targets that the configuration names, one a container, among the services of a resolved project.
pub(super) fn targets(resolved: &Value, wanted: &[Target]) -> Result<Vec<ScrapeTarget>, String> {
    let services = resolved["services"].as_object().ok_or("it has no services")?;
    let mut found = Vec::new();
    for target in wanted {
        match target {
            Target::Service(wanted) => {
                let service = services.get(&wanted.name).ok_or_else(|| {
                    let names: Vec<&str> = services.keys().map(String::as_str).collect();
                    format!("target `{}` is no service of it; its services are {}", wanted.name, names.join(", "))
                })?;
                found.extend(containers(&wanted.name, service, wanted.port, &wanted.path));
            }
            Target::Label(label) => {
                let before = found.len();
                for (name, service) in services {
                    found.extend(labelled(name, service, label)?);
                }
                if found.len() == before {
                    return Err(format!("no service carries the label `{label}.port`, which `targets` asks for"));
                }
            }
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn labelled(name: &str, service: &Value, label: &str) -> Result<Vec<ScrapeTarget>, String> {
    let value = |suffix: &str| service["labels"][format!("{label}.{suffix}")].as_str();
    let Some(port) = value("port") else { return Ok(Vec::new()) };
    let port: u16 =
        port.parse().map_err(|_| format!("services.{name}.labels.{label}.port is `{port}`, which is no port"))?;
    Ok(containers(name, service, port, value("path").unwrap_or("/metrics")))
}

/// A service alone answers to its name; the replicas of one are told apart by the names compose gives containers.
/// Port and unusual path belong to the instance, so that a container with two endpoints is two instances.
fn containers(name: &str, service: &Value, port: u16, path: &str) -> Vec<ScrapeTarget> {
    let replicas = service["deploy"]["replicas"].as_u64().or_else(|| service["scale"].as_u64()).unwrap_or(1);
    let distinct_path = if path == "/metrics" { "" } else { path };
    let target = |number: u64| ScrapeTarget {
        service: name.to_owned(),
        instance: format!("{name}-{number}:{port}{distinct_path}"),
        address: if replicas == 1 { format!("{name}:{port}") } else { format!("{PROJECT}-{name}-{number}:{port}") },
        path: path.to_owned(),
    };
    (1..=replicas).map(target).collect()
}

/// Stands for the compose project's name, which differs from round to round.
const PROJECT: &str = "%PROJECT%";

/// The targets of one round: addresses filled in, the generator added, and the metrics of containers and host that it
/// hands on.
pub(super) fn of_round(targets: &[ScrapeTarget], round: &RoundId) -> Vec<ScrapeTarget> {
    let project = round.project_name();
    let mut all: Vec<ScrapeTarget> = targets
        .iter()
        .map(|target| ScrapeTarget { address: target.address.replace(PROJECT, &project), ..target.clone() })
        .collect();
    let generator = |service: &str, instance: String, path: &str| ScrapeTarget {
        service: service.to_owned(),
        instance,
        address: format!("{GENERATOR}:{GENERATOR_PORT}"),
        path: path.to_owned(),
    };
    all.push(generator(GENERATOR, format!("{GENERATOR}-1:{GENERATOR_PORT}"), "/metrics"));
    all.push(generator(HOST, HOST.to_owned(), CONTAINERS_PATH));
    all
}

/// The longest answer of a target: an endless one would fill the memory of Prometheus.
const BODY_LIMIT: &str = "64MB";

/// The configuration file of a round's Prometheus (JSON, which is YAML). The labels that name the round are target
/// labels: external ones would not be stored, and honour_labels stays off, so that no service can claim another's. It is
/// on for our own metrics of containers, whose label `service` is the container's.
pub(super) fn prometheus_config(targets: &[ScrapeTarget], round: &RoundId, settings: &PrometheusSettings) -> Value {
    let interval = settings.scrape_interval.to_string();
    let jobs: Vec<Value> = targets
        .iter()
        .map(|target| {
            let mut labels = serde_json::Map::new();
            for (name, value) in round.metric_labels() {
                labels.insert(name.to_owned(), value.into());
            }
            labels.insert("service".to_owned(), target.service.clone().into());
            labels.insert("instance".to_owned(), target.instance.clone().into());
            labels.insert("job".to_owned(), target.service.clone().into());
            json!({
                "job_name": target.instance,
                "metrics_path": target.path,
                "honor_labels": target.service == HOST,
                // Windows lie between scrapes: a sample that brings a time of its own would fall out of them.
                "honor_timestamps": false,
                "body_size_limit": BODY_LIMIT,
                "sample_limit": settings.sample_limit,
                "follow_redirects": false,
                "static_configs": [{"targets": [target.address], "labels": labels}],
            })
        })
        .collect();
    json!({
        "global": {"scrape_interval": interval, "scrape_timeout": interval},
        "scrape_configs": jobs,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::settings::ServiceTarget;

    fn service(name: &str) -> Target {
        Target::Service(ServiceTarget { name: name.to_owned(), port: 80, path: "/metrics".to_owned() })
    }

    #[test]
    fn only_the_metrics_of_containers_bring_their_own_service() {
        let round = RoundId {
            instance: "00000000-0000-4000-8000-000000000000".parse().unwrap(),
            run: crate::domain::ids::RunId::random(),
            round: 1,
            attempt: 1,
            arm: crate::domain::run::Arm::Candidate,
            revision: "a".repeat(40).parse().unwrap(),
        };
        let shop = targets(&json!({"services": {"shop": {}}}), &[service("shop")]).unwrap();
        let config = prometheus_config(&of_round(&shop, &round), &round, &PrometheusSettings::default());
        let honoured = |job: &Value| job["honor_labels"].as_bool().unwrap();
        let jobs: Vec<_> = config["scrape_configs"].as_array().unwrap().iter().map(honoured).collect();
        assert_eq!(jobs, [false, false, true]);
    }

    #[test]
    fn every_replica_is_a_target_of_its_own() {
        let resolved = json!({"services": {"shop": {}, "worker": {"deploy": {"replicas": 2}}}});
        let found = targets(&resolved, &[service("shop"), service("worker")]).unwrap();
        let addresses: Vec<&str> = found.iter().map(|target| target.address.as_str()).collect();
        assert_eq!(addresses, ["shop:80", "%PROJECT%-worker-1:80", "%PROJECT%-worker-2:80"]);
    }

    #[test]
    fn labels_choose_services_with_port_and_path() {
        let resolved = json!({"services": {
            "shop": {"labels": {"loadmark.scrape.port": "9000", "loadmark.scrape.path": "/m"}}, "db": {}
        }});
        let found = targets(&resolved, &[Target::Label("loadmark.scrape".to_owned())]).unwrap();
        assert_eq!((found.len(), found[0].address.as_str(), found[0].path.as_str()), (1, "shop:9000", "/m"));
        let none = targets(&json!({"services": {"db": {}}}), &[Target::Label("x".to_owned())]).unwrap_err();
        assert!(none.contains("`x.port`"), "{none}");
    }

    #[test]
    fn unknown_services_are_named_with_those_there_are() {
        let problem = targets(&json!({"services": {"api": {}}}), &[service("shop")]).unwrap_err();
        assert_eq!(problem, "target `shop` is no service of it; its services are api");
    }
}
