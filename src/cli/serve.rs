//! `serve` and `worker`.

use super::exit::CliError;
use super::global::Global;
use super::run::{log, on_runtime};
use crate::app::{self, Role, Signals};
use crate::config;

/// Serves until it is stopped: exit code 0, when everything was brought to an end.
pub(super) fn serve(role: Role, global: &Global) -> Result<u8, CliError> {
    let environment = |name: &str| std::env::var(name).ok();
    let (first, more) = config::load_projects(&global.config, &environment)?;
    for settings in [&first].into_iter().chain(&more) {
        match role {
            Role::Manager => config::require_secrets(settings)?,
            Role::Worker => config::require_credentials(settings)?,
        }
    }
    log(&first.log)?;
    on_runtime(async {
        let listening = |source| CliError::Io { operation: "listen for signals".to_owned(), source };
        let mut signals = Signals::listen().map_err(listening)?;
        app::serve(first, more, role, &mut signals).await?;
        Ok(0)
    })
}
