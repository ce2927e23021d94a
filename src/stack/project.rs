//! The user's compose project as the compose tool resolves it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::error::StackError;
use super::{policy, scrape};
use crate::docker::Compose;
use crate::domain::flow::{BuildPlan, ScrapeTarget};
use crate::domain::settings::{Benchmark, ComposeFile, Settings};

/// The project's name while it is resolved: constant, so that equal files give equal answers.
const RESOLVED_NAME: &str = "loadmark";
/// Stands for the tree's folder wherever answers are compared or hashed.
const TREE: &str = "/TREE";

/// A resolved and accepted compose project.
#[derive(Clone, Debug)]
pub struct Project {
    pub(super) file: PathBuf,
    /// The file as the configuration names it: a work tree of ours would tell nobody anything.
    named: PathBuf,
    pub(super) folder: PathBuf,
    pub(super) command: Vec<String>,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) service: String,
    pub(super) resolved: Value,
    pub(super) targets: Vec<ScrapeTarget>,
}

impl Project {
    /// Resolves the compose file of a benchmark. `tree` holds the files of the revision that decides how code is
    /// tested; the file's relative paths mean it. `images` are the images that the file may name as
    /// `${LOADMARK_IMAGE_NAME}`.
    ///
    /// # Errors
    /// There is no such file, the tool refuses it, the service is not in it, or it asks for what a measured stack
    /// can't have.
    pub async fn resolve(
        settings: &Settings,
        benchmark: &Benchmark,
        tree: &Path,
        images: &BTreeMap<String, String>,
    ) -> Result<Self, StackError> {
        let (file, folder) = match &benchmark.compose {
            ComposeFile::Operator(path) => (path.clone(), tree.to_owned()),
            ComposeFile::Repository(path) => {
                let file = tree.join(path);
                let folder = file.parent().unwrap_or(tree).to_owned();
                (file, folder)
            }
        };
        let (ComposeFile::Operator(named) | ComposeFile::Repository(named)) = &benchmark.compose;
        if !file.is_file() {
            return Err(StackError::NoComposeFile { path: named.clone() });
        }
        let variables: BTreeMap<String, String> = images
            .iter()
            .map(|(name, image)| (format!("LOADMARK_IMAGE_{}", name.to_uppercase().replace('-', "_")), image.clone()))
            .collect();
        let compose = Compose::new(&settings.compose_command, RESOLVED_NAME, &folder, vec![file.clone()])
            .with_variables(variables.clone());
        let invalid = |message: String| StackError::Invalid { path: named.clone(), message };
        let finished = compose.config().await?;
        if !finished.success {
            return Err(invalid(finished.last_lines(3)));
        }
        let resolved: Value = serde_json::from_str(&finished.stdout).map_err(|error| invalid(error.to_string()))?;
        let check = |resolved: &Value| {
            policy::check(resolved, benchmark)?;
            scrape::targets(resolved, &benchmark.targets)
        };
        let targets = check(&resolved).map_err(|problem| StackError::Policy { path: named.clone(), problem })?;
        Ok(Self {
            file,
            named: named.clone(),
            folder,
            command: settings.compose_command.clone(),
            variables,
            service: benchmark.service.clone(),
            resolved,
            targets,
        })
    }

    /// The names of the user's services.
    pub fn services(&self) -> impl Iterator<Item = &String> {
        self.resolved["services"].as_object().into_iter().flat_map(serde_json::Map::keys)
    }

    /// What decides, of the stack, how numbers come about: the resolved project without the image under test and
    /// without the place of the tree.
    pub fn fingerprint(&self, tree: &Path) -> String {
        let mut stack = self.resolved.clone();
        if let Some(service) = stack["services"][&self.service].as_object_mut() {
            service.remove("build");
            service.remove("image");
        }
        digest(&stack.to_string().replace(&*tree.to_string_lossy(), TREE))
    }

    /// The folder, relative to the tree, from which a service's image is built; none where it is not built.
    ///
    /// # Errors
    /// It lies outside the tree.
    pub fn build_context(&self, service: &str, tree: &Path) -> Result<Option<PathBuf>, StackError> {
        let build = &self.resolved["services"][service]["build"];
        let Some(context) = build["context"].as_str() else { return Ok(None) };
        match Path::new(context).strip_prefix(tree) {
            Ok(relative) => Ok(Some(relative.to_owned())),
            Err(_) => Err(StackError::Policy {
                path: self.named.clone(),
                problem: format!(
                    "services.{service}.build.context is `{context}`, outside the repository's tree; a revision is \
                     built from its own files only"
                ),
            }),
        }
    }

    /// How a service's image is built from `source`. `content` is the hash of the files that it is built from.
    pub fn build_plan(&self, project: &str, service: &str, tree: &Path, source: &Path, content: &str) -> BuildPlan {
        let build = &self.resolved["services"][service]["build"];
        let context = build["context"].as_str().unwrap_or_default();
        let relative = Path::new(context).strip_prefix(tree).unwrap_or(Path::new(""));
        let section = build.to_string().replace(&*tree.to_string_lossy(), TREE);
        BuildPlan {
            service: service.to_owned(),
            compose_command: self.command.clone(),
            compose_file: self.file.clone(),
            folder: self.folder.clone(),
            variables: self.variables.clone(),
            context: source.join(relative),
            repository: format!("loadmark/{project}-{service}"),
            key: digest(&format!("{content}\n{section}")),
        }
    }

    /// Services that are built besides the one under test: from the tree that decides how code is tested.
    pub fn other_built_services(&self) -> Vec<String> {
        let built = |service: &&String| {
            **service != self.service && self.resolved["services"][service.as_str()]["build"].is_object()
        };
        self.services().filter(built).cloned().collect()
    }

    /// What Prometheus will scrape, the generator excluded.
    pub fn targets(&self) -> &[ScrapeTarget] {
        &self.targets
    }
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}
