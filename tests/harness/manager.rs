//! A project under a manager: a GitHub to talk to, and `loadmark serve` as a process.

use std::future::Future;
use std::time::Duration;

use rustix::process::Signal;

use super::program::Started;
use super::project::Project;
use crate::fake_github::{APP_ID, APP_KEY, Check, FakeGithub, NewPull, WEBHOOK_SECRET};

/// The repository on GitHub.
pub const REPOSITORY: &str = "team/shop";
/// Who may write there, and opens the pull requests.
pub const WRITER: &str = "alice";
/// By this variable the configuration names the webhooks' secret.
const SECRET: &str = "LOADMARK_TEST_WEBHOOK_SECRET";
/// What takes longer hangs; the machine may be busy with the other tests.
const LIMIT: Duration = Duration::from_secs(180);

/// A project whose repository is on GitHub, with the branch `change`, one harmless commit ahead of `main`.
pub struct Managed {
    /// Repository, configuration, database.
    pub project: Project,
    /// GitHub.
    pub github: FakeGithub,
}

impl Managed {
    /// A fresh one, with nothing measured. Every pull request of a writer is measured by itself.
    pub async fn new() -> Self {
        let project = Project::new().await;
        let github = FakeGithub::start(REPOSITORY, &project.repository()).await;
        github.permit(WRITER, "write");
        project.write("app.pem", APP_KEY);
        let more = format!(
            "manager: {{listen: \"127.0.0.1:0\", drain: 5s, min_free_space: 1MiB}}\n\
             github: {{repository: {REPOSITORY}, api: \"{}\", app: {{id: {APP_ID}, key: {{file: app.pem}}}}, \
             webhook_secret: {{env: {SECRET}}}, tests: always}}\nqueue:",
            github.api(),
        );
        project.configure("queue:", &more);
        project.branch("change", "notes", "harmless\n");
        Self { project, github }
    }

    /// The same with a master set of `main` measured, so that a test needs no other job first.
    pub async fn with_master() -> Self {
        let managed = Self::new().await;
        managed.project.run(&["master"]).expect(0);
        managed
    }

    /// Starts the manager and tells GitHub where it listens.
    pub fn serve(&self) -> Started {
        self.serve_with(&[])
    }

    /// The same with more variables.
    pub fn serve_with(&self, more: &[(&str, &str)]) -> Started {
        let variables = [&[(SECRET, WEBHOOK_SECRET)], more].concat();
        let mut manager = self.project.start_with(&["serve"], &variables);
        let line = manager.await_line("listening on http://");
        let address = line.split("listening on ").nth(1).and_then(|rest| rest.split_whitespace().next());
        self.github.send_webhooks_to(&format!("{}/webhook/github", address.expect("an address")));
        manager
    }

    /// Opens a pull request of the branch `change`; its number.
    pub async fn open_pull(&self) -> i32 {
        self.github.open_pull(NewPull::of(WRITER, "change")).await
    }

    /// The only check of a commit.
    #[track_caller]
    pub fn check(&self, revision: &str) -> Option<Check> {
        let mut checks = self.github.checks(&self.project.sha(revision));
        assert!(checks.len() <= 1, "a commit has more than one check of a benchmark: {checks:#?}");
        checks.pop()
    }

    /// Waits until the check of a commit is completed; its conclusion.
    pub async fn conclusion(&self, revision: &str) -> String {
        let what = format!("the check of {revision} is completed");
        until(&what, async || self.check(revision)?.conclusion).await
    }

    /// Ends a manager as an operator does.
    #[track_caller]
    pub fn stop(&self, manager: Started) {
        manager.signal(Signal::TERM);
        manager.finish().expect(0);
        self.project.assert_nothing_left();
    }
}

/// Looks again until there is something.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, look: impl Fn() -> F) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(LIMIT, looking).await.unwrap_or_else(|_| panic!("not within {LIMIT:?}: {what}"))
}
