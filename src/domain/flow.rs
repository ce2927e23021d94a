//! What passes from one stage of the flow to the next: source, build plan, image, endpoints.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::ids::{InstanceId, RunId};
use super::revision::Revision;
use super::run::Arm;

/// A revision's files on disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Source {
    /// The revision.
    pub revision: Revision,
    /// The folder with its files.
    pub folder: PathBuf,
}

/// How an image of the stack is built: the compose project that says it, and whose files it is built from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BuildPlan {
    /// The compose service.
    pub service: String,
    /// The compose command with its first arguments.
    pub compose_command: Vec<String>,
    /// The compose file.
    pub compose_file: PathBuf,
    /// The folder that the compose file's relative paths mean.
    pub folder: PathBuf,
    /// The variables that the compose file may use.
    pub variables: BTreeMap<String, String>,
    /// The build context: a folder inside the source under test.
    pub context: PathBuf,
    /// The image's name without a tag.
    pub repository: String,
    /// Equal for equal contexts built in the same way: an image with this key is used again.
    pub key: String,
}

/// An image that is here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Image {
    /// Its name with the tag.
    pub name: String,
    /// Whether it had been built before.
    pub reused: bool,
}

/// The compose service that sends the load: a name that no service of a user's may have.
pub const GENERATOR: &str = "loadmark-load";

/// Which round of which run: the labels of its containers and metrics.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RoundId {
    /// The database that owns it.
    pub instance: InstanceId,
    /// The run.
    pub run: RunId,
    /// From 1.
    pub round: u16,
    /// From 1; more where the attempts before gave an invalid round.
    pub attempt: u16,
    /// Which side.
    pub arm: Arm,
    /// What is measured.
    pub revision: Revision,
}

impl RoundId {
    /// The compose project's name: unique among all stacks of a host.
    pub fn project_name(&self) -> String {
        format!("loadmark-{}-{}-{}", self.run.short(), self.arm, self.numbers())
    }

    /// `2` for the first attempt at the second round, `2-attempt-3` for the third.
    pub fn numbers(&self) -> String {
        match self.attempt {
            1 => self.round.to_string(),
            attempt => format!("{}-attempt-{attempt}", self.round),
        }
    }

    /// The labels that every metric of the round carries.
    pub fn metric_labels(&self) -> [(&'static str, String); 4] {
        [
            ("run", self.run.to_string()),
            ("round", self.round.to_string()),
            ("arm", self.arm.to_string()),
            ("revision", self.revision.to_string()),
        ]
    }

    /// PromQL matchers for exactly this round's metrics.
    pub fn selector(&self) -> String {
        format!("run=\"{}\",round=\"{}\",arm=\"{}\"", self.run, self.round, self.arm)
    }
}

/// One endpoint that Prometheus scrapes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ScrapeTarget {
    /// The compose service.
    pub service: String,
    /// The container among the service's, `shop-1`: the label `instance`, equal in every round.
    pub instance: String,
    /// `host:port` inside the stack's network.
    pub address: String,
    /// The path.
    pub path: String,
}

/// A stack that is up: how to talk with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoints {
    /// Its Prometheus, on loopback.
    pub prometheus: SocketAddr,
    /// Its generator's control server, on loopback.
    pub generator: SocketAddr,
    /// What is scraped, the generator included.
    pub targets: Vec<ScrapeTarget>,
}
