//! The rules of the manager: where it listens, what it may do on GitHub, and which events start what.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::github::RepositoryName;
use super::settings::Secret;
use super::units::Span;

/// The manager's own settings.
#[derive(Clone, PartialEq, Debug)]
pub struct ManagerSettings {
    /// Where it listens; `127.0.0.1:8080` by default.
    pub listen: SocketAddr,
    /// Where people reach it, without a slash at its end; links on GitHub begin with it. None: the address it listens on.
    pub url: Option<String>,
    /// Jobs at a time on a host, 1 to 64.
    pub concurrency: u16,
    /// Configurations of further projects; absolute.
    pub projects: Vec<PathBuf>,
    /// Who shows it may ask for jobs by the API; none: nobody may.
    pub api_token: Option<Secret>,
    /// How long a job may go on after SIGTERM, before it is given back to the queue.
    pub drain: Span,
    /// How often GitHub is compared with the queue, beyond once at the start.
    pub reconcile: Span,
    /// Free space on the data folder's disk, in bytes, below which no job is claimed.
    pub min_free_bytes: u64,
}

/// A project's side on GitHub.
#[derive(Clone, PartialEq, Debug)]
pub struct GithubSettings {
    /// The repository.
    pub repository: RepositoryName,
    /// The API's address, without a slash at its end.
    pub api: String,
    /// How we show who we are.
    pub credentials: Credentials,
    /// Secrets that a webhook may be signed with: the current one, and the one before or after it.
    pub webhook_secrets: Vec<Secret>,
    /// The id of the repository's webhook, for catching up without an app.
    pub hook: Option<i64>,
    /// What commands in comments begin with; `/loadmark` by default.
    pub command: String,
    /// Which pull requests are measured.
    pub tests: TestsWhen,
    /// The label that asks for a measurement, and lets a stranger's commit run; `bench` by default.
    pub label: String,
    /// Whether drafts are measured.
    pub drafts: bool,
    /// A pull request that changes nothing but files of these patterns is not measured by itself.
    pub ignore: Vec<String>,
    /// The benchmarks that events start; empty: all.
    pub benchmarks: Vec<String>,
    /// What to do where there is no master set to compare with.
    pub missing_baseline: MissingBaseline,
    /// Whether a regression on the default branch opens an issue.
    pub regression_issue: bool,
}

/// How we show GitHub who we are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Credentials {
    /// As an app: check runs with buttons.
    App {
        /// The app's id.
        id: u64,
        /// Its private key, PEM.
        key: Secret,
    },
    /// With a user's or workflow's token: commit statuses, as checks are for apps alone.
    Token(Secret),
}

/// Which pull requests are measured by themselves; commands work always.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TestsWhen {
    /// Every one.
    Always,
    /// Those with the label.
    #[default]
    Label,
    /// None.
    Command,
}

/// What to do where the base of a test has no master set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissingBaseline {
    /// Measure it first.
    #[default]
    Measure,
    /// Compare with its nearest ancestor that has one, and say so.
    Nearest,
}

/// What is measured by the clock: a master set of the default branch, or its tip in pairs with a fixed revision, which shows what
/// no single commit did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// When, as five fields of cron, in UTC; valid.
    pub cron: String,
    /// The benchmark.
    pub benchmark: String,
    /// The revision that the tip is measured against in pairs: a branch of the repository, or a full SHA in the history of the
    /// default branch. None: it is measured as a master set.
    pub against: Option<String>,
}
