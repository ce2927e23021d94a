//! The engine: connection, version, and the time-out that every call has.

use std::future::Future;
use std::time::Duration;

use bollard::Docker;
use tokio::time::timeout;

use super::error::DockerError;
use crate::domain::machine::EngineInfo;

/// How long the engine may take to answer a call that does no work in the background.
const CALL_LIMIT: Duration = Duration::from_secs(60);

/// Where the engine is: `DOCKER_HOST`, else the local socket. The compose tool is told the same, so that a context
/// chosen elsewhere can't send the two to different engines.
pub(super) fn address() -> String {
    std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".to_owned())
}

/// A connected Docker engine.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(super) docker: Docker,
}

impl Engine {
    /// Connects as the docker client would (`DOCKER_HOST`, else the local socket), and agrees on an API version.
    ///
    /// # Errors
    /// No engine answers.
    pub async fn connect() -> Result<Self, DockerError> {
        let address = address();
        let unreachable = |source| DockerError::Unreachable { address: address.clone(), source };
        let docker = Docker::connect_with_defaults().map_err(unreachable)?;
        let negotiated = timeout(CALL_LIMIT, docker.negotiate_version()).await.map_err(|_| DockerError::TimedOut {
            operation: format!("connecting to the Docker engine at {address}"),
            limit: CALL_LIMIT,
        })?;
        let docker = negotiated.map_err(unreachable)?;
        docker.ping().await.map_err(unreachable)?;
        Ok(Self { docker })
    }

    /// The engine's name and version, `docker 28.2.2 (API 1.50)`.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn version(&self) -> Result<String, DockerError> {
        let version = self.call("ask the engine for its version".to_owned(), self.docker.version()).await?;
        Ok(format!("docker {} (API {})", version.version.unwrap_or_default(), version.api_version.unwrap_or_default()))
    }

    /// What the engine says of itself and its machine.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn info(&self) -> Result<EngineInfo, DockerError> {
        let info = self.call("ask the engine about itself".to_owned(), self.docker.info()).await?;
        Ok(EngineInfo {
            version: info.server_version.unwrap_or_default(),
            storage_driver: info.driver.unwrap_or_default(),
            cgroup_driver: info.cgroup_driver.map(|driver| driver.to_string()).unwrap_or_default(),
            cgroup_version: info.cgroup_version.map(|version| version.to_string()).unwrap_or_default(),
            operating_system: info.operating_system.unwrap_or_default(),
            folder: info.docker_root_dir.unwrap_or_default(),
            cores: info.ncpu.and_then(|cores| usize::try_from(cores).ok()),
        })
    }

    /// One call with its time-out; `operation` completes "failed to ...".
    pub(super) async fn call<T>(
        &self,
        operation: String,
        call: impl Future<Output = Result<T, bollard::errors::Error>>,
    ) -> Result<T, DockerError> {
        match timeout(CALL_LIMIT, call).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(source)) => Err(DockerError::Engine { operation, source }),
            Err(_) => Err(DockerError::TimedOut { operation, limit: CALL_LIMIT }),
        }
    }

    /// The same, where an object that is not there is an answer and not an error.
    pub(super) async fn call_optional<T>(
        &self,
        operation: String,
        call: impl Future<Output = Result<T, bollard::errors::Error>>,
    ) -> Result<Option<T>, DockerError> {
        match self.call(operation, call).await {
            Ok(answer) => Ok(Some(answer)),
            Err(DockerError::Engine {
                source: bollard::errors::Error::DockerResponseServerError { status_code: 404, .. },
                ..
            }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
