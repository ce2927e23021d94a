//! The tools that are run: compose, buildx, git.

use crate::checkout;
use crate::config;
use crate::docker::{Compose, buildx_version};
use crate::domain::chain::error_chain;
use crate::domain::finding::{Finding, Level};
use crate::domain::settings::Settings;

pub(super) async fn examine(settings: Option<&Settings>) -> Vec<Finding> {
    let command = settings.map_or_else(config::default_compose_command, |settings| settings.compose_command.clone());
    vec![
        tool(
            "compose",
            Compose::check_version(&command).await.map_err(|error| error_chain(&error)),
            "install compose v2 (docker-compose-plugin or docker-compose-v2), or set `compose_command`",
        ),
        tool(
            "buildx",
            buildx_version().await.map_err(|error| error_chain(&error)),
            "install docker-buildx-plugin (docker-buildx): compose builds images with it",
        ),
        tool("git", checkout::git_version().await.map_err(|error| error_chain(&error)), "install git"),
    ]
}

fn tool(check: &str, version: Result<String, String>, remedy: &str) -> Finding {
    match version {
        Ok(version) => Finding::ok(check, version),
        Err(error) => Finding::bad(check, Level::Missing, error, remedy),
    }
}
