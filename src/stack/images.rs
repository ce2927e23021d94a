//! Which images a stack is made of, and exactly which they are.

use std::collections::BTreeMap;

use super::error::StackError;
use super::project::Project;
use super::running::StackImages;
use super::sweep::Stacks;
use crate::domain::machine::EngineInfo;

impl Stacks {
    /// The names of all images of a stack, without their digests yet.
    ///
    /// # Errors
    /// The generator's image can't be made.
    pub async fn image_names(
        &self,
        project: &Project,
        images: &StackImages,
    ) -> Result<BTreeMap<String, Option<String>>, StackError> {
        let services = project.resolved["services"].as_object().into_iter().flatten();
        let users = services.filter(|(service, _)| !images.built.contains_key(*service));
        let users = users.filter_map(|(_, service)| service["image"].as_str().map(str::to_owned));
        let ours = [images.prometheus.clone(), self.generator_image().await?.to_owned()];
        Ok(users.chain(images.built.values().cloned()).chain(ours).map(|name| (name, None)).collect())
    }

    /// Fills in the digests of those that are here.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn find_digests(&self, images: &mut BTreeMap<String, Option<String>>) -> Result<(), StackError> {
        for (name, digest) in images {
            *digest = self.engine.image_id(name).await?;
        }
        Ok(())
    }

    /// What the engine says of itself.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn engine_info(&self) -> Result<EngineInfo, StackError> {
        Ok(self.engine.info().await?)
    }
}
