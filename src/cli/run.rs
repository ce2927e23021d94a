//! From arguments to an exit code.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use super::args::{Cli, Command};
use super::exit::CliError;
use super::global::Global;
use super::{check, compare, jobs, load, measure, runs};
use crate::config;
use crate::domain::settings::{LogSettings, Settings};
use crate::telemetry;

/// Parses the arguments, runs the subcommand, and says what went wrong on standard error.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match dispatch(cli) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // Nobody is left to tell when standard error is gone; the exit code still does.
            let _ = writeln!(std::io::stderr(), "loadmark: {}", error.text());
            ExitCode::from(error.exit_code())
        }
    }
}

fn dispatch(cli: Cli) -> Result<u8, CliError> {
    let global = cli.global;
    if let Command::Load(args) = cli.command {
        log(&LogSettings::default())?;
        return on_runtime(load::load(args));
    }
    let settings = config::load(&global.config, &|name| std::env::var(name).ok())?;
    log(&settings.log)?;
    on_runtime(run_configured(cli.command, settings, &global))
}

async fn run_configured(command: Command, settings: Settings, global: &Global) -> Result<u8, CliError> {
    match command {
        Command::Master(args) => measure::master(args, settings, global).await,
        Command::Test(args) => measure::test(args, settings, global).await,
        Command::Compare(args) => compare::compare(args, settings, global).await,
        Command::Jobs(args) => jobs::jobs(args, settings, global).await,
        Command::Runs(args) => runs::runs(args, settings, global).await,
        Command::Check => check::check(settings, global).await,
        Command::Load(args) => load::load(args).await,
    }
}

fn log(settings: &LogSettings) -> Result<(), CliError> {
    telemetry::install(settings)
        .map_err(|error| CliError::LogLevel { level: settings.level.clone(), reason: error.to_string() })
}

fn on_runtime(work: impl Future<Output = Result<u8, CliError>>) -> Result<u8, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|source| CliError::Io { operation: "start the runtime".to_owned(), source })?;
    runtime.block_on(work)
}
