//! Images: the first candidate that is here or can be pulled; tags; images made from an archive.

use std::time::Duration;

use bollard::query_parameters::{CreateImageOptionsBuilder, TagImageOptionsBuilder};
use futures_util::StreamExt;
use tokio::time::timeout;

use super::engine::Engine;
use super::error::DockerError;

/// How long a pull may take.
const PULL_LIMIT: Duration = Duration::from_secs(600);

impl Engine {
    /// Whether an image is here, by name or id.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn has_image(&self, name: &str) -> Result<bool, DockerError> {
        let found = self.call_optional(format!("inspect image `{name}`"), self.docker.inspect_image(name)).await?;
        Ok(found.is_some())
    }

    /// The first of an image's candidates that is here, else the first that can be pulled.
    ///
    /// # Errors
    /// None is here and none can be pulled.
    pub async fn first_image(&self, name: &str, candidates: &[String]) -> Result<String, DockerError> {
        for candidate in candidates {
            if self.has_image(candidate).await? {
                return Ok(candidate.clone());
            }
        }
        let mut reason = "no candidate is configured".to_owned();
        for candidate in candidates {
            match self.pull(candidate).await {
                Ok(()) => return Ok(candidate.clone()),
                Err(error) => reason = source_text(&error),
            }
        }
        Err(DockerError::NoImage { name: name.to_owned(), candidates: candidates.join(", "), reason })
    }

    async fn pull(&self, name: &str) -> Result<(), DockerError> {
        let operation = format!("pull image `{name}`");
        let options = CreateImageOptionsBuilder::new().from_image(name).build();
        self.drain(operation, self.docker.create_image(Some(options), None, None)).await
    }

    /// Makes an image from a root file system (a tar archive), with changes in the words of a Dockerfile.
    ///
    /// # Errors
    /// The engine refuses the archive.
    pub async fn make_image(&self, name: &str, root: Vec<u8>, changes: &[String]) -> Result<(), DockerError> {
        let (repository, tag) = name.rsplit_once(':').unwrap_or((name, "latest"));
        let options =
            CreateImageOptionsBuilder::new().from_src("-").repo(repository).tag(tag).changes(changes.to_vec()).build();
        let body = bollard::body_full(root.into());
        self.drain(format!("make image `{name}`"), self.docker.create_image(Some(options), Some(body), None)).await
    }

    async fn drain<T>(
        &self,
        operation: String,
        stream: impl futures_util::Stream<Item = Result<T, bollard::errors::Error>>,
    ) -> Result<(), DockerError> {
        let mut stream = std::pin::pin!(stream);
        let work = async {
            while let Some(step) = stream.next().await {
                step?;
            }
            Ok(())
        };
        match timeout(PULL_LIMIT, work).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(source)) => Err(DockerError::Engine { operation, source }),
            Err(_) => Err(DockerError::TimedOut { operation, limit: PULL_LIMIT }),
        }
    }

    /// Gives an image a further name.
    ///
    /// # Errors
    /// The image is not here.
    pub async fn tag_image(&self, image: &str, name: &str) -> Result<(), DockerError> {
        let (repository, tag) = name.rsplit_once(':').unwrap_or((name, "latest"));
        let options = TagImageOptionsBuilder::new().repo(repository).tag(tag).build();
        self.call(format!("tag image `{image}` as `{name}`"), self.docker.tag_image(image, Some(options))).await
    }
}

fn source_text(error: &DockerError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}
