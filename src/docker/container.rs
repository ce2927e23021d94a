//! Containers: made, started, looked at, read from.

use std::collections::HashMap;
use std::io::{Cursor, Read};

use bollard::models::{ContainerCreateBody, ContainerStateStatusEnum, HealthStatusEnum, HostConfig, PortBinding};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, DownloadFromContainerOptionsBuilder, LogsOptionsBuilder, StartContainerOptions,
    UploadToContainerOptionsBuilder,
};
use futures_util::{StreamExt, TryStreamExt};

use super::engine::Engine;
use super::error::DockerError;

/// A container to make.
#[derive(Clone, Debug, Default)]
pub struct NewContainer {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// Its command, after the image's entry point.
    pub command: Vec<String>,
    /// `NAME=value`.
    pub environment: Vec<String>,
    /// Its labels.
    pub labels: HashMap<String, String>,
    /// `volume:path`.
    pub binds: Vec<String>,
    /// A TCP port to publish on 127.0.0.1, with a port of the host that the engine chooses.
    pub publish: Option<u16>,
    /// The network that it joins; none: the engine's default one.
    pub network: Option<String>,
}

/// What a container's own health check says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Health {
    /// It has no health check.
    None,
    /// Not yet decided.
    Starting,
    /// It passes.
    Healthy,
    /// It fails.
    Unhealthy,
}

/// A container as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContainerState {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: HashMap<String, String>,
    /// Its main process on the engine's machine; none where it does not run.
    pub pid: Option<u32>,
    /// Whether its main process runs.
    pub running: bool,
    /// The exit code of its main process, where it ended.
    pub exit_code: Option<i64>,
    /// Whether the kernel killed it for memory.
    pub oom_killed: bool,
    /// How often it was restarted.
    pub restarts: i64,
    /// What its health check says.
    pub health: Health,
    /// When its main process started, RFC 3339.
    pub started_at: String,
    /// Ports of 127.0.0.1 by port inside the container.
    pub ports: HashMap<u16, u16>,
}

impl Engine {
    /// Makes a container; it is not started.
    ///
    /// # Errors
    /// The engine refuses, for instance because the name is taken.
    pub async fn create_container(&self, new: &NewContainer) -> Result<(), DockerError> {
        let exposed = new.publish.map(|port| format!("{port}/tcp"));
        let bindings = exposed.clone().map(|port| {
            // Port 0: the engine chooses a free one.
            let binding = PortBinding { host_ip: Some("127.0.0.1".to_owned()), host_port: Some("0".to_owned()) };
            HashMap::from([(port, Some(vec![binding]))])
        });
        let body = ContainerCreateBody {
            image: Some(new.image.clone()),
            cmd: (!new.command.is_empty()).then(|| new.command.clone()),
            env: Some(new.environment.clone()),
            labels: Some(new.labels.clone()),
            exposed_ports: exposed.map(|port| vec![port]),
            host_config: Some(HostConfig {
                binds: Some(new.binds.clone()),
                port_bindings: bindings,
                network_mode: new.network.clone(),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        };
        let options = CreateContainerOptionsBuilder::new().name(&new.name).build();
        let call = self.docker.create_container(Some(options), body);
        self.call(format!("create container `{}`", new.name), call).await.map(|_| ())
    }

    /// Starts a container; one that runs stays as it is.
    ///
    /// # Errors
    /// The engine refuses.
    pub async fn start_container(&self, name: &str) -> Result<(), DockerError> {
        let call = self.docker.start_container(name, None::<StartContainerOptions>);
        self.call(format!("start container `{name}`"), call).await
    }

    /// A container as it stands; none where there is no such container.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn container(&self, name: &str) -> Result<Option<ContainerState>, DockerError> {
        let call = self.docker.inspect_container(name, None::<bollard::query_parameters::InspectContainerOptions>);
        let found = self.call_optional(format!("inspect container `{name}`"), call).await?;
        Ok(found.map(state_of))
    }

    /// The last lines that a container wrote, both streams, oldest first; bounded to 1 MiB.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn container_log(&self, name: &str, last_lines: Option<u32>) -> Result<String, DockerError> {
        const MOST: usize = 1 << 20;
        let tail = last_lines.map_or_else(|| "all".to_owned(), |lines| lines.to_string());
        let options = LogsOptionsBuilder::new().stdout(true).stderr(true).tail(&tail).build();
        let read = async {
            let mut stream = self.docker.logs(name, Some(options));
            let (mut text, mut cut) = (String::new(), false);
            while let Some(chunk) = stream.try_next().await? {
                text.push_str(&chunk.to_string());
                // The end is what tells; twice the bound at most is held.
                if text.len() > 2 * MOST {
                    text.drain(..text.ceil_char_boundary(text.len() - MOST));
                    cut = true;
                }
            }
            if text.len() > MOST {
                text.drain(..text.ceil_char_boundary(text.len() - MOST));
                cut = true;
            }
            Ok(if cut { format!("[cut here: the last 1 MiB is kept]\n{text}") } else { text })
        };
        self.call(format!("read the log of container `{name}`"), read).await
    }

