//! `load`: the generator by itself, or as the agent in a stack's container.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::error::AppError;
use crate::domain::load::{LoadRecord, LoadSpec, LoadStatus};
use crate::load::{self, Generator};

/// How the agent is reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AgentOptions {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The file with the token that its callers know.
    pub token_file: PathBuf,
}

/// Waits for orders on the control server until `stop`.
///
/// # Errors
/// The specification or the token can't be read, or the address is taken.
pub async fn run_agent(spec: &Path, options: &AgentOptions, stop: &CancellationToken) -> Result<(), AppError> {
    let token = read(&options.token_file)?.trim().to_owned();
    let listener = listen(options.listen).await?;
    Ok(load::serve(read_spec(spec)?, listener, token, stop.cancelled()).await?)
}

/// Sends warm-up and stages at once; the record is the answer, none if it was stopped. Metrics are served meanwhile
/// where an address is given. `on_progress` hears the status and the planned requests a second.
///
/// # Errors
/// The specification can't be read, the address is taken, or the generator fails.
pub async fn run_standalone(
    spec: &Path,
    metrics: Option<SocketAddr>,
    stop: &CancellationToken,
    on_progress: impl Fn(&LoadStatus, f64),
) -> Result<Option<LoadRecord>, AppError> {
    let generator = Arc::new(Generator::new(read_spec(spec)?)?);
    if let Some(address) = metrics {
        let (listener, generator, stop) = (listen(address).await?, Arc::clone(&generator), stop.clone());
        tokio::spawn(async move { load::serve_metrics(generator, listener, stop.cancelled()).await });
    }
    let told = |status: &LoadStatus| {
        let stage = status.running.and_then(|phase| generator.stage(phase).ok());
        on_progress(status, stage.map_or(0.0, |stage| f64::from(stage.rate)));
    };
    tokio::select! {
        record = load::run_plan(&generator, told) => Ok(Some(record?)),
        () = stop.cancelled() => Ok(None),
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, AppError> {
    let failed = |source| AppError::Io { operation: "listen on", path: address.to_string().into(), source };
    TcpListener::bind(address).await.map_err(failed)
}

fn read(path: &Path) -> Result<String, AppError> {
    fs::read_to_string(path).map_err(|source| AppError::Io { operation: "read", path: path.to_owned(), source })
}

fn read_spec(path: &Path) -> Result<LoadSpec, AppError> {
    serde_json::from_str(&read(path)?).map_err(|error| {
        AppError::Usage(format!(
            "`{}` is no load specification: {error}; its format is in docs/formats.md",
            path.display()
        ))
    })
}
