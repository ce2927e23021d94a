//! The user's compose project as the compose tool resolves it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::error::{StackError, io_error};
use super::{policy, scrape};
use crate::docker::Compose;
use crate::domain::flow::{BuildPlan, ScrapeTarget};
use crate::domain::placement::Placement;
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
    /// Which cores its parts run on; none: all on all.
    pub(super) placement: Option<Placement>,
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
        let (file, folder) = locate(benchmark, tree)?;
        let (ComposeFile::Operator(named) | ComposeFile::Repository(named)) = &benchmark.compose;
        let variables: BTreeMap<String, String> =
            images.iter().map(|(name, image)| (image_variable(name), image.clone())).collect();
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
            placement: None,
        })
    }

    /// The same on these cores.
    pub fn placed(self, placement: Option<Placement>) -> Self {
        Self { placement, ..self }
    }

    /// Which cores its parts run on; none: all on all.
    pub fn placement(&self) -> Option<&Placement> {
        self.placement.as_ref()
    }

    /// Which of these images the compose file names, as `${LOADMARK_IMAGE_NAME}`.
    ///
    /// # Errors
    /// There is no such file, or it can't be read.
    pub fn named_images<'a>(
        benchmark: &Benchmark,
        tree: &Path,
        images: impl Iterator<Item = &'a String>,
    ) -> Result<BTreeSet<String>, StackError> {
        let (file, _) = locate(benchmark, tree)?;
        let text = std::fs::read(&file).map_err(io_error("read", &file))?;
        let text = String::from_utf8_lossy(&text);
        Ok(images.filter(|name| text.contains(&image_variable(name))).cloned().collect())
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

    /// Files and folders of the tree, relative to it, that go into the stack beside the image under test: what
    /// other images are built from, and what is mounted. Their content decides how numbers come about, too.
    pub fn ingredients(&self, tree: &Path) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for (name, service) in self.resolved["services"].as_object().into_iter().flatten() {
            let mounts = service["volumes"].as_array().into_iter().flatten();
            let binds = mounts.filter(|mount| mount["type"] == "bind").filter_map(|mount| mount["source"].as_str());
            let context = service["build"]["context"].as_str().filter(|_| *name != self.service);
            found.extend(binds.chain(context).filter_map(|path| Path::new(path).strip_prefix(tree).ok()));
        }
        found.into_iter().map(Path::to_owned).collect()
    }

    /// The folder, relative to the tree, whose content decides a service's image: its build context, or the whole
    /// tree where the build reaches beyond that.
    ///
    /// # Errors
    /// The context lies outside the tree.
    pub fn build_content(&self, service: &str, tree: &Path) -> Result<PathBuf, StackError> {
        let build = &self.resolved["services"][service]["build"];
        let dockerfile = Path::new(build["dockerfile"].as_str().unwrap_or_default());
        let leaves = dockerfile.is_absolute() || dockerfile.components().any(|part| part == Component::ParentDir);
        let context = build["context"].as_str().unwrap_or_default();
        match Path::new(context).strip_prefix(tree) {
            Ok(_) if leaves || build["additional_contexts"].is_object() => Ok(PathBuf::new()),
            Ok(relative) => Ok(relative.to_owned()),
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

/// The compose file, and the folder that its relative paths mean.
fn locate(benchmark: &Benchmark, tree: &Path) -> Result<(PathBuf, PathBuf), StackError> {
    let (named, file) = match &benchmark.compose {
        ComposeFile::Operator(path) => (path, path.clone()),
        ComposeFile::Repository(path) => (path, tree.join(path)),
    };
    if !file.is_file() {
        return Err(StackError::NoComposeFile { path: named.clone() });
    }
    let folder = match &benchmark.compose {
        ComposeFile::Operator(_) => tree,
        ComposeFile::Repository(_) => file.parent().unwrap_or(tree),
    };
    Ok((file.clone(), folder.to_owned()))
}

/// The variable by which a compose file names an image of the configuration.
fn image_variable(name: &str) -> String {
    format!("LOADMARK_IMAGE_{}", name.to_uppercase().replace('-', "_"))
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn project(services: Value) -> Project {
        Project {
            file: "/tree/compose.yaml".into(),
            named: "compose.yaml".into(),
            folder: "/tree".into(),
            command: vec![],
            variables: BTreeMap::new(),
            service: "shop".to_owned(),
            resolved: json!({ "services": services }),
            targets: vec![],
            placement: None,
        }
    }

    #[test]
    fn what_is_mounted_or_built_beside_the_service_is_an_ingredient() {
        let binds = json!([
            {"type": "bind", "source": "/tree/nginx.conf"},
            {"type": "bind", "source": "/etc/hosts"},
            {"type": "volume", "source": "data"}
        ]);
        let project = project(json!({
            "shop": {"build": {"context": "/tree"}},
            "proxy": {"volumes": binds, "build": {"context": "/tree/proxy"}}
        }));
        assert_eq!(project.ingredients(Path::new("/tree")), [Path::new("nginx.conf"), Path::new("proxy")]);
    }

    #[test]
    fn a_build_that_reaches_beyond_its_context_is_known_by_the_whole_tree() {
        let content =
            |build: Value| project(json!({"shop": {"build": build}})).build_content("shop", Path::new("/tree"));
        assert_eq!(content(json!({"context": "/tree/src"})).unwrap(), Path::new("src"));
        assert_eq!(content(json!({"context": "/tree/src", "dockerfile": "../Dockerfile"})).unwrap(), Path::new(""));
        let more = json!({"context": "/tree/src", "additional_contexts": {"lib": "/tree/lib"}});
        assert_eq!(content(more).unwrap(), Path::new(""));
        let error = content(json!({"context": "/elsewhere"})).unwrap_err().to_string();
        assert!(error.contains("services.shop.build.context is `/elsewhere`, outside"), "{error}");
    }

    #[test]
    fn the_image_under_test_and_the_place_of_the_tree_leave_the_fingerprint_alone() {
        let at = |tree: &str, image: &str| {
            let shop = json!({"build": {"context": tree}, "image": image});
            let proxy = json!({"volumes": [{"type": "bind", "source": format!("{tree}/a")}]});
            project(json!({"shop": shop, "proxy": proxy})).fingerprint(Path::new(tree))
        };
        assert_eq!(at("/one", "x"), at("/two", "y"));
        let other = project(json!({"shop": {}, "proxy": {"image": "z"}})).fingerprint(Path::new("/one"));
        assert_ne!(at("/one", "x"), other);
    }
}
