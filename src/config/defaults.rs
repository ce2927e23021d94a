//! What holds where `config.yaml` says nothing. The rest of the defaults are those of the settings' own types
//! (queue, log, prometheus, timeouts); the root's `config.yaml` shows them all, and a test compares.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::domain::rules::ManagerSettings;
use crate::domain::settings::{POSTGRES_IMAGE, PROMETHEUS_IMAGE};
use crate::domain::units::Span;

/// The branch whose tip is the master set.
pub(super) const DEFAULT_BRANCH: &str = "main";
/// Mirrors, work trees, logs, raw samples; beside the configuration.
pub(super) const DATA: &str = ".loadmark";
/// Names the container and volume of the embedded Postgres.
pub(super) const EMBEDDED_DATABASE: &str = "loadmark";
/// The compose tool: v2, as a plug-in of the docker command.
pub(super) const COMPOSE_COMMAND: [&str; 2] = ["docker", "compose"];

/// Rounds a run: few enough to wait for, enough for a median.
pub(super) const ROUNDS: u64 = 3;
/// Seed of the choice among requests; any fixed number makes runs alike.
pub(super) const SEED: u64 = 1;
/// Connections: enough for some hundred requests a second of a service that answers within 0.1 s.
pub(super) const CONNECTIONS: u64 = 64;
/// Worker threads: one core for the generator.
pub(super) const WORKERS: u64 = 1;
/// A request that takes longer counts as timed out.
pub(super) const REQUEST_TIMEOUT: Span = Span::seconds(10);
/// Lag of the generator below this is in the noise of every host.
pub(super) const MAX_LAG: Span = Span(Duration::from_millis(1));
/// How many requests may wait for a connection.
pub(super) const WAITING: u64 = 10_000;

/// Images that Loadmark itself starts or hands to stacks, each with its candidates: one that was built on this host
/// where no registry answers, then the stock one.
pub fn images() -> BTreeMap<String, Vec<String>> {
    let images = [
        ("debian", ["loadmark-local/debian:trixie", "debian:trixie-slim"]),
        (POSTGRES_IMAGE, ["loadmark-local/postgres:17", "postgres:17"]),
        (PROMETHEUS_IMAGE, ["loadmark-local/prometheus:2.53", "prom/prometheus:v2.53.5"]),
    ];
    images.map(|(name, candidates)| (name.to_owned(), candidates.map(str::to_owned).to_vec())).into()
}

/// GitHub's API, where it is not a company's own.
pub(super) const GITHUB_API: &str = "https://api.github.com";
/// What commands in comments begin with.
pub(super) const COMMAND: &str = "/loadmark";
/// The label that asks for a measurement.
pub(super) const LABEL: &str = "bench";

/// The manager: reached from this host alone, one job at a time.
pub(super) fn manager() -> ManagerSettings {
    ManagerSettings {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
        url: None,
        concurrency: 1,
        projects: Vec::new(),
        api_token: None,
        drain: Span::seconds(300),
        reconcile: Span::seconds(600),
        min_free_bytes: 1 << 30,
    }
}

/// The compose command that holds without one in the configuration.
pub fn compose_command() -> Vec<String> {
    COMPOSE_COMMAND.map(str::to_owned).to_vec()
}
