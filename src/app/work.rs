//! Where a crew works: the projects of a configuration on this host, their rooms opened when a job needs them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::time::timeout;

use super::context::Context;
use super::error::{AppError, Blame};
use crate::docker::Engine;
use crate::domain::chain::error_chain;
use crate::domain::job::JobRequest;
use crate::domain::progress::Listener;
use crate::domain::settings::Settings;
use crate::host;
use crate::pipeline::{Pipeline, PipelineError, Sweeper};
use crate::queue::Queue;
use crate::telemetry::{Dependency, metrics};
use crate::worker::{Crew, Shift, Site};

/// An engine that answers later than this is not ready for a job.
const ENGINE_ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// The projects that this process serves; they share the engine, the database and the queue's settings of the first.
pub struct Projects {
    contexts: BTreeMap<String, Context>,
    first: String,
    host: String,
}

impl Projects {
    /// Connects to Docker and Postgres, as the first configuration says.
    ///
    /// # Errors
    /// One of them can't be reached, or two configurations are of one project.
    pub async fn open(first: Settings, more: Vec<Settings>) -> Result<Self, AppError> {
        let name = first.project.clone();
        let first = Context::open(first).await?;
        let mut contexts = BTreeMap::new();
        for settings in more {
            let context = first.of_project(settings);
            contexts.insert(context.settings.project.clone(), context);
        }
        let count = contexts.len();
        contexts.insert(name.clone(), first);
        if contexts.len() == count {
            return Err(AppError::Usage(format!("two configurations are of project `{name}`; give one another name")));
        }
        Ok(Self { contexts, first: name, host: host::name()? })
    }

    /// Takes jobs of these projects until the shift is over.
    pub async fn work(self: Arc<Self>, shift: &Shift) {
        let (queue, drain) = (self.queue(), self.settings().manager.drain.0);
        let host = self.host.clone();
        Crew::new(queue, self, &host, drain).work(shift).await;
    }

    /// The first project's.
    pub(super) fn context(&self) -> &Context {
        // It was put there by the constructor.
        &self.contexts[&self.first]
    }

    /// The first project's settings, whose part `manager` holds for all.
    pub fn settings(&self) -> &Settings {
        &self.context().settings
    }

    /// The settings of all projects.
    pub fn all_settings(&self) -> impl Iterator<Item = &Settings> {
        self.contexts().map(|context| &context.settings)
    }

    /// All projects.
    pub(super) fn contexts(&self) -> impl Iterator<Item = &Context> {
        // The first one's first, as its part `manager` holds for all.
        let others = self.contexts.values().filter(|context| context.settings.project != self.first);
        std::iter::once(self.context()).chain(others)
    }

    /// The queue.
    pub fn queue(&self) -> Queue {
        self.context().queue()
    }
}

impl Site for Projects {
    fn projects(&self) -> Vec<String> {
        self.contexts.keys().cloned().collect()
    }

    fn pipeline<'a>(
        &'a self,
        request: &'a JobRequest,
        listener: Arc<Listener>,
    ) -> BoxFuture<'a, Result<Pipeline, PipelineError>> {
        async move {
            let not_ready = |message: String, is_configuration| PipelineError::NotReady {
                project: request.project.clone(),
                message,
                is_configuration,
            };
            let Some(context) = self.contexts.get(&request.project) else {
                return Err(not_ready("this process does not serve it".to_owned(), true));
            };
            let opened = async { context.pipeline(context.open_mirror().await?, listener).await };
            opened.await.map_err(|error| match error {
                // Known to the pipeline by their own names.
                AppError::Checkout(error) => error.into(),
                AppError::Pipeline(error) => error,
                error => not_ready(error_chain(&error), error.blame() == Blame::Configuration),
            })
        }
        .boxed()
    }

    fn sweepers(&self) -> Vec<Sweeper> {
        let sweeper = |context: &Context| Sweeper::new(context.stacks(), context.settings.data.clone());
        self.contexts.values().map(sweeper).collect()
    }

    fn hindrance(&self) -> BoxFuture<'_, Option<String>> {
        async move {
            let least = self.settings().manager.min_free_bytes;
            let full = self.all_settings().find_map(|settings| little_room(&settings.data, least));
            if full.is_some() {
                return full;
            }
            let silent = silent_engine(&self.context().engine).await;
            if silent.is_some() {
                metrics().failed(Dependency::Docker);
            }
            silent
        }
        .boxed()
    }
}

/// Why a folder's disk is too full; none: it isn't, or can't be asked.
fn little_room(folder: &Path, least: u64) -> Option<String> {
    // The folder is made by the first run.
    let existing = folder.ancestors().find(|folder| folder.exists())?;
    let found = rustix::fs::statvfs(existing).ok()?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let mib = |bytes: u64| bytes >> 20;
    (free < least).then(|| {
        format!(
            "{} MiB are free in `{}`, less than the {} MiB of `manager.min_free_space`; make room there",
            mib(free),
            existing.display(),
            mib(least)
        )
    })
}

/// Why the engine is not ready; none: it is.
async fn silent_engine(engine: &Engine) -> Option<String> {
    match timeout(ENGINE_ANSWERS_WITHIN, engine.version()).await {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(error_chain(&error)),
        Err(_) => Some(format!("the Docker engine does not answer within {ENGINE_ANSWERS_WITHIN:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_with_its_folder() {
        let folder = std::env::temp_dir().join("a-folder-that-nobody-made");
        assert_eq!(little_room(&folder, 0), None);
        let told = little_room(&folder, u64::MAX).unwrap();
        assert!(told.contains(&format!("`{}`", std::env::temp_dir().display())), "{told}");
    }
}
