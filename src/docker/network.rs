//! Networks beside those of compose projects.

use std::collections::HashMap;

use bollard::models::NetworkCreateRequest;

use super::engine::Engine;
use super::error::DockerError;

/// Without it, what leaves the network keeps its private address, and no answer finds its way back.
const MASQUERADE: &str = "com.docker.network.bridge.enable_ip_masquerade";

impl Engine {
    /// Makes a bridge network whose containers reach nobody outside this host, while their published ports can be
    /// reached on it.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn create_local_network(&self, name: &str, labels: HashMap<String, String>) -> Result<(), DockerError> {
        let request = NetworkCreateRequest {
            name: name.to_owned(),
            driver: Some("bridge".to_owned()),
            options: Some(HashMap::from([(MASQUERADE.to_owned(), "false".to_owned())])),
            labels: Some(labels),
            ..NetworkCreateRequest::default()
        };
        self.call(format!("make network `{name}`"), self.docker.create_network(request)).await.map(|_| ())
    }
}