    /// Writes one file into a container, running or not.
    ///
    /// # Errors
    /// The container is not there, or the folder in it is not.
    pub async fn write_file(&self, name: &str, path: &str, content: &str, mode: u32) -> Result<(), DockerError> {
        let (folder, file) = path.rsplit_once('/').unwrap_or((".", path));
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(mode);
        let mut archive = tar::Builder::new(Vec::new());
        let packed = archive
            .append_data(&mut header, file, content.as_bytes())
            .and_then(|()| archive.into_inner())
            .map_err(|source| DockerError::Archive { operation: format!("pack `{file}`"), source })?;
        self.write_archive(name, if folder.is_empty() { "/" } else { folder }, packed).await
    }

    /// Unpacks a tar archive, compressed or not, into a folder of a container, running or not. Owners stay as they are
    /// in the archive.
    ///
    /// # Errors
    /// The container is not there, or the folder in it is not, or the engine can't unpack the archive.
    pub async fn write_archive(&self, name: &str, folder: &str, archive: Vec<u8>) -> Result<(), DockerError> {
        let options = UploadToContainerOptionsBuilder::new().path(folder).build();
        let call = self.docker.upload_to_container(name, Some(options), bollard::body_full(archive.into()));
        self.call(format!("write into `{folder}` of container `{name}`"), call).await
    }

    /// Reads one file of a container, running or not; none where there is no such file.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn read_file(&self, name: &str, path: &str) -> Result<Option<String>, DockerError> {
        let Some(packed) = self.archive_optional(name, path).await? else { return Ok(None) };
        let read = |source| DockerError::Archive { operation: format!("read `{path}` of `{name}`"), source };
        unpack_text(&packed).map(Some).map_err(read)
    }

    /// A folder or file of a container as a tar archive.
    ///
    /// # Errors
    /// There is no such path.
    pub async fn archive(&self, name: &str, path: &str) -> Result<Vec<u8>, DockerError> {
        self.call(format!("read `{path}` of container `{name}`"), self.download(name, path)).await
    }

    async fn archive_optional(&self, name: &str, path: &str) -> Result<Option<Vec<u8>>, DockerError> {
        self.call_optional(format!("read `{path}` of container `{name}`"), self.download(name, path)).await
    }

    async fn download(&self, name: &str, path: &str) -> Result<Vec<u8>, bollard::errors::Error> {
        let options = DownloadFromContainerOptionsBuilder::new().path(path).build();
        let mut stream = self.docker.download_from_container(name, Some(options));
        let mut packed = Vec::new();
        while let Some(chunk) = stream.next().await {
            packed.extend_from_slice(&chunk?);
        }
        Ok(packed)
    }
}

/// The content of the files of an archive, joined.
fn unpack_text(packed: &[u8]) -> std::io::Result<String> {
    let mut text = String::new();
    for entry in tar::Archive::new(Cursor::new(packed)).entries()? {
        entry?.read_to_string(&mut text)?;
    }
    Ok(text)
}

fn state_of(inspected: bollard::models::ContainerInspectResponse) -> ContainerState {
    let state = inspected.state.unwrap_or_default();
    let running = state.status == Some(ContainerStateStatusEnum::RUNNING);
    let health = match state.health.and_then(|health| health.status) {
        None | Some(HealthStatusEnum::NONE | HealthStatusEnum::EMPTY) => Health::None,
        Some(HealthStatusEnum::STARTING) => Health::Starting,
        Some(HealthStatusEnum::HEALTHY) => Health::Healthy,
        Some(HealthStatusEnum::UNHEALTHY) => Health::Unhealthy,
    };
    let ended = matches!(state.status, Some(ContainerStateStatusEnum::EXITED | ContainerStateStatusEnum::DEAD));
    ContainerState {
        id: inspected.id.unwrap_or_default(),
        name: inspected.name.unwrap_or_default().trim_start_matches('/').to_owned(),
        labels: inspected.config.and_then(|config| config.labels).unwrap_or_default(),
        pid: state.pid.and_then(|pid| u32::try_from(pid).ok()).filter(|pid| *pid > 0),
        running,
        exit_code: state.exit_code.filter(|_| ended),
        oom_killed: state.oom_killed.unwrap_or(false),
        restarts: inspected.restart_count.unwrap_or(0),
        health,
        started_at: state.started_at.unwrap_or_default(),
        ports: published(inspected.network_settings.and_then(|network| network.ports).unwrap_or_default()),
    }
}

fn published(ports: HashMap<String, Option<Vec<PortBinding>>>) -> HashMap<u16, u16> {
    let one = |(inside, bindings): (String, Option<Vec<PortBinding>>)| {
        let inside = inside.split('/').next()?.parse().ok()?;
        let outside = bindings?.into_iter().find_map(|binding| binding.host_port?.parse().ok())?;
        Some((inside, outside))
    };
    ports.into_iter().filter_map(one).collect()
}
