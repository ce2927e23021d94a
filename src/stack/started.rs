//! Looking at the containers of a project that was started: what runs, what ended, what it said last.

use std::net::{Ipv4Addr, SocketAddr};

use super::error::StackError;
use super::names::RUN_LABEL;
use crate::docker::{ContainerState, Engine, Health};
use crate::domain::verdict::ServiceFailure;

/// Lines of a container's log that an error carries.
const ERROR_LOG_LINES: u32 = 20;

/// Every container of a compose project, as it stands.
pub(super) async fn containers_of(engine: &Engine, project: &str) -> Result<Vec<ContainerState>, StackError> {
    let project = format!("com.docker.compose.project={project}");
    let found = engine.labelled(&[project], RUN_LABEL).await?;
    let mut containers = Vec::new();
    for (id, _) in found.containers {
        containers.extend(engine.container(&id).await?);
    }
    Ok(containers)
}

/// The containers of a project that `up` has started, whole or in part.
pub(super) struct Started<'a> {
    pub(super) engine: &'a Engine,
    pub(super) project: &'a str,
    pub(super) service: &'a str,
}

impl Started<'_> {
    pub(super) async fn all_containers(&self) -> Result<Vec<ContainerState>, StackError> {
        containers_of(self.engine, self.project).await
    }

    pub(super) async fn containers(&self, service: &str) -> Result<Vec<ContainerState>, StackError> {
        let is_of = |container: &ContainerState| {
            container.labels.get("com.docker.compose.service").is_some_and(|name| name == service)
        };
        Ok(self.all_containers().await?.into_iter().filter(is_of).collect())
    }

    pub(super) async fn published(&self, service: &str, port: u16) -> Result<SocketAddr, StackError> {
        let containers = self.containers(service).await?;
        match containers.first().and_then(|container| container.ports.get(&port)) {
            Some(port) => Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, *port))),
            None => {
                let log = self.last_log(service).await;
                Err(StackError::Up { message: format!("{service} is not running: {log}") })
            }
        }
    }

    /// Fails where a container of the service under test has ended, or was started again: as `failure`, if it was
    /// not for memory.
    pub(super) async fn check_service(&self, failure: ServiceFailure) -> Result<(), StackError> {
        for container in self.containers(self.service).await? {
            // Created, not started: `up` gave up before its turn came.
            let ended = container.exit_code.filter(|_| !container.running);
            // A memory kill may take one process of many, and leave the container alive.
            if ended.is_none() && container.restarts == 0 && !container.oom_killed {
                continue;
            }
            let failure = if container.oom_killed { ServiceFailure::Oom } else { failure };
            let how = match ended {
                _ if container.oom_killed => "was killed for memory (OOMKilled)".to_owned(),
                Some(code) => format!("ended with exit code {code}"),
                None => "ended and was started again".to_owned(),
            };
            return Err(StackError::Service {
                failure,
                message: format!("container of `{}` {how}", self.service),
                log: self.last_log(self.service).await,
            });
        }
        Ok(())
    }

    /// Fails where a container of the service under test is unhealthy: others waited for it in vain.
    pub(super) async fn check_health(&self) -> Result<(), StackError> {
        for container in self.containers(self.service).await? {
            if container.health == Health::Unhealthy {
                return Err(StackError::Service {
                    failure: ServiceFailure::NotReady,
                    message: format!("container of `{}` is unhealthy by its own health check", self.service),
                    log: self.last_log(self.service).await,
                });
            }
        }
        Ok(())
    }

    /// What a service's containers wrote last; that it can't be read must not hide why it was asked for.
    pub(super) async fn last_log(&self, service: &str) -> String {
        let mut text = String::new();
        for container in self.containers(service).await.unwrap_or_default() {
            match self.engine.container_log(&container.id, Some(ERROR_LOG_LINES)).await {
                Ok(log) => text.push_str(&log),
                Err(error) => text.push_str(&format!("[no log of {}: {error}]\n", container.name)),
            }
        }
        text.trim_end().to_owned()
    }
}
