//! Finding and removing what carries a label.

use std::collections::{BTreeSet, HashMap};

use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListNetworksOptionsBuilder, ListVolumesOptionsBuilder, RemoveContainerOptionsBuilder,
    RemoveVolumeOptions,
};
use futures_util::future::{join, join_all};

use super::engine::Engine;
use super::error::DockerError;

/// The ids or names of objects that carry a label, with the label's value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labelled {
    /// Containers: id and value.
    pub containers: Vec<(String, String)>,
    /// Networks: id and value.
    pub networks: Vec<(String, String)>,
    /// Volumes: name and value.
    pub volumes: Vec<(String, String)>,
}

impl Labelled {
    /// Whether nothing carries the label.
    pub fn is_empty(&self) -> bool {
        self.containers.is_empty() && self.networks.is_empty() && self.volumes.is_empty()
    }

    /// The different values of the label.
    pub fn values(&self) -> BTreeSet<&str> {
        [&self.containers, &self.networks, &self.volumes]
            .into_iter()
            .flatten()
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// Only what carries this value.
    pub fn with_value(&self, wanted: &str) -> Self {
        let keep = |list: &[(String, String)]| list.iter().filter(|(_, value)| value == wanted).cloned().collect();
        Self { containers: keep(&self.containers), networks: keep(&self.networks), volumes: keep(&self.volumes) }
    }
}

fn pick(id: Option<String>, labels: Option<&HashMap<String, String>>, wanted: &str) -> Option<(String, String)> {
    Some((id?, labels?.get(wanted)?.clone()))
}

impl Engine {
    /// Everything that carries all of `filters` (as `name=value`) and the label `wanted`.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn labelled(&self, filters: &[String], wanted: &str) -> Result<Labelled, DockerError> {
        let mut labels = filters.to_vec();
        labels.push(wanted.to_owned());
        let filters = HashMap::from([("label", labels)]);
        let operation = |what: &str| format!("list {what} labelled `{wanted}`");
        let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
        let containers = self.call(operation("containers"), self.docker.list_containers(Some(options))).await?;
        let options = ListNetworksOptionsBuilder::new().filters(&filters).build();
        let networks = self.call(operation("networks"), self.docker.list_networks(Some(options))).await?;
        let options = ListVolumesOptionsBuilder::new().filters(&filters).build();
        let volumes = self.call(operation("volumes"), self.docker.list_volumes(Some(options))).await?;
        Ok(Labelled {
            containers: containers.into_iter().filter_map(|c| pick(c.id, c.labels.as_ref(), wanted)).collect(),
            networks: networks.into_iter().filter_map(|n| pick(n.id, n.labels.as_ref(), wanted)).collect(),
            volumes: volumes
                .volumes
                .unwrap_or_default()
                .into_iter()
                .filter_map(|v| pick(Some(v.name), Some(&v.labels), wanted))
                .collect(),
        })
    }

    /// Removes all of it, by force; what is already gone is no error.
    ///
    /// # Errors
    /// Something could not be removed; the rest was tried all the same.
    pub async fn remove_labelled(&self, found: &Labelled) -> Result<(), DockerError> {
        let containers = found.containers.iter().map(|(id, _)| async move {
            let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
            let call = self.docker.remove_container(id, Some(options));
            self.call_optional(format!("remove container {id}"), call).await
        });
        // What they use goes after them.
        let containers = join_all(containers).await;
        let networks = found.networks.iter().map(|(id, _)| async move {
            self.call_optional(format!("remove network {id}"), self.docker.remove_network(id)).await
        });
        let volumes = found.volumes.iter().map(|(name, _)| async move {
            let call = self.docker.remove_volume(name, None::<RemoveVolumeOptions>);
            self.call_optional(format!("remove volume {name}"), call).await
        });
        let (networks, volumes) = join(join_all(networks), join_all(volumes)).await;
        containers.into_iter().chain(networks).chain(volumes).try_for_each(|removed| removed.map(drop))
    }
}
