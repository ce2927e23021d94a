//! `doctor`.

use tokio_util::sync::CancellationToken;

use super::exit::CliError;
use super::global::{Format, Global};
use super::output;
use crate::app::{self, Configuration};
use crate::config::ConfigError;
use crate::domain::chain::error_chain;
use crate::domain::finding::Level;
use crate::domain::settings::Settings;
use crate::report;

/// Exit code where something is missing: a measurement would fail.
const MISSING: u8 = 1;

pub(super) async fn doctor(
    settings: Result<Settings, ConfigError>,
    global: &Global,
    stop: &CancellationToken,
) -> Result<u8, CliError> {
    let configuration = match settings {
        Ok(settings) => Configuration::Loaded(Box::new(settings)),
        Err(error @ ConfigError::At { .. }) => Configuration::Broken(error_chain(&error)),
        Err(error) => Configuration::Broken(format!("failed to {}", error_chain(&error))),
    };
    let findings = app::unless_stopped(stop, async { Ok::<_, CliError>(app::examine(&configuration).await) }).await?;
    output::print(&match global.format {
        Format::Json => report::findings_json(&findings),
        Format::Text | Format::Markdown => report::findings_text(&findings, output::style()),
    })?;
    Ok(if findings.iter().any(|finding| finding.level == Level::Missing) { MISSING } else { 0 })
}
