//! A stack of one round: up, ready, load, logs, down.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::fs;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use super::control::Generator;
use super::error::{StackError, io_error};
use super::exporter::Exporter;
use super::names::{GENERATOR, GENERATOR_PORT, PROMETHEUS, PROMETHEUS_PORT, RUN_LABEL};
use super::overlay::Overlay;
use super::project::Project;
use super::scrape;
use super::started::{Started, containers_of};
use super::sweep::Stacks;
use crate::docker::{Compose, DockerError, Engine, Health};
use crate::domain::flow::{Endpoints, RoundId};
use crate::domain::load::{LoadRecord, LoadSpec, LoadStatus, PhaseOrder, Probe};
use crate::domain::ready::ReadyCondition;
use crate::domain::settings::Settings;
use crate::domain::verdict::ServiceFailure;

/// How often a condition is looked at while waiting.
const POLL: Duration = Duration::from_millis(100);
/// How long our own containers may take to answer.
const OWN_LIMIT: Duration = Duration::from_secs(60);

/// The images of a stack.
#[derive(Clone, Debug)]
pub struct StackImages {
    /// By service: the one under test, and those built beside it.
    pub built: BTreeMap<String, String>,
    /// Prometheus.
    pub prometheus: String,
}

/// A stack that `up` has started.
pub struct Running {
    engine: Engine,
    compose: Compose,
    service: String,
    generator: Generator,
    endpoints: Endpoints,
    down_limit: Duration,
    /// Ends with the stack's use.
    _exporter: AbortOnDropHandle<()>,
}

impl Stacks {
    /// Starts the stack of a round; its files go to `folder`, which is made.
    ///
    /// # Errors
    /// Files can't be written, or the tool fails: as the service's failure where its container ended or is
    /// unhealthy. What was started stays, for its logs; [`Stacks::remove_run`] takes it away.
    pub async fn up(
        &self,
        settings: &Settings,
        project: &Project,
        images: &StackImages,
        load: &LoadSpec,
        round: &RoundId,
        folder: &Path,
    ) -> Result<Running, StackError> {
        let token = Uuid::new_v4().to_string();
        let targets = scrape::of_round(project.targets(), round);
        let overlay = Overlay {
            project,
            round,
            built: &images.built,
            prometheus_image: &images.prometheus,
            generator_image: self.generator_image().await?,
            folder,
        };
        let text = overlay.text().map_err(|error| StackError::Up { message: error.to_string() })?;
        let prometheus = scrape::prometheus_config(&targets, round, &settings.prometheus).to_string();
        let spec = serde_json::to_string(load).map_err(|error| StackError::Up { message: error.to_string() })?;
        let override_file = folder.join("override.yaml");
        for (path, content) in [
            (override_file.clone(), &text),
            (folder.join("prometheus.yml"), &prometheus),
            (folder.join("load/spec.json"), &spec),
            (folder.join("load/token"), &token),
        ] {
            write_readable(&path, content).await?;
        }
        let files = vec![project.file.clone(), override_file];
        let compose = Compose::new(&project.command, &round.project_name(), &project.folder, files)
            .with_variables(project.variables.clone());
        let limit = settings.timeouts.up.0;
        let args = ["up", "--detach", "--no-build", "--quiet-pull"];
        let failed = match compose.run(&args, limit, |line| tracing::debug!(compose = line)).await {
            Ok(finished) if finished.success => None,
            Ok(finished) => Some(finished.last_lines(5)),
            Err(error @ DockerError::TimedOut { .. }) => Some(error.to_string()),
            Err(error) => return Err(error.into()),
        };
        let started = Started { engine: &self.engine, project: compose.project(), service: &project.service };
        if let Some(message) = failed {
            started.check_service(ServiceFailure::NotReady).await?;
            started.check_health().await?;
            return Err(StackError::Up { message });
        }
        let endpoints = Endpoints {
            prometheus: started.published(PROMETHEUS, PROMETHEUS_PORT).await?,
            generator: started.published(GENERATOR, GENERATOR_PORT).await?,
            targets,
        };
        let generator = Generator::new(endpoints.generator, token)?;
        let containers = started.all_containers().await?;
        let exporter = Exporter::new(self.engine.clone(), self.host, compose.project(), &containers);
        let exporter = tokio::spawn(exporter.serve(generator.clone()));
        Ok(Running {
            engine: self.engine.clone(),
            service: project.service.clone(),
            compose,
            generator,
            endpoints,
            down_limit: settings.timeouts.down.0,
            _exporter: AbortOnDropHandle::new(exporter),
        })
    }

    /// Writes the log of every container of a round into `folder`, one file a container.
    ///
    /// # Errors
    /// The engine does not answer or a file can't be written.
    pub async fn keep_logs(&self, round: &RoundId, folder: &Path) -> Result<(), StackError> {
        fs::create_dir_all(folder).await.map_err(io_error("create", folder))?;
        for container in containers_of(&self.engine, &round.project_name()).await? {
            let log = self.engine.container_log(&container.id, None).await?;
            let name = container.name.trim_start_matches(&round.project_name()).trim_start_matches('-').to_owned();
            let path = folder.join(format!("{name}.log"));
            let written = fs::write(&path, log).await.map_err(io_error("write", &path));
            if written.is_err() {
                // The half of a log would pass for all of it.
                let _ = fs::remove_file(&path).await;
            }
            written?;
        }
        Ok(())
    }
}

