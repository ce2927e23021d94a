//! A desk: one project at which the manager works, with what it works with.

use std::sync::Arc;

use crate::database::Database;
use crate::domain::github::{PullNumber, PullRequest};
use crate::domain::notice::{Answer, Hold, HoldReason};
use crate::domain::procedure::CompareMethod;
use crate::domain::rules::GithubSettings;
use crate::domain::settings::Settings;
use crate::github::Github;
use crate::queue::Queue;

use super::error::ManagerError;

/// A project with a repository on GitHub.
#[derive(Clone)]
pub struct Project {
    /// Its settings.
    pub settings: Arc<Settings>,
    /// Its side on GitHub: `settings.github`, which is there.
    pub rules: GithubSettings,
    /// The client for its repository.
    pub github: Github,
}

/// One project, with the queue and the database.
#[derive(Clone, Copy)]
pub(super) struct Desk<'a> {
    pub(super) project: &'a Project,
    pub(super) queue: &'a Queue,
    pub(super) database: &'a Database,
}

impl Project {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.settings.project
    }

    /// The benchmarks that events start.
    pub(super) fn benchmarks(&self) -> Vec<String> {
        if self.rules.benchmarks.is_empty() {
            self.settings.benchmarks.keys().cloned().collect()
        } else {
            self.rules.benchmarks.clone()
        }
    }

    /// A benchmark by name, or the error that names those there are.
    pub(super) fn benchmark(&self, name: &str) -> Result<String, ManagerError> {
        let known = || self.settings.benchmarks.keys().cloned().collect::<Vec<_>>().join(", ");
        let found = self.settings.benchmarks.get(name).map(|benchmark| benchmark.name.clone());
        found.ok_or_else(|| ManagerError::NoBenchmark { name: name.to_owned(), known: known() })
    }

    /// How a job of a benchmark is compared: as it is asked, else as the benchmark has it.
    pub(super) fn method(&self, benchmark: &str, asked: Option<CompareMethod>) -> Option<CompareMethod> {
        asked.or_else(|| self.settings.benchmarks.get(benchmark).map(|found| found.compare))
    }
}

impl Desk<'_> {
    /// The project's name.
    pub(super) fn name(&self) -> &str {
        self.project.name()
    }

    /// The project's rules on GitHub.
    pub(super) fn rules(&self) -> &GithubSettings {
        &self.project.rules
    }

    /// The client for the project's repository.
    pub(super) fn github(&self) -> &Github {
        &self.project.github
    }

    /// Has the checks of a pull request's head say why it is not measured. Of what waits for an approval the comment
    /// tells as well, where a measurement was asked for: by the rules, by the label, or by a command.
    pub(super) async fn hold(&self, pull: &PullRequest, hold: &Hold, was_asked: bool) -> Result<(), ManagerError> {
        let in_comment = was_asked && hold.reason == HoldReason::Unapproved;
        let benchmarks = self.project.benchmarks();
        let (name, head) = (self.name(), &pull.head);
        Ok(self.database.hold_notices(name, Some(pull.number), head, &benchmarks, hold, in_comment).await?)
    }

    /// Answers in the comment of a pull request.
    pub(super) async fn answer(&self, pull: PullNumber, answer: Option<&Answer>) -> Result<(), ManagerError> {
        Ok(self.database.answer_in_comment(self.name(), pull, answer).await?)
    }
}
