//! Images: the first candidate that is here or can be pulled; tags; images made from an archive; their removal.

use std::collections::HashMap;
use std::time::Duration;

use bollard::query_parameters::{
    CreateImageOptionsBuilder, ListImagesOptionsBuilder, RemoveImageOptions, TagImageOptionsBuilder,
};
use futures_util::StreamExt;
use tokio::time::timeout;

use super::engine::Engine;
use super::error::DockerError;

/// How long a pull may take.
const PULL_LIMIT: Duration = Duration::from_secs(600);

/// How long a registry may take to say whether it has an image.
const REGISTRY_LIMIT: Duration = Duration::from_secs(5);
/// An image that is here, by one of its names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NamedImage {
    /// With its tag.
    pub name: String,
    /// When it was made, in seconds since the Unix epoch.
    pub created: i64,
}

impl Engine {
    /// Whether an image is here, by name or id.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn has_image(&self, name: &str) -> Result<bool, DockerError> {
        Ok(self.image_id(name).await?.is_some())
    }

    /// An image's id, the digest of its configuration; none where it is not here.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn image_id(&self, name: &str) -> Result<Option<String>, DockerError> {
        let found = self.call_optional(format!("inspect image `{name}`"), self.docker.inspect_image(name)).await?;
        Ok(found.and_then(|image| image.id))
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

    /// Whether a registry has the image, without pulling it.
    ///
    /// # Errors
    /// No registry answers for it within a few seconds, or refuses.
    pub async fn can_pull(&self, name: &str) -> Result<(), DockerError> {
        let operation = format!("find image `{name}` in a registry");
        let asked = self.call(operation.clone(), self.docker.inspect_registry_image(name, None));
        let answered = timeout(REGISTRY_LIMIT, asked).await;
        answered.map_err(|_| DockerError::TimedOut { operation, limit: REGISTRY_LIMIT })?.map(drop)
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

    /// The images of a repository that are here, once for each tag.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn images(&self, repository: &str) -> Result<Vec<NamedImage>, DockerError> {
        let filters = HashMap::from([("reference", vec![repository])]);
        let options = ListImagesOptionsBuilder::new().filters(&filters).build();
        let found = self.call(format!("list images `{repository}`"), self.docker.list_images(Some(options))).await?;
        let named = |image: bollard::models::ImageSummary| {
            let created = image.created;
            image.repo_tags.into_iter().map(move |name| NamedImage { name, created })
        };
        Ok(found.into_iter().flat_map(named).collect())
    }

    /// Removes an image unless a container, running or not, is made from it. Whether it is gone.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn remove_unused_image(&self, name: &str) -> Result<bool, DockerError> {
        const CONFLICT: u16 = 409;
        let call = self.docker.remove_image(name, None::<RemoveImageOptions>, None);
        match self.call_optional(format!("remove image `{name}`"), call).await {
            Ok(_) => Ok(true),
            Err(DockerError::Engine {
                source: bollard::errors::Error::DockerResponseServerError { status_code: CONFLICT, .. },
                ..
            }) => Ok(false),
            Err(error) => Err(error),
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