impl Running {
    /// How to talk with it.
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    pub(super) fn started(&self) -> Started<'_> {
        Started { engine: &self.engine, project: self.compose.project(), service: &self.service }
    }

    /// Waits for conditions, those on PromQL excepted, one after the other; the limit is for all of them.
    ///
    /// # Errors
    /// The service ended, or one does not come true: both with the service's last log lines.
    pub async fn wait_ready(&self, conditions: &[ReadyCondition], limit: Duration) -> Result<(), StackError> {
        let deadline = Instant::now() + limit;
        self.generator.wait_up(OWN_LIMIT).await?;
        for condition in conditions {
            loop {
                self.started().check_service(ServiceFailure::NotReady).await?;
                let seen = match self.look(condition).await? {
                    None => break,
                    Some(seen) => seen,
                };
                if Instant::now() > deadline {
                    let service = match condition {
                        ReadyCondition::Health(service) => service,
                        _ => &self.service,
                    };
                    return Err(StackError::Service {
                        failure: ServiceFailure::NotReady,
                        message: format!("{condition} did not come true within {limit:?}; last seen: {seen}"),
                        log: self.started().last_log(service).await,
                    });
                }
                sleep(POLL).await;
            }
        }
        Ok(())
    }

    /// That the service is not ready, with its last log lines.
    pub async fn not_ready(&self, message: String) -> StackError {
        let log = self.started().last_log(&self.service).await;
        StackError::Service { failure: ServiceFailure::NotReady, message, log }
    }

    /// Waits until a container of the service ends, for as long as it is not ready yet.
    pub async fn ended_before_ready(&self) -> StackError {
        loop {
            if let Err(error) = self.started().check_service(ServiceFailure::NotReady).await {
                return error;
            }
            sleep(POLL).await;
        }
    }

    /// What speaks against a condition; none when it holds.
    async fn look(&self, condition: &ReadyCondition) -> Result<Option<String>, StackError> {
        let probe = match condition {
            ReadyCondition::Health(service) => return self.look_at_health(service).await,
            // Asked where Prometheus is: in `measure`.
            ReadyCondition::Promql(_) => return Ok(None),
            ReadyCondition::Http(url) => Probe::Http(url.clone()),
            ReadyCondition::Tcp(address) => Probe::Tcp(address.clone()),
        };
        let answer = self.generator.probe(&probe).await?;
        Ok(if answer.ok { None } else { Some(answer.detail) })
    }

    async fn look_at_health(&self, service: &str) -> Result<Option<String>, StackError> {
        let containers = self.started().containers(service).await?;
        if containers.is_empty() {
            return Ok(Some("it has no container".to_owned()));
        }
        if let Some(container) = containers.iter().find(|container| container.health == Health::None) {
            // Waiting would change nothing, and the commit is not to blame.
            let message =
                format!("`ready` asks for the health of `{service}`, and {} has no health check", container.name);
            return Err(StackError::Up { message });
        }
        let bad = containers.iter().find(|container| container.health != Health::Healthy);
        Ok(bad.map(|container| format!("{} is {:?}", container.name, container.health).to_lowercase()))
    }

    /// Runs a phase of the load to its end; `on_status` hears how it goes.
    ///
    /// # Errors
    /// The service ended meanwhile, or the generator does not answer.
    pub async fn run_load(
        &self,
        order: PhaseOrder,
        limit: Duration,
        on_status: impl Fn(&LoadStatus),
    ) -> Result<(), StackError> {
        let ran = self.generator.run(order, limit, on_status).await;
        // A service that has ended explains whatever the generator complains of.
        self.started().check_service(ServiceFailure::Crashed).await?;
        ran
    }

    /// What time it is by the generator's clock, in nanoseconds since the Unix epoch.
    ///
    /// # Errors
    /// The generator does not answer.
    pub async fn load_clock(&self) -> Result<u64, StackError> {
        Ok(self.generator.status().await?.now_unix_ns)
    }

    /// The generator's record of all phases so far.
    ///
    /// # Errors
    /// The generator does not answer.
    pub async fn load_record(&self) -> Result<LoadRecord, StackError> {
        self.generator.record().await
    }

    /// A snapshot of Prometheus' samples, by its name, as a tar archive.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn snapshot_archive(&self, name: &str) -> Result<Vec<u8>, StackError> {
        let containers = self.started().containers(PROMETHEUS).await?;
        let id = containers.first().map(|container| container.id.clone()).unwrap_or_default();
        Ok(self.engine.archive(&id, &format!("/prometheus/snapshots/{name}")).await?)
    }

    /// Takes the stack down at once: its data are read, nothing of it is kept, so no container gets time to end by
    /// itself. What stays, [`Stacks::remove_run`] removes.
    ///
    /// # Errors
    /// The engine refuses, or takes too long.
    pub async fn down(self) -> Result<(), StackError> {
        let project = format!("com.docker.compose.project={}", self.compose.project());
        let remove = async { self.engine.remove_labelled(&self.engine.labelled(&[project], RUN_LABEL).await?).await };
        let operation = || format!("taking down {} (see `timeouts.down`)", self.compose.project());
        let limit = self.down_limit;
        let removed =
            timeout(limit, remove).await.map_err(|_| StackError::TimedOut { operation: operation(), limit })?;
        Ok(removed?)
    }
}

/// Prometheus and the generator run as nobody: the files must be readable to all.
async fn write_readable(path: &PathBuf, content: &str) -> Result<(), StackError> {
    use std::os::unix::fs::PermissionsExt;
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent).await.map_err(io_error("create", parent))?;
    fs::write(path, content).await.map_err(io_error("write", path))?;
    let readable = std::fs::Permissions::from_mode(0o644);
    fs::set_permissions(path, readable).await.map_err(io_error("make readable", path))?;
    let open = std::fs::Permissions::from_mode(0o755);
    fs::set_permissions(parent, open).await.map_err(io_error("make readable", parent))
}
