//! The wiring: settings become clients and rooms.

use std::sync::{Arc, OnceLock};

use super::error::AppError;
use super::postgres;
use crate::build::Builder;
use crate::checkout::Mirror;
use crate::database::Database;
use crate::docker::{Compose, Engine};
use crate::domain::placement::Cores;
use crate::domain::progress::Listener;
use crate::domain::rules::GithubSettings;
use crate::domain::settings::{Benchmark, Settings};
use crate::github::{Gates, Github};
use crate::host;
use crate::pipeline::{Pipeline, PipelineError, Rooms};
use crate::queue::Queue;
use crate::stack::{HostReader, Stacks};
use crate::worker::Worker;

/// What every command with a configuration starts from.
pub struct Context {
    /// The settings in force.
    pub settings: Settings,
    /// The engine.
    pub(super) engine: Engine,
    /// Results and queue.
    pub(super) database: Database,
    /// The repository on GitHub, once it was asked for.
    github: OnceLock<Github>,
    /// GitHub's limits, for all projects of the process.
    gates: Gates,
}

impl Context {
    /// Connects to Docker and Postgres; starts the embedded Postgres where it is not running.
    ///
    /// # Errors
    /// One of them can't be reached.
    pub async fn open(settings: Settings) -> Result<Self, AppError> {
        let engine = Engine::connect().await?;
        let database = postgres::connect(&settings, &engine).await?;
        Ok(Self { settings, engine, database, github: OnceLock::new(), gates: Gates::default() })
    }

    /// The same engine and database for another project.
    pub(super) fn of_project(&self, settings: Settings) -> Self {
        let (engine, database, gates) = (self.engine.clone(), self.database.clone(), self.gates.clone());
        Self { settings, engine, database, github: OnceLock::new(), gates }
    }

    /// The client of the project's repository on GitHub, with the configuration's part for it; none without one. Clones
    /// of a client share what they know of its limits, and so do clients whom GitHub takes for the same.
    pub(super) fn github(&self) -> Result<Option<(Github, GithubSettings)>, AppError> {
        let Some(rules) = &self.settings.github else { return Ok(None) };
        let github = match self.github.get() {
            Some(github) => github.clone(),
            None => {
                let new = Github::among(rules, &self.gates)?;
                self.github.get_or_init(|| new).clone()
            }
        };
        Ok(Some((github, rules.clone())))
    }

    /// A benchmark of the configuration.
    pub(super) fn benchmark(&self, name: &str) -> Result<&Benchmark, AppError> {
        let unknown = || PipelineError::NoBenchmark {
            name: name.to_owned(),
            known: self.settings.benchmarks.keys().cloned().collect::<Vec<_>>().join(", "),
        };
        Ok(self.settings.benchmarks.get(name).ok_or_else(unknown)?)
    }

    /// The name of the benchmark that was named, or those of all.
    pub(super) fn benchmarks(&self, named: Option<&str>) -> Result<Vec<String>, AppError> {
        match named {
            None => Ok(self.settings.benchmarks.keys().cloned().collect()),
            Some(name) => Ok(vec![self.benchmark(name)?.name.clone()]),
        }
    }

    pub(super) fn queue(&self) -> Queue {
        Queue::new(self.database.clone(), self.settings.queue.clone())
            .with_concurrency(self.settings.manager.concurrency)
    }

    /// The stacks of this database.
    pub(super) fn stacks(&self) -> Stacks {
        let reader = HostReader { container: host::container_usage, counters: host::counters };
        Stacks::new(self.engine.clone(), self.database.instance(), reader)
    }

    /// A worker of this host.
    pub(super) async fn worker(&self, mirror: Mirror, listener: Arc<Listener>) -> Result<Worker, AppError> {
        let pipeline = self.pipeline(mirror, listener).await?;
        let host = pipeline.rooms().machine.host.clone();
        Ok(Worker::new(self.queue(), pipeline, host))
    }

    /// A pipeline on this host.
    pub(super) async fn pipeline(&self, mirror: Mirror, listener: Arc<Listener>) -> Result<Pipeline, AppError> {
        Compose::check_version(&self.settings.compose_command).await?;
        let machine = host::record(self.engine.version().await?)?;
        let class = host::class(&machine, self.settings.machine_class.as_deref());
        let rooms = Rooms {
            mirror,
            builder: Builder::new(self.engine.clone(), self.settings.timeouts.build.0),
            stacks: self.stacks(),
            database: self.database.clone(),
            machine,
            class,
            cores: available_cores(&self.engine).await?,
        };
        Ok(Pipeline::new(self.settings.clone(), rooms, listener))
    }
}

/// The cores that stacks may use: those that are online and allowed to us. None where the engine has fewer, and does
/// not tell which.
pub(super) async fn available_cores(engine: &Engine) -> Result<Option<Cores>, AppError> {
    let ours = host::cores();
    let of_engine = engine.info().await?.cores;
    Ok(ours.filter(|ours| of_engine.is_none_or(|cores| cores >= ours.count())))
}
