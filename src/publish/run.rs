//! The loop: notices as they become due.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use sha2::{Digest, Sha256};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::database::Database;
use crate::domain::chain::error_chain;
use crate::domain::notice::{DueNotice, Place};
use crate::domain::rules::GithubSettings;
use crate::domain::settings::{QueueSettings, Settings};
use crate::github::{Github, SHORTEST_WAIT, back_off, jittered};
use crate::telemetry::{Dependency, NoticeOutcome, metrics};

use super::content::{Subject, status};
use super::error::PublishError;
use super::gather::Desk;
use super::write;

/// What GitHub refuses for what it is, is tried for some three days, and then let be until there is something new to
/// tell: with the longest wait between them, six tries an hour.
const MOST_REFUSALS: i32 = 3 * 24 * 6;
/// How long a write may go on once we are to end; broken off, it is found again later.
const LAST_WRITE: Duration = Duration::from_secs(5);

/// A project whose work is told on GitHub.
#[derive(Clone)]
pub struct Publication {
    /// Its settings.
    pub settings: Arc<Settings>,
    /// Its side on GitHub: `settings.github`, which is there.
    pub rules: GithubSettings,
    /// The client for its repository.
    pub github: Github,
}

/// The lengths that govern publishing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rhythm {
    /// How often it looks for notices that nobody announced.
    pub poll: Duration,
    /// How long a notice is ours once we have taken it. Two thirds of it are for writing: what we break off then has
    /// reached GitHub, or never will, before anybody else begins.
    pub claim: Duration,
    /// The pause after telling of a mere step; a comment's is three times as long.
    pub step: Duration,
}

impl Rhythm {
    /// As long as leases are: both say how long silence is believed.
    pub fn of(queue: &QueueSettings) -> Self {
        Self { poll: queue.poll.0, claim: queue.lease.0, step: Duration::from_secs(10) }
    }
}

/// Keeps GitHub true to the queue, for several projects.
pub struct Publisher {
    publications: Vec<Publication>,
    database: Database,
    rhythm: Rhythm,
}

/// What was written.
struct Written {
    github_id: Option<i64>,
    digest: String,
    /// Not written again before, unless more than a step changes.
    rest: Duration,
}

impl Publisher {
    /// A publisher for these projects.
    pub fn new(publications: Vec<Publication>, database: Database, rhythm: Rhythm) -> Self {
        Self { publications, database, rhythm }
    }

    /// Writes what is due until `stop`; each project by itself, so that a slow GitHub holds up only its own.
    pub async fn run(&self, stop: CancellationToken) {
        join_all(self.publications.iter().map(|publication| self.keep_up(publication, &stop))).await;
        // Without a project on GitHub there was nothing to keep up; whoever runs this takes an early end for a failure.
        stop.cancelled().await;
    }

    /// Writes every notice that is due now. How many.
    ///
    /// # Errors
    /// The database does not answer. What GitHub refuses is noted, and tried again later.
    pub async fn publish(&self) -> Result<usize, PublishError> {
        let mut count = 0;
        for publication in &self.publications {
            while self.publish_next(publication).await? {
                count += 1;
            }
        }
        Ok(count)
    }

