//! `serve` and `worker`.

use super::exit::CliError;
use super::global::Global;
use super::run::{log, on_runtime};
use crate::app::{self, Role, Signals};
use crate::config;
use crate::domain::settings::Settings;

/// Serves until it is stopped: exit code 0, when everything was brought to an end.
pub(super) fn serve(role: Role, global: &Global) -> Result<u8, CliError> {
    let environment = |name: &str| std::env::var(name).ok();
    let first = config::load(&global.config, &environment)?;
    let more = first.manager.projects.iter().map(|path| config::load(path, &environment));
    let more: Vec<Settings> = more.collect::<Result<_, _>>()?;
    log(&first.log)?;
    on_runtime(async {
        let listening = |source| CliError::Io { operation: "listen for signals".to_owned(), source };
        let mut signals = Signals::listen().map_err(listening)?;
        app::serve(first, more, role, &mut signals).await?;
        Ok(0)
    })
}
