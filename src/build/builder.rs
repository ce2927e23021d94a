//! Building one image, or finding that it was built before.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use thiserror::Error;

use crate::docker::{Compose, DockerError, Engine};
use crate::domain::flow::{BuildPlan, Image};
use crate::domain::revision::Revision;

/// Lines of a failed build's log that the error carries.
const ERROR_LINES: usize = 20;

/// Why there is no image.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The engine or the compose tool failed.
    #[error(transparent)]
    Docker(#[from] DockerError),
    /// The build itself failed: the commit's fault.
    #[error("the image of `{service}` does not build")]
    Failed {
        /// The compose service.
        service: String,
        /// The last lines of the build log.
        log: String,
        /// The whole log.
        log_file: PathBuf,
    },
    /// The log or the override file could not be written.
    #[error("failed to write `{path}`")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl BuildError {
    /// Whether the configuration is to be mended: trying again would tell the same.
    pub fn is_configuration(&self) -> bool {
        matches!(self, Self::Docker(error) if error.is_configuration())
    }
}

/// Builds images.
#[derive(Clone, Debug)]
pub struct Builder {
    engine: Engine,
    limit: Duration,
}

impl Builder {
    /// A builder whose builds may take `limit`.
    pub fn new(engine: Engine, limit: Duration) -> Self {
        Self { engine, limit }
    }

    /// The first of an image's candidates that is here, else the first that can be pulled.
    ///
    /// # Errors
    /// None is here and none can be pulled.
    pub async fn find_image(&self, name: &str, candidates: &[String]) -> Result<String, BuildError> {
        Ok(self.engine.first_image(name, candidates).await?)
    }

    /// The image of a plan, tagged for a revision. Built unless an image with the plan's key is here; the log goes
    /// to `log_file`, and an override file beside it.
    ///
    /// # Errors
    /// The build fails or takes too long, or the engine does.
    pub async fn build(&self, plan: &BuildPlan, revision: &Revision, log_file: &Path) -> Result<Image, BuildError> {
        let by_tree = format!("{}:tree-{}", plan.repository, &plan.key[..12]);
        let by_revision = format!("{}:{}", plan.repository, revision.short().replace('+', "-"));
        let reused = self.engine.has_image(&by_tree).await?;
        if !reused {
            self.run_build(plan, &by_tree, log_file).await?;
        }
        self.engine.tag_image(&by_tree, &by_revision).await?;
        Ok(Image { name: by_revision, reused })
    }

    async fn run_build(&self, plan: &BuildPlan, name: &str, log_file: &Path) -> Result<(), BuildError> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| BuildError::Io { path, source }
        };
        if let Some(folder) = log_file.parent() {
            std::fs::create_dir_all(folder).map_err(io(folder))?;
        }
        let override_file = log_file.with_extension("yaml");
        let overlay = json!({"services": {&plan.service: {
            "image": name,
            "build": {"context": plan.context, "labels": {"loadmark.image": "1"}},
        }}});
        std::fs::write(&override_file, overlay.to_string()).map_err(io(&override_file))?;
        let mut log = std::fs::File::create(log_file).map_err(io(log_file))?;
        let files = vec![plan.compose_file.clone(), override_file];
        let compose = Compose::new(&plan.compose_command, "loadmark-build", &plan.folder, files)
            .with_variables(plan.variables.clone());
        let mut written = Ok(());
        let finished = compose
            .run(&["build", &plan.service], self.limit, |line| {
                let line = writeln!(log, "{line}");
                if written.is_ok() {
                    written = line;
                }
            })
            .await?;
        written.map_err(io(log_file))?;
        if finished.success {
            return Ok(());
        }
        // Whose engine went away is not to blame.
        self.engine.version().await?;
        let log = std::fs::read_to_string(log_file).map_err(io(log_file))?;
        let lines: Vec<&str> = log.lines().filter(|line| !line.trim().is_empty()).collect();
        Err(BuildError::Failed {
            service: plan.service.clone(),
            log: lines[lines.len().saturating_sub(ERROR_LINES)..].join("\n"),
            log_file: log_file.to_owned(),
        })
    }
}
