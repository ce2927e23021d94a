//! The settings: what `config.yaml` says, checked, with paths made absolute and queries read in.
//!
//! `config` makes them; everybody else reads them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use time::Date;

use super::load::{Arrivals, RequestSpec};
use super::placement::PlacementSetting;
use super::plan::{LoadPlan, Stage};
use super::procedure::{CompareMethod, PairSettings};
use super::query::Query;
use super::ready::ReadyCondition;
use super::rules::{GithubSettings, ManagerSettings, Schedule};
use super::template::Template;
use super::units::Span;

/// The image, by its name under `images`, that the embedded Postgres is started from.
pub const POSTGRES_IMAGE: &str = "postgres";
/// The image, by its name under `images`, of the Prometheus of each stack.
pub const PROMETHEUS_IMAGE: &str = "prometheus";

/// All settings of a project.
#[derive(Clone, PartialEq, Debug)]
pub struct Settings {
    /// The project's name: `[a-z0-9][a-z0-9-]*`, at most 40 characters.
    pub project: String,
    /// Where its git repository is.
    pub repository: Repository,
    /// The branch whose tip is the master set, `main` by default.
    pub default_branch: String,
    /// Which master set a test is compared with.
    pub baseline: BaselineChoice,
    /// Mirrors, work trees, logs, raw samples; absolute.
    pub data: PathBuf,
    /// Postgres.
    pub database: DatabaseSettings,
    /// Images by name, each with its candidates: the first that is here, else the first that can be pulled.
    pub images: BTreeMap<String, Vec<String>>,
    /// The operator's label for the machine class; none: a hash of the hardware.
    pub machine_class: Option<String>,
    /// The queue.
    pub queue: QueueSettings,
    /// Logging.
    pub log: LogSettings,
    /// The manager.
    pub manager: ManagerSettings,
    /// The repository on GitHub; none: nothing comes from there and nothing is posted.
    pub github: Option<GithubSettings>,
    /// Secrets of the manager and of GitHub that are named and not set here. What needs them is off: without
    /// credentials `github` is none. `serve` and `worker` don't start then; on a developer's machine it is as it should be.
    pub unset: Vec<UnsetSecret>,
    /// Master sets that are measured by the clock.
    pub schedule: Vec<Schedule>,
    /// The Prometheus of each stack.
    pub prometheus: PrometheusSettings,
    /// How long each step may take.
    pub timeouts: TimeoutSettings,
    /// Which cores the parts of a stack run on.
    pub placement: PlacementSetting,
    /// The compose command with its first arguments, `docker compose`.
    pub compose_command: Vec<String>,
    /// The benchmarks by name; at least one.
    pub benchmarks: BTreeMap<String, Benchmark>,
    /// The configuration's text, kept with each run.
    pub text: String,
    /// The configuration file's folder; absolute.
    pub folder: PathBuf,
}

/// Where a repository is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Repository {
    /// A folder on this host; absolute.
    Folder(PathBuf),
    /// `https://`, `ssh://` or `user@host:path`.
    Url(String),
}

/// Which master set a test is compared with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BaselineChoice {
    /// That of the default branch's tip.
    #[default]
    Tip,
    /// That of the merge base with the default branch.
    MergeBase,
}

/// Where Postgres is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DatabaseSettings {
    /// Our own container, started when needed.
    Embedded {
        /// Names the container and its volume, `loadmark-postgres-NAME`.
        name: String,
    },
    /// The team's, by URL.
    Url(Secret),
}

/// A text that must not be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// A secret that the configuration names and that is not set here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnsetSecret {
    /// The key that names it, from the root.
    pub key: &'static str,
    /// Where it should have been, with the place of the key.
    pub why: String,
}

/// The queue's clockwork; all by database time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QueueSettings {
    /// How long a claim holds without a heartbeat.
    pub lease: Span,
    /// How often a claim is renewed.
    pub heartbeat: Span,
    /// How often a waiting command, and an idle worker, looks whether it is its turn.
    pub poll: Span,
    /// How often a job is tried at most, 1 to 20: attempts that fail by our fault, or whose holder falls silent.
    pub attempts: u16,
    /// The wait before the second attempt, doubled before each further one, and varied by up to half.
    pub back_off: Span,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            lease: Span::seconds(60),
            heartbeat: Span::seconds(10),
            poll: Span::seconds(2),
            attempts: 3,
            back_off: Span::seconds(30),
        }
    }
}

/// How logs are written to standard error.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Logging.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// Text or JSON.
    pub format: LogFormat,
    /// A filter such as `info` or `loadmark=debug,sqlx=warn`.
    pub level: String,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "warn".to_owned() }
    }
}

