//! Named volumes.

use std::collections::HashMap;

use bollard::models::VolumeCreateRequest;

use super::engine::Engine;
use super::error::DockerError;

impl Engine {
    /// The labels of a volume; none where there is no such volume.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn volume_labels(&self, name: &str) -> Result<Option<HashMap<String, String>>, DockerError> {
        let found = self.call_optional(format!("inspect volume `{name}`"), self.docker.inspect_volume(name)).await?;
        Ok(found.map(|volume| volume.labels))
    }

    /// Makes a volume; one that exists stays as it is.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn create_volume(&self, name: &str, labels: HashMap<String, String>) -> Result<(), DockerError> {
        let request =
            VolumeCreateRequest { name: Some(name.to_owned()), labels: Some(labels), ..VolumeCreateRequest::default() };
        self.call(format!("create volume `{name}`"), self.docker.create_volume(request)).await.map(|_| ())
    }
}
