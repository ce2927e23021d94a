//! Logging: text for people on a terminal, JSON by choice, always to standard error. The journal of commands, the
//! metrics of the process, and the places where tests crash us.
//!
//! Comes in: the log settings; commands that were run; what happened. Goes out: an installed subscriber; a journal;
//! counts. Must not: know any room.

mod failpoint;
mod journal;
mod metrics;
mod phases;
mod words;

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::fmt;

use crate::domain::settings::{LogFormat, LogSettings};

pub use failpoint::failpoint;
pub use journal::{Journal, record_command};
pub use metrics::{METRICS_CONTENT_TYPE, Metrics, metrics};
pub use phases::PhaseClock;
pub use words::{Dependency, GithubOutcome, NoticeOutcome, WebhookOutcome};

/// Installs the subscriber; a second call changes nothing.
///
/// # Errors
/// The level is no filter.
pub fn install(settings: &LogSettings) -> Result<(), ParseError> {
    let filter = EnvFilter::builder().parse(&settings.level)?;
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let installed = match settings.format {
        LogFormat::Text => builder.with_ansi(colours).with_target(false).try_init(),
        LogFormat::Json => builder.json().try_init(),
    };
    // A subscriber that is there already was installed by an earlier call.
    drop(installed);
    Ok(())
}
