//! From arguments to an exit code.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use tokio_util::sync::CancellationToken;

use super::args::{Cli, Command, Configured};
use super::evaluate::{EvaluateAction, EvaluateArgs};
use super::exit::CliError;
use super::global::Global;
use super::{
    baseline, calibrate, check, compare, completions, doctor, evaluate, export, history, jobs, judge, load, man,
    measure, runs, serve,
};
use crate::app::{self, Role};
use crate::config;
use crate::domain::settings::{LogSettings, Settings};
use crate::telemetry;

/// Every thread has the stack of a main thread: a job is served on one of them, through many layers.
const STACK: usize = 8 << 20;

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
    match cli.command {
        Command::Load(args) => {
            log(&LogSettings::default())?;
            on_runtime(async { load::load(args, &signals()?).await })
        }
        Command::Doctor => {
            let settings = config::load(&global.config, &|name| std::env::var(name).ok());
            log(&settings.as_ref().map_or_else(|_| LogSettings::default(), |settings| settings.log.clone()))?;
            on_runtime(async { doctor::doctor(settings, &global, &signals()?).await })
        }
        Command::Evaluate(EvaluateArgs { action: Some(EvaluateAction::Gather(args)), .. }) => {
            let settings = config::load(&global.config, &|name| std::env::var(name).ok())?;
            log(&settings.log)?;
            on_runtime(async { evaluate::gather(args, settings, &global, &signals()?).await })
        }
        Command::Evaluate(args) => {
            log(&LogSettings::default())?;
            on_runtime(async { evaluate::evaluate(args, &global, &signals()?).await })
        }
        Command::Judge(args) => {
            log(&LogSettings::default())?;
            judge::judge(args, &global)
        }
        Command::Completions(args) => completions::completions(&args),
        Command::Man(args) => man::man(&args),
        Command::Serve => serve::serve(Role::Manager, &global),
        Command::Worker => serve::serve(Role::Worker, &global),
        Command::Configured(command) => {
            let settings = config::load(&global.config, &|name| std::env::var(name).ok())?;
            log(&settings.log)?;
            on_runtime(async { run_configured(command, settings, &global, &signals()?).await })
        }
    }
}

async fn run_configured(
    command: Configured,
    settings: Settings,
    global: &Global,
    stop: &CancellationToken,
) -> Result<u8, CliError> {
    match command {
        Configured::Master(args) => measure::master(args, settings, global, stop).await,
        Configured::Test(args) => measure::test(args, settings, global, stop).await,
        Configured::Jobs(args) => jobs::jobs(args, settings, global, stop).await,
        Configured::Calibrate(args) => calibrate::calibrate(args, settings, global, stop).await,
        Configured::Compare(args) => app::unless_stopped(stop, compare::compare(args, settings, global)).await,
        Configured::Baseline(args) => app::unless_stopped(stop, baseline::baseline(args, settings, global)).await,
        Configured::Runs(args) => runs::runs(args, settings, global, stop).await,
        Configured::History(args) => app::unless_stopped(stop, history::history(args, settings, global)).await,
        Configured::Export(args) => app::unless_stopped(stop, export::export(args, settings, global)).await,
        Configured::Check => check::check(global, stop).await,
    }
}

/// Ctrl-C and SIGTERM, from before anything is started.
fn signals() -> Result<CancellationToken, CliError> {
    app::stop_on_signals().map_err(|source| CliError::Io { operation: "listen for signals".to_owned(), source })
}

pub(super) fn log(settings: &LogSettings) -> Result<(), CliError> {
    telemetry::install(settings)
        .map_err(|error| CliError::LogLevel { level: settings.level.clone(), reason: error.to_string() })
}

pub(super) fn on_runtime(work: impl Future<Output = Result<u8, CliError>>) -> Result<u8, CliError> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).thread_stack_size(STACK).enable_all().build();
    let runtime = runtime.map_err(|source| CliError::Io { operation: "start the runtime".to_owned(), source })?;
    runtime.block_on(work)
}
