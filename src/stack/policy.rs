//! What a measured stack can't have: what would break its isolation or our measuring part.

use serde_json::Value;

use super::names::{CONTROL, OUR_SERVICES};
use crate::domain::ready::ReadyCondition;
use crate::domain::settings::Benchmark;

/// Checks a resolved project; the answer says what is wrong, where, and what to do.
pub(super) fn check(resolved: &Value, benchmark: &Benchmark) -> Result<(), String> {
    let services = resolved["services"].as_object().ok_or("it has no services")?;
    let under_test = services.get(&benchmark.service).ok_or_else(|| {
        let names: Vec<&str> = services.keys().map(String::as_str).collect();
        format!("there is no service `{}`; its services are {}", benchmark.service, names.join(", "))
    })?;
    if !under_test["build"].is_object() {
        let name = &benchmark.service;
        return Err(format!("services.{name} has no `build`; the service under test is built at each commit"));
    }
    for (name, service) in services {
        check_service(name, service)?;
    }
    for condition in &benchmark.ready {
        if let ReadyCondition::Health(name) = condition
            && !services.contains_key(name)
        {
            let names: Vec<&str> = services.keys().map(String::as_str).collect();
            return Err(format!("`ready` asks for the health of `{name}`; its services are {}", names.join(", ")));
        }
    }
    if resolved["networks"].get(CONTROL).is_some() {
        return Err(format!("networks.{CONTROL} has the name of a network of ours; call it something else"));
    }
    for kind in ["networks", "volumes"] {
        for (name, object) in resolved[kind].as_object().into_iter().flatten() {
            if object["external"].as_bool() == Some(true) {
                return Err(format!("{kind}.{name} is external; each stack has its own, made and removed with it"));
            }
        }
    }
    Ok(())
}

fn check_service(name: &str, service: &Value) -> Result<(), String> {
    if OUR_SERVICES.contains(&name) {
        return Err(format!("services.{name} has the name of a service of ours; call it something else"));
    }
    if let Some(mode) = service["network_mode"].as_str() {
        return Err(format!(
            "services.{name}.network_mode is `{mode}`; services of a measured stack are on the stack's own networks"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::load::Arrivals;
    use crate::domain::procedure::{CompareMethod, PairSettings};
    use crate::domain::settings::{ComposeFile, LoadSettings};
    use crate::domain::units::Span;
    use serde_json::json;

    fn benchmark() -> Benchmark {
        Benchmark {
            name: "b".to_owned(),
            compose: ComposeFile::Repository("compose.yaml".into()),
            service: "shop".to_owned(),
            ready: vec![],
            targets: vec![],
            load: LoadSettings {
                plan: "1:1".parse().unwrap(),
                warm_up: None,
                requests: vec![],
                arrivals: Arrivals::Even,
                seed: 0,
                connections: 1,
                workers: 1,
                timeout: Span::seconds(1),
                queue: 1,
                max_lag: Span::seconds(1),
            },
            request_count: None,
            rounds: 1,
            compare: CompareMethod::Stored,
            pairs: PairSettings::default(),
            queries: vec![],
        }
    }

    #[test]
    fn what_breaks_isolation_is_refused_with_its_place() {
        let with = |extra: Value| {
            let mut resolved = json!({"services": {"shop": {"build": {"context": "."}}}});
            for (key, value) in extra.as_object().unwrap() {
                for (name, object) in value.as_object().unwrap() {
                    resolved[key][name] = object.clone();
                }
            }
            check(&resolved, &benchmark())
        };
        assert_eq!(with(json!({})), Ok(()));
        let cases = [
            (json!({"services": {"shop": {"image": "x"}}}), "services.shop has no `build`"),
            (json!({"services": {"db": {"network_mode": "host"}}}), "services.db.network_mode is `host`"),
            (json!({"services": {"loadmark-prometheus": {}}}), "services.loadmark-prometheus has the name of"),
            (json!({"services": {"loadmark-load": {}}}), "services.loadmark-load has the name of"),
            (json!({"networks": {"loadmark-control": {}}}), "networks.loadmark-control has the name of"),
            (json!({"networks": {"corp": {"external": true}}}), "networks.corp is external"),
            (json!({"volumes": {"data": {"external": true}}}), "volumes.data is external"),
        ];
        for (extra, expected) in cases {
            let problem = with(extra).unwrap_err();
            assert!(problem.starts_with(expected), "{problem}");
        }
    }

    #[test]
    fn the_health_of_an_unknown_service_is_not_waited_for() {
        let ready = vec![ReadyCondition::Health("shopp".to_owned())];
        let resolved = json!({"services": {"shop": {"build": {"context": "."}}}});
        let problem = check(&resolved, &Benchmark { ready, ..benchmark() }).unwrap_err();
        assert_eq!(problem, "`ready` asks for the health of `shopp`; its services are shop");
    }

    #[test]
    fn an_unknown_service_is_answered_with_those_there_are() {
        let problem = check(&json!({"services": {"api": {}, "db": {}}}), &benchmark()).unwrap_err();
        assert_eq!(problem, "there is no service `shop`; its services are api, db");
    }
}
