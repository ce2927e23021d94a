//! `load`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::exit::{CliError, INTERRUPTED};
use super::output;
use super::progress::Screen;
use crate::app::{self, AgentOptions};
use crate::domain::progress::Progress;

/// Arguments of `load`.
#[derive(Args, Debug)]
pub(super) struct LoadArgs {
    /// The specification (JSON): requests, stages, warm-up, connections; see docs/formats.md.
    #[arg(long, value_name = "FILE")]
    spec: PathBuf,
    /// Serve metrics for Prometheus at this address while the load is on.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "agent")]
    metrics: Option<SocketAddr>,
    /// Send nothing by itself; wait for orders at this address, as in a stack's container.
    #[arg(long, value_name = "ADDRESS", requires = "token_file")]
    agent: Option<SocketAddr>,
    /// The file with the token that the agent's callers must know.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Write the record to this file instead of standard output.
    #[arg(long, value_name = "FILE", conflicts_with = "agent")]
    output: Option<PathBuf>,
}

pub(super) async fn load(args: LoadArgs, stop: &CancellationToken) -> Result<u8, CliError> {
    if let (Some(listen), Some(token_file)) = (args.agent, args.token_file) {
        app::run_agent(&args.spec, &AgentOptions { listen, token_file }, stop).await?;
        return Ok(0);
    }
    let screen = Screen::new();
    let listener = screen.listener();
    let record = app::run_standalone(&args.spec, args.metrics, stop, |status, planned| {
        listener(Progress::Load { rate: status.rate, planned, p99: Duration::from_nanos(status.p99_ns) });
    })
    .await?;
    let Some(record) = record else { return Ok(INTERRUPTED) };
    let text = serde_json::to_string_pretty(&record)
        .map_err(|error| CliError::Io { operation: "write the record".to_owned(), source: error.into() })?;
    match args.output {
        None => screen.aside(|| output::print(&text))?,
        Some(path) => std::fs::write(&path, text + "\n")
            .map_err(|source| CliError::Io { operation: format!("write `{}`", path.display()), source })?,
    }
    Ok(0)
}
