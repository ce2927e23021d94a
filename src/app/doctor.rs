//! `doctor`: what on this host would spoil a measurement, and what is missing. Changes nothing, starts nothing.

mod calibrations;
mod engine;
mod tools;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::sleep;

use super::remote::Remote;
use crate::domain::finding::{Finding, Level};
use crate::domain::settings::{Settings, UnsetSecret};
use crate::host::{self, Examination};

/// How long load and steal are sampled.
const SAMPLE: Duration = Duration::from_secs(1);
/// Less room than this is filled by a few runs.
const LITTLE_ROOM: u64 = 5 << 30;
/// With less than this not even an image is built.
const NO_ROOM: u64 = 512 << 20;

/// What is known of the configuration.
pub enum Configuration {
    /// It is in order.
    Loaded(Box<Settings>),
    /// It is not; this is why.
    Broken(String),
}

/// Looks at everything, one finding a subject.
pub async fn examine(configuration: &Configuration) -> Vec<Finding> {
    let settings = match configuration {
        Configuration::Loaded(settings) => Some(&**settings),
        Configuration::Broken(_) => None,
    };
    // First, while nothing else of ours makes load.
    let before = host::state();
    sleep(SAMPLE).await;
    let examination = Examination::here(before);
    let mut findings = vec![of_configuration(configuration)];
    findings.extend(settings.into_iter().flat_map(of_github));
    findings.extend(engine::examine(settings).await);
    findings.extend(tools::examine(settings).await);
    findings.extend(calibrations::examine(settings).await);
    findings.push(disk(settings));
    findings.extend(examination.findings());
    findings
}

fn of_configuration(configuration: &Configuration) -> Finding {
    const CHECK: &str = "configuration";
    match configuration {
        Configuration::Loaded(settings) => {
            let benchmarks = settings.benchmarks.keys().cloned().collect::<Vec<_>>().join(", ");
            Finding::ok(CHECK, format!("project {}, benchmarks {benchmarks}", settings.project))
        }
        Configuration::Broken(why) => Finding::bad(
            CHECK,
            Level::Missing,
            why.clone(),
            "mend it, or choose another with `--config PATH`; the README has a first one. Built-in settings hold for \
             what follows",
        ),
    }
}

/// Who we are on GitHub. Measuring does without.
fn of_github(settings: &Settings) -> Vec<Finding> {
    const CHECK: &str = "github";
    let remedy = "set it where the manager runs: `serve` does not start without, other commands do";
    let unset = |unset: &UnsetSecret| Finding::bad(CHECK, Level::Note, first_line(&unset.why), remedy);
    let mut findings: Vec<Finding> = settings.unset.iter().map(unset).collect();
    match Remote::of(settings) {
        Some(remote) => findings.insert(0, Finding::ok(CHECK, remote.to_string())),
        None if findings.is_empty() => findings.push(Finding::ok(CHECK, "not configured: nothing is posted")),
        None => {}
    }
    findings
}

/// Without the quoted line of the configuration.
fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Where logs and raw samples go.
fn disk(settings: Option<&Settings>) -> Finding {
    const CHECK: &str = "disk space";
    let folder = settings.map_or_else(|| PathBuf::from("."), |settings| settings.data.clone());
    // The folder is made by the first run.
    let existing = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    let free = match rustix::fs::statvfs(existing) {
        Ok(found) => found.f_bavail.saturating_mul(found.f_frsize),
        Err(error) => return Finding::note(CHECK, format!("not told for {}: {error}", existing.display())),
    };
    let found = format!("{:.1} GiB free in {}", free as f64 / (1_u64 << 30) as f64, existing.display());
    let remedy = "make room, or set `data` to another disk; `docker system df` tells what images take";
    match free {
        ..NO_ROOM => Finding::bad(CHECK, Level::Missing, found, remedy),
        NO_ROOM..LITTLE_ROOM => Finding::bad(CHECK, Level::Problem, found, remedy),
        _ => Finding::ok(CHECK, found),
    }
}
