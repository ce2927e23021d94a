//! The override file: what the harness adds to the user's project.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;
use serde_yaml::value::{Tag, TaggedValue};
use serde_yaml::{Mapping, Value};

use super::names::{CONTROL, GENERATOR, GENERATOR_PORT, INSTANCE_LABEL, PROMETHEUS, PROMETHEUS_PORT, RUN_LABEL};
use super::project::Project;
use crate::domain::flow::RoundId;

/// What the override needs to know of a round.
pub(super) struct Overlay<'a> {
    pub(super) project: &'a Project,
    pub(super) round: &'a RoundId,
    /// Image names by service: those under test and those built beside it.
    pub(super) built: &'a BTreeMap<String, String>,
    pub(super) prometheus_image: &'a str,
    pub(super) generator_image: &'a str,
    /// The folder with `prometheus.yml` and `load/spec.json`.
    pub(super) folder: &'a Path,
}

impl Overlay<'_> {
    /// The file's text.
    pub(super) fn text(&self) -> Result<String, serde_yaml::Error> {
        let mut services = Mapping::new();
        for name in self.project.services() {
            services.insert(name.as_str().into(), self.users_service(name));
        }
        let networks: Vec<String> = self.names("networks");
        for (name, mut ours) in [(PROMETHEUS, self.prometheus(&networks)?), (GENERATOR, self.generator(&networks)?)] {
            if let (Some(placement), Some(ours)) = (self.project.placement(), ours.as_mapping_mut()) {
                ours.insert("cpuset".into(), placement.measuring.to_string().into());
            }
            services.insert(name.into(), ours);
        }
        let mut root = Mapping::new();
        root.insert("services".into(), Value::Mapping(services));
        root.insert("networks".into(), self.networks(&networks)?);
        root.insert("volumes".into(), self.volumes()?);
        serde_yaml::to_string(&Value::Mapping(root))
    }

    fn names(&self, kind: &str) -> Vec<String> {
        self.project.resolved[kind].as_object().into_iter().flat_map(|map| map.keys().cloned()).collect()
    }

    fn labels(&self) -> serde_json::Value {
        json!({
            RUN_LABEL: self.round.run.to_string(),
            INSTANCE_LABEL: self.round.instance.to_string(),
            "loadmark.round": self.round.round.to_string(),
            "loadmark.arm": self.round.arm.to_string(),
        })
    }

    /// The user's service with the image set, and without what would tie it to the host: ports and a fixed name
    /// would clash with a second stack, a restart would hide a crash.
    fn users_service(&self, name: &str) -> Value {
        let own = &self.project.resolved["services"][name];
        let mut service = Mapping::new();
        if let Some(image) = self.built.get(name) {
            service.insert("image".into(), image.as_str().into());
            service.insert("build".into(), reset());
            service.insert("pull_policy".into(), "never".into());
        }
        for key in ["ports", "container_name"] {
            if !own[key].is_null() {
                service.insert(key.into(), reset());
            }
        }
        if let Some(placement) = self.project.placement().filter(|_| own["cpuset"].is_null()) {
            service.insert("cpuset".into(), placement.service.to_string().into());
        }
        service.insert("restart".into(), "no".into());
        if !own["deploy"]["restart_policy"].is_null() {
            let mut deploy = Mapping::new();
            deploy.insert("restart_policy".into(), reset());
            service.insert("deploy".into(), Value::Mapping(deploy));
        }
        service.insert("labels".into(), yaml(&self.labels()).unwrap_or_default());
        Value::Mapping(service)
    }

    fn prometheus(&self, networks: &[String]) -> Result<Value, serde_yaml::Error> {
        yaml(&json!({
            "image": self.prometheus_image,
            "command": [
                "--config.file=/etc/prometheus/prometheus.yml",
                "--storage.tsdb.path=/prometheus",
                "--web.enable-admin-api",
                // Its targets come 5 s after its start; without this, up to 5 s later still.
                "--scrape.discovery-reload-interval=100ms",
                format!("--web.listen-address=0.0.0.0:{PROMETHEUS_PORT}"),
            ],
            "volumes": [bind(&self.folder.join("prometheus.yml"), "/etc/prometheus/prometheus.yml")],
            "networks": our_networks(networks),
            "ports": [format!("127.0.0.1::{PROMETHEUS_PORT}")],
            "restart": "no",
            "labels": self.labels(),
        }))
    }

    fn generator(&self, networks: &[String]) -> Result<Value, serde_yaml::Error> {
        yaml(&json!({
            "image": self.generator_image,
            "command": [
                "load", "--spec", "/run/loadmark/spec.json",
                "--agent", format!("0.0.0.0:{GENERATOR_PORT}"), "--token-file", "/run/loadmark/token",
            ],
            "volumes": [bind(&self.folder.join("load"), "/run/loadmark")],
            "networks": our_networks(networks),
            "ports": [format!("127.0.0.1::{GENERATOR_PORT}")],
            "read_only": true,
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges"],
            "restart": "no",
            "labels": self.labels(),
        }))
    }

    /// The user's networks become internal, without an address of the host on them, and lose a fixed name.
    fn networks(&self, names: &[String]) -> Result<Value, serde_yaml::Error> {
        let mut networks = serde_json::Map::new();
        for name in names {
            let internal = json!({
                "name": format!("{}_{name}", self.round.project_name()),
                "internal": true,
                "driver_opts": {"com.docker.network.bridge.inhibit_ipv4": "true"},
                "labels": self.labels(),
            });
            networks.insert(name.clone(), internal);
        }
        networks.insert(CONTROL.to_owned(), json!({"labels": self.labels()}));
        yaml(&networks.into())
    }

    fn volumes(&self) -> Result<Value, serde_yaml::Error> {
        let mut volumes = serde_json::Map::new();
        for name in self.names("volumes") {
            let fresh = json!({"name": format!("{}_{name}", self.round.project_name()), "labels": self.labels()});
            volumes.insert(name, fresh);
        }
        yaml(&volumes.into())
    }
}

fn bind(source: &Path, target: &str) -> serde_json::Value {
    json!({"type": "bind", "source": source, "target": target, "read_only": true})
}

fn our_networks(users: &[String]) -> Vec<&str> {
    std::iter::once(CONTROL).chain(users.iter().map(String::as_str)).collect()
}

/// Takes away what the user's file says: compose's `!reset` tag.
fn reset() -> Value {
    Value::Tagged(Box::new(TaggedValue { tag: Tag::new("reset"), value: Value::Null }))
}

/// A `$` is the compose tool's own sign: doubled, it is one.
fn yaml(value: &serde_json::Value) -> Result<Value, serde_yaml::Error> {
    fn escape(value: &serde_json::Value) -> serde_json::Value {
        match value {
            serde_json::Value::String(text) => text.replace('$', "$$").into(),
            serde_json::Value::Array(items) => items.iter().map(escape).collect(),
            serde_json::Value::Object(map) => {
                serde_json::Value::Object(map.iter().map(|(key, value)| (key.clone(), escape(value))).collect())
            }
            other => other.clone(),
        }
    }
    serde_yaml::to_value(escape(value))
}
