//! The metrics of a stack's containers and of the host, read anew for each scrape of the stack's Prometheus.
//!
//! A task asks the generator whether a scrape waits, reads, and answers; see the generator's `relay` for the other
//! side. Values are taken after the scrape began and before it ends: differences between two scrapes are exact.

use std::time::Duration;

use futures_util::future::join_all;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::{Instant, sleep};

use super::control::Generator;
use super::error::StackError;
use super::exposition::{CONTAINER_LABEL, Exposition, SERVICE_LABEL};
use crate::docker::{ContainerState, Engine};
use crate::domain::chain::error_chain;
use crate::domain::usage::{OOM_EVENTS, RESTARTS, Reading, START_TIME};

/// The pause after a call that failed: the generator may not listen yet.
const PAUSE: Duration = Duration::from_millis(100);

/// How containers and host are read where the engine's processes are this kernel's.
#[derive(Clone, Copy, Debug)]
pub struct HostReader {
    /// What the container with this id uses, whose main process has this number; none where it is not here.
    pub container: fn(u32, &str) -> Option<Vec<Reading>>,
    /// What the host is busy with.
    pub counters: fn() -> Vec<Reading>,
}

/// A container as it was last looked at.
#[derive(Clone, Debug)]
struct Watched {
    id: String,
    service: String,
    /// `shop-1`: its name without the project's.
    name: String,
    pid: Option<u32>,
    /// What only the engine knows.
    engine: Vec<Reading>,
    oom_killed: bool,
}

/// What one container was found to use.
struct Found {
    watched: Watched,
    readings: Vec<Reading>,
    /// Whether it was read from this machine's kernel.
    is_local: bool,
}

/// Reads and tells what the containers of a stack use.
pub(super) struct Exporter {
    engine: Engine,
    host: HostReader,
    project: String,
    containers: Vec<Watched>,
}

impl Exporter {
    pub(super) fn new(engine: Engine, host: HostReader, project: &str, containers: &[ContainerState]) -> Self {
        let containers = containers.iter().map(|state| watched(state, project)).collect();
        Self { engine, host, project: project.to_owned(), containers }
    }

    /// Answers scrapes until it is dropped.
    pub(super) async fn serve(mut self, generator: Generator) {
        loop {
            if let Err(error) = self.serve_one(&generator).await {
                // The scrape fails, which whoever needs it sees; a generator that is gone is no news here.
                tracing::debug!(error = error_chain(&error), "a scrape of containers was not answered");
                sleep(PAUSE).await;
            }
        }
    }

    async fn serve_one(&mut self, generator: &Generator) -> Result<(), StackError> {
        let Some(turn) = generator.next_turn().await? else { return Ok(()) };
        let began = Instant::now();
        let text = self.read().await?;
        tracing::trace!(turn, elapsed_us = began.elapsed().as_micros(), "containers were read");
        generator.answer_turn(turn, text).await
    }

    async fn read(&mut self) -> Result<String, StackError> {
        let reading = self.containers.iter().map(|container| self.read_one(container));
        let found = join_all(reading).await.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut exposition = Exposition::default();
        for Found { watched, readings, .. } in &found {
            let owner = [(SERVICE_LABEL, watched.service.as_str()), (CONTAINER_LABEL, watched.name.as_str())];
            exposition.add(&watched.engine, &owner);
            exposition.add(readings, &owner);
        }
        // With an engine on another machine, this one's counters would be beside the point.
        if found.iter().any(|found| found.is_local) {
            exposition.add(&(self.host.counters)(), &[]);
        }
        self.containers = found.into_iter().map(|found| found.watched).collect();
        Ok(exposition.text())
    }

    /// From the kernel where that is possible, else from the engine.
    async fn read_one(&self, last: &Watched) -> Result<Found, StackError> {
        if let Some(readings) = self.read_local(last) {
            return Ok(Found { watched: last.clone(), readings, is_local: true });
        }
        // It has ended, was started again, or is not of this machine.
        let watched = match self.engine.container(&last.id).await? {
            Some(state) => watched(&state, &self.project),
            None => Watched { pid: None, ..last.clone() },
        };
        if let Some(readings) = self.read_local(&watched) {
            return Ok(Found { watched, readings, is_local: true });
        }
        let mut readings = match watched.pid {
            Some(_) => self.engine.container_usage(&watched.id).await?,
            None => Vec::new(),
        };
        if watched.oom_killed {
            readings.extend(OOM_EVENTS.of(Some(1.0)));
        }
        Ok(Found { watched, readings, is_local: false })
    }

    fn read_local(&self, container: &Watched) -> Option<Vec<Reading>> {
        (self.host.container)(container.pid?, &container.id)
    }
}

fn watched(state: &ContainerState, project: &str) -> Watched {
    let service = state.labels.get("com.docker.compose.service").cloned().unwrap_or_default();
    let started = OffsetDateTime::parse(&state.started_at, &Rfc3339).ok();
    // The engine gives a container that was never started the year 1.
    let started = started.map(|at| at.unix_timestamp_nanos() as f64 / 1e9).filter(|seconds| *seconds > 0.0);
    let engine = [START_TIME.of(started), RESTARTS.of(Some(state.restarts as f64))];
    Watched {
        id: state.id.clone(),
        service,
        name: state.name.strip_prefix(project).unwrap_or(&state.name).trim_start_matches('-').to_owned(),
        pid: state.pid,
        engine: engine.into_iter().flatten().collect(),
        oom_killed: state.oom_killed,
    }
}
