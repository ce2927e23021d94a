//! `check`: the configuration, its compose files and queries, without starting anything.

use std::io::ErrorKind;
use std::path::Path;

use time::{Date, OffsetDateTime};
use tokio_util::sync::CancellationToken;

use super::context::available_cores;
use super::error::AppError;
use super::mirror::open_mirror;
use super::remote::Remote;
use super::signals::unless_stopped;
use crate::compare;
use crate::docker::{Compose, Engine};
use crate::domain::placement::Placement;
use crate::domain::procedure::{CompareMethod, JOB_ERROR, PairSettings};
use crate::domain::query::Muted;
use crate::domain::rules::Schedule;
use crate::domain::settings::{Benchmark, Settings};
use crate::pipeline::PipelineError;
use crate::stack::Project;

/// What was found to be in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    /// The project.
    pub project: String,
    /// The compose tool's version.
    pub compose: String,
    /// The engine's version.
    pub engine: String,
    /// The benchmarks.
    pub benchmarks: Vec<CheckedBenchmark>,
    /// Its side on GitHub; none: it has none, or our credentials are not set here.
    pub github: Option<Remote>,
    /// When master sets are measured by the clock, with their benchmarks.
    pub schedule: Vec<Schedule>,
    /// Secrets that are named and not set here: why not.
    pub unset: Vec<String>,
}

/// A benchmark that is in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckedBenchmark {
    /// Its name.
    pub name: String,
    /// The service under test, and the others of the stack.
    pub services: Vec<String>,
    /// Endpoints that will be scraped, the generator's excluded.
    pub targets: Vec<String>,
    /// How many queries it asks.
    pub queries: usize,
    /// The load plan.
    pub plan: String,
    /// Rounds a run.
    pub rounds: u16,
    /// What candidates are compared with.
    pub compare: CompareMethod,
    /// Where they may be compared in pairs: how many, and the fewest of them that can show anything.
    pub pairs: Option<(PairSettings, u16)>,
    /// The series that decide, as many at the least.
    pub primary: usize,
    /// What is in order, and hardly meant so.
    pub warnings: Vec<String>,
    /// Which cores its stack runs on; none: all on all.
    pub placement: Option<Placement>,
}

/// Checks all of it, the compose files as they are at the default branch's tip. Images are not looked for.
///
/// # Errors
/// The first thing that is not in order, or it is interrupted.
pub async fn check(settings: &Settings, stop: &CancellationToken) -> Result<Checked, AppError> {
    // Beside `work`, whose folders are runs'. One that was killed may have left a folder under the same number.
    let folder = settings.data.join(format!("check-{}", std::process::id()));
    remove(&folder).await?;
    let checked = unless_stopped(stop, look(settings, &folder.join("tree"))).await;
    let removed = remove(&folder).await;
    let checked = checked?;
    removed.map(|()| checked)
}

async fn look(settings: &Settings, tree: &Path) -> Result<Checked, AppError> {
    let compose = Compose::check_version(&settings.compose_command).await?;
    let engine = Engine::connect().await?;
    let cores = available_cores(&engine).await?;
    let engine = engine.version().await?;
    let mirror = open_mirror(settings).await?;
    let tip = mirror.resolve(&settings.default_branch).await?;
    mirror.check_out(&tip, tree).await?;
    let mut benchmarks = Vec::new();
    let today = OffsetDateTime::now_utc().date();
    let images = settings.images.iter().filter_map(|(name, all)| Some((name.clone(), all.first()?.clone()))).collect();
    for benchmark in settings.benchmarks.values() {
        let placement = settings.placement.place(cores.as_ref(), benchmark.load.workers);
        let placement = placement.map_err(PipelineError::from)?;
        let project = Project::resolve(settings, benchmark, tree, &images).await?;
        benchmarks.push(CheckedBenchmark {
            name: benchmark.name.clone(),
            services: project.services().cloned().collect(),
            targets: project.targets().iter().map(|t| format!("http://{}{}", t.address, t.path)).collect(),
            queries: benchmark.queries.len(),
            plan: benchmark.load.plan.to_string(),
            rounds: benchmark.rounds,
            compare: benchmark.compare,
            pairs: pairs(benchmark, today),
            primary: benchmark.fewest_primary(today),
            warnings: warnings(benchmark, today),
            placement,
        });
    }
    Ok(Checked {
        project: settings.project.clone(),
        compose,
        engine,
        benchmarks,
        github: Remote::of(settings),
        schedule: settings.schedule.clone(),
        unset: settings.unset.iter().map(|unset| unset.why.clone()).collect(),
    })
}

fn pairs(benchmark: &Benchmark, today: Date) -> Option<(PairSettings, u16)> {
    let needed = compare::fewest_pairs(benchmark.fewest_primary(today), JOB_ERROR);
    (benchmark.compare != CompareMethod::Stored).then(|| (benchmark.pairs.clone(), needed))
}

/// Verdicts that can't come, pairs that could show nothing, and what is muted no more.
fn warnings(benchmark: &Benchmark, today: Date) -> Vec<String> {
    let mut warnings = Vec::new();
    if benchmark.fewest_primary(today) == 0 {
        warnings.push("no primary query has a limit: every verdict will be `no-data`".to_owned());
    }
    if benchmark.compare != CompareMethod::Stored {
        let planned = compare::plan_looks(&benchmark.pairs, benchmark.fewest_primary(today), JOB_ERROR);
        warnings.extend(planned.err().map(|error| format!("`pairs.max`: {error}")));
    }
    for query in &benchmark.queries {
        let of_series = query.series.iter().filter_map(|rule| rule.muted.as_ref());
        for Muted { reason, until } in query.muted.iter().chain(of_series).filter(|muted| muted.until < today) {
            let name = &query.name;
            warnings.push(format!("`{name}` was muted until {until} ({reason}) and decides again: take `muted` out"));
        }
    }
    warnings
}

async fn remove(folder: &Path) -> Result<(), AppError> {
    match tokio::fs::remove_dir_all(folder).await {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            Err(AppError::Io { operation: "remove", path: folder.to_owned(), source })
        }
        _ => Ok(()),
    }
}