    async fn keep_up(&self, publication: &Publication, stop: &CancellationToken) {
        let mut lifeline = self.database.notice_lifeline();
        while !stop.is_cancelled() {
            // Registered before the look, so that no change falls between the two.
            let look = async {
                lifeline.register().await?;
                self.publish_next(publication).await
            };
            let looked = tokio::select! {
                looked = look => looked,
                () = async { stop.cancelled().await; sleep(LAST_WRITE).await } => return,
            };
            let wait = match looked {
                Ok(true) => continue,
                Ok(false) => self.rhythm.poll,
                Err(error) => {
                    // What GitHub refuses is noted with the notice.
                    metrics().failed(Dependency::Postgres);
                    tracing::warn!(error = error_chain(&error), "notices wait");
                    self.rhythm.poll + jittered(SHORTEST_WAIT)
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep(wait) => {}
                () = lifeline.changed() => {}
            }
        }
    }

    /// Writes one notice. False: none is due.
    async fn publish_next(&self, publication: &Publication) -> Result<bool, PublishError> {
        let desk = Desk { publication, database: &self.database };
        let Some(due) = self.database.due_notice(desk.project(), self.rhythm.claim).await? else { return Ok(false) };
        let within = self.rhythm.claim * 2 / 3;
        let too_slow = || PublishError::TooSlow { notice: due.notice.to_string(), within };
        let written = timeout(within, self.write(desk, &due)).await.unwrap_or_else(|_| Err(too_slow()));
        metrics().notice(due.notice.place.kind(), told(&due, &written));
        match written {
            Ok(Written { github_id, digest, rest }) => {
                self.database.notice_written(&due, github_id, &digest, rest).await?;
            }
            Err(error) if error.is_of_database() => return Err(error),
            Err(error) => {
                let (wait, told) = (back_off(due.tries.max(0).unsigned_abs(), error.wait()), error_chain(&error));
                if due.tries >= MOST_REFUSALS && !error.may_pass() {
                    tracing::error!(notice = %due.notice, error = told, "a notice is given up");
                    self.database.notice_given_up(&due, &told).await?;
                    return Ok(true);
                }
                let wait_seconds = wait.as_secs();
                tracing::warn!(notice = %due.notice, error = told, wait_seconds, "a notice waits");
                self.database.notice_failed(&due, &told, wait).await?;
            }
        }
        Ok(true)
    }

    async fn write(&self, desk: Desk<'_>, due: &DueNotice) -> Result<Written, PublishError> {
        match &due.notice.place {
            Place::Check { pull, revision, benchmark } => {
                self.write_check(desk, due, Subject { pull: *pull, revision, benchmark }).await
            }
            Place::Comment { pull } => {
                let comment = match desk.comment(due, *pull).await {
                    // The pull request is gone, and its comment with it.
                    Err(PublishError::Github(error)) if error.is_gone() => return Ok(Written::nothing(due)),
                    comment => comment?,
                };
                let rest = if comment.is_passing { self.rhythm.step * 3 } else { Duration::ZERO };
                let digest = digest(&comment.body);
                if due.written.as_ref() == Some(&digest) {
                    return Ok(Written { github_id: due.github_id, digest, rest });
                }
                let github = &desk.publication.github;
                let id = write::comment(github, due.github_id, desk.project(), *pull, &comment.body).await?;
                Ok(Written { github_id: Some(id), digest, rest })
            }
            Place::Issue { benchmark } => {
                let Some(text) = desk.issue(benchmark).await? else { return Ok(Written::nothing(due)) };
                let digest = digest(&format!("{}\n{}", text.title, text.body));
                if due.written.as_ref() == Some(&digest) {
                    return Ok(Written { github_id: due.github_id, digest, rest: Duration::ZERO });
                }
                let id = write::issue(&desk.publication.github, desk.project(), benchmark, &text).await?;
                Ok(Written { github_id: Some(id), digest, rest: Duration::ZERO })
            }
        }
    }

    async fn write_check(&self, desk: Desk<'_>, due: &DueNotice, of: Subject<'_>) -> Result<Written, PublishError> {
        let Some(check) = desk.check(due, of).await? else { return Ok(Written::nothing(due)) };
        // Before the check is written: noted twice it is one issue, and noted never it would be lost.
        desk.see_regression(of).await?;
        let rest = if check.is_passing { self.rhythm.step } else { Duration::ZERO };
        let digest = digest(&format!("{:?}", check.content));
        if due.written.as_ref() == Some(&digest) {
            return Ok(Written { github_id: due.github_id, digest, rest });
        }
        let github = &desk.publication.github;
        let github_id = if github.uses_checks() {
            Some(write::check(github, due.github_id, &check).await?)
        } else {
            github.write_status(&status(&check.content)).await?;
            None
        };
        Ok(Written { github_id, digest, rest })
    }
}

impl Written {
    /// There is nothing to tell.
    fn nothing(due: &DueNotice) -> Self {
        let digest = due.written.clone().unwrap_or_default();
        Self { github_id: due.github_id, digest, rest: Duration::ZERO }
    }
}

/// What became of a notice, as it is counted.
fn told(due: &DueNotice, written: &Result<Written, PublishError>) -> NoticeOutcome {
    match written {
        Ok(written) if due.written.as_ref() == Some(&written.digest) => NoticeOutcome::Unchanged,
        Ok(written) if written.digest.is_empty() => NoticeOutcome::Gone,
        Ok(_) => NoticeOutcome::Written,
        Err(_) => NoticeOutcome::Failed,
    }
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}
