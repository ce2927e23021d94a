//! Configurations as people write them: good ones become settings, and each mistake is answered at its place.

use std::fs;
use std::path::{Path, PathBuf};

use loadmark::config::{ConfigError, Problem, load};
use loadmark::domain::limit::{Limit, LimitText};
use loadmark::domain::query::Query;
use loadmark::domain::settings::{ComposeFile, DatabaseSettings, Repository, Settings, Target};
use time::Date;
use time::macros::date;

const CONFIG: &str = include_str!("data/config/good.yaml");
const QUERIES: &str = include_str!("data/config/queries.yaml");
const BODY: &str = include_str!("data/config/body.json");
const DATABASE: &str = "postgres://shop:hunter2@db/shop";
/// The day on which it is asked what holds.
const TODAY: Date = date!(2026 - 03 - 04);

fn environment(name: &str) -> Option<String> {
    (name == "SHOP_DATABASE").then(|| DATABASE.to_owned())
}

/// A folder with the good configuration, some of it replaced.
struct Folder(tempfile::TempDir);

impl Folder {
    fn good() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("config.yaml", CONFIG);
        folder.write("queries.yaml", QUERIES);
        folder.write("body.json", BODY);
        folder
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Replaces a text that must be there, so that a mistake is made for certain.
    fn replace(self, name: &str, from: &str, to: &str) -> Self {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{name} has no `{from}`");
        self.write(name, text.replacen(from, to, 1));
        self
    }

    fn load(&self) -> Result<Settings, ConfigError> {
        load(&self.path("config.yaml"), &environment)
    }

    /// The whole message, with the folder's path left out.
    fn message(&self) -> String {
        let error = self.load().expect_err("the configuration should be refused");
        error.to_string().replace(&format!("{}/", self.0.path().display()), "")
    }
}

/// The message for a mistake in `config.yaml`.
fn config(from: &str, to: &str) -> String {
    Folder::good().replace("config.yaml", from, to).message()
}

/// The message for a mistake in the query set.
fn queries(from: &str, to: &str) -> String {
    Folder::good().replace("queries.yaml", from, to).message()
}

/// The message for a further line at the root of `config.yaml`.
fn root_line(line: &str) -> String {
    config("repository: repo\n", &format!("repository: repo\n{line}\n"))
}

fn problem(error: ConfigError) -> Problem {
    match error {
        ConfigError::At { problem, .. } => *problem,
        other => panic!("expected a place, got {other}"),
    }
}

mod bad_files;
mod bad_github;
mod bad_queries;
mod bad_requests;
mod bad_sources;
mod bad_values;
mod github;
mod good;
mod grpc;
mod procedure;
mod projects;
mod request_counts;
mod rules;