/// The Prometheus of each stack.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PrometheusSettings {
    /// How often targets are scraped.
    pub scrape_interval: Span,
    /// How many samples one scrape may give.
    pub sample_limit: u32,
    /// How many queries are asked at a time.
    pub concurrency: u16,
    /// How many series one query may give; more are missing data.
    pub series_limit: u32,
}

impl Default for PrometheusSettings {
    fn default() -> Self {
        Self { scrape_interval: Span::seconds(1), sample_limit: 100_000, concurrency: 8, series_limit: 1000 }
    }
}

/// How long each step may take before it is given up.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimeoutSettings {
    /// Fetching the repository.
    pub fetch: Span,
    /// Building the image.
    pub build: Span,
    /// `compose up`, dependencies with health checks included.
    pub up: Span,
    /// From up until every readiness condition holds.
    pub ready: Span,
    /// The wait for a scrape at quiescence beyond the scrape interval.
    pub scrape: Span,
    /// One PromQL query.
    pub query: Span,
    /// Taking the stack down.
    pub down: Span,
}

impl Default for TimeoutSettings {
    fn default() -> Self {
        Self {
            fetch: Span::seconds(300),
            build: Span::seconds(1800),
            up: Span::seconds(300),
            ready: Span::seconds(120),
            scrape: Span::seconds(30),
            query: Span::seconds(30),
            down: Span::seconds(60),
        }
    }
}

/// One named test.
#[derive(Clone, PartialEq, Debug)]
pub struct Benchmark {
    /// Its name: `[a-z0-9][a-z0-9-]*`, at most 40 characters.
    pub name: String,
    /// The stack.
    pub compose: ComposeFile,
    /// The compose service under test.
    pub service: String,
    /// When the stack is ready; empty: as soon as `up` returns.
    pub ready: Vec<ReadyCondition>,
    /// What is scraped, besides the generator.
    pub targets: Vec<Target>,
    /// The load.
    pub load: LoadSettings,
    /// How many requests the service itself counted in a stage; none: not compared with the generator's ledger.
    pub request_count: Option<Template>,
    /// Rounds a run, 1 to 100; 3 by default.
    pub rounds: u16,
    /// What candidates are compared with.
    pub compare: CompareMethod,
    /// How many pairs of rounds, and how.
    pub pairs: PairSettings,
    /// What is asked; names are unique.
    pub queries: Vec<Query>,
}

impl Benchmark {
    /// How many series decide on a day, at the least: which labels there will be, only measuring tells.
    pub fn fewest_primary(&self, today: Date) -> usize {
        let of_stage: usize = self.queries.iter().map(|query| query.fewest_primary(today)).sum();
        of_stage * self.load.plan.stages().len()
    }
}

/// Where a benchmark's compose file comes from. Relative paths inside it mean the repository's tree at the
/// revision that decides how code is tested.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ComposeFile {
    /// The operator's; absolute.
    Operator(PathBuf),
    /// The repository's, at the base revision; relative to its root.
    Repository(PathBuf),
}

/// What is scraped.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Target {
    /// A compose service, every container of it.
    Service(ServiceTarget),
    /// Every compose service that carries the label `LABEL.port`, with `LABEL.path` for a path other than `/metrics`.
    Label(String),
}

/// A compose service's metrics endpoint.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceTarget {
    /// The compose service.
    pub name: String,
    /// The port inside the container.
    pub port: u16,
    /// The path.
    #[serde(default = "metrics_path")]
    pub path: String,
}

fn metrics_path() -> String {
    "/metrics".to_owned()
}

/// The load of a benchmark.
#[derive(Clone, PartialEq, Debug)]
pub struct LoadSettings {
    /// The paces.
    pub plan: LoadPlan,
    /// Sent before the window, not measured; none: no warm-up.
    pub warm_up: Option<Stage>,
    /// What is sent.
    pub requests: Vec<RequestSpec>,
    /// How gaps are chosen.
    pub arrivals: Arrivals,
    /// Of the choice among requests and of Poisson gaps.
    pub seed: u64,
    /// Connections, 1 to 10,000.
    pub connections: u32,
    /// Worker threads, 1 to 64.
    pub workers: u16,
    /// A request that takes longer counts as timed out.
    pub timeout: Span,
    /// How many requests may wait for a connection.
    pub queue: u32,
    /// How far the generator may lag behind its schedule, where a tenth of the service's median is not more.
    pub max_lag: Span,
}
