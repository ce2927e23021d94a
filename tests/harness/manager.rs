//! A project under a manager: a GitHub to talk to, and `loadmark serve` as a process.

use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::Signal;

use super::program::{BINARY, Started};
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
    /// What managers see besides, such as another way to the engine.
    pub variables: Vec<(&'static str, String)>,
    /// The words before its own, where it runs in another world.
    pub inside: Vec<String>,
    address: SocketAddr,
}

impl Managed {
    /// A fresh one, with nothing measured. Every pull request of a writer is measured by itself.
    pub async fn new() -> Self {
        Self::of(Project::new().await).await
    }

    /// The same of a project that is not on GitHub yet.
    pub async fn of(project: Project) -> Self {
        let github = FakeGithub::start(REPOSITORY, &project.repository()).await;
        github.permit(WRITER, "write");
        project.write("app.pem", APP_KEY);
        let address = free_address();
        let more = format!(
            "manager: {{listen: \"{address}\", drain: 5s, min_free_space: 1MiB}}\n\
             github: {{repository: {REPOSITORY}, api: \"{}\", app: {{id: {APP_ID}, key: {{file: app.pem}}}}, \
             webhook_secret: {{env: {SECRET}}}, tests: always}}\nqueue:",
            github.api(),
        );
        project.configure("queue:", &more);
        project.configure("poll: 500ms", "poll: 500ms, back_off: 1s");
        project.branch("change", "notes", "harmless\n");
        github.send_webhooks_to(&format!("http://{address}/webhook/github"));
        Self { project, github, variables: Vec::new(), inside: Vec::new(), address }
    }

    /// The same with a master set of `main` measured, so that a test needs no other job first.
    pub async fn with_master() -> Self {
        let managed = Self::new().await;
        managed.measure_master().await;
        managed
    }

    /// The same with loads of so many seconds: long enough for what is to happen meanwhile.
    pub async fn with_load_of(seconds: u32) -> Self {
        let managed = Self::new().await;
        managed.project.configure("40:2", &format!("40:{seconds}"));
        managed.measure_master().await;
        managed
    }

    /// Has a manager measure `main` under the present configuration, and stops it.
    pub async fn measure_master(&self) {
        const MEASURED: &str = "SELECT count(*) FROM jobs WHERE kind = 'new-master' AND outcome = 'measured'";
        let manager = self.serve();
        until("the master set is measured", async || (self.project.database.number(MEASURED).await > 0).then_some(()))
            .await;
        self.end(manager).await;
    }

    /// Starts the manager; GitHub knows where it listens.
    pub fn serve(&self) -> Started {
        self.serve_with(&[])
    }

    /// The same with more variables.
    pub fn serve_with(&self, more: &[(&str, &str)]) -> Started {
        let mut manager = self.start(&["serve"], more);
        manager.await_line(&format!("listening on http://{}", self.address));
        manager
    }

    /// Starts a worker beside the manager.
    pub fn work(&self) -> Started {
        self.start(&["worker"], &[])
    }

    fn start(&self, args: &[&str], more: &[(&str, &str)]) -> Started {
        let own = self.variables.iter().map(|(name, value)| (*name, value.as_str()));
        let variables: Vec<_> = own.chain([(SECRET, WEBHOOK_SECRET)]).chain(more.iter().copied()).collect();
        let inside = self.inside.iter().map(String::as_str);
        let words: Vec<_> = inside.chain([BINARY]).chain(args.iter().copied()).collect();
        self.project.launch(&words, &variables)
    }

    /// The status of a page of the manager; 0 where nobody answers.
    pub async fn status(&self, path: &str) -> u16 {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
        let answer = client.get(format!("http://{}{path}", self.address)).send().await;
        answer.map_or(0, |answer| answer.status().as_u16())
    }

    /// Opens a pull request of the branch `change`; its number.
    pub async fn open_pull(&self) -> i32 {
        self.open_pull_of("change").await
    }

    /// Opens a pull request of a branch; its number.
    pub async fn open_pull_of(&self, branch: &str) -> i32 {
        self.github.open_pull(NewPull::of(WRITER, branch)).await
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

    /// Waits until a number in the database is one that is waited for.
    pub async fn await_number(&self, what: &str, sql: &'static str, wanted: i64) {
        until(what, async || (self.project.database.number(sql).await == wanted).then_some(())).await;
    }

    /// Waits until a test sends its load.
    pub async fn await_load(&self) {
        const LOADS: &str = "SELECT count(*) FROM jobs WHERE phase LIKE 'load%' AND kind = 'new-test'";
        self.await_number("load is sent", LOADS, 1).await;
    }

    /// The same; false where it takes too long.
    pub async fn has_number_in_time(&self, sql: &'static str, wanted: i64) -> bool {
        let looking = async {
            while self.project.database.number(sql).await != wanted {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(LIMIT, looking).await.is_ok()
    }

    /// How often the newest test was begun.
    pub async fn attempts(&self) -> i64 {
        const ATTEMPTS: &str = "SELECT attempts::bigint FROM jobs WHERE kind = 'new-test' ORDER BY id DESC LIMIT 1";
        self.project.database.number(ATTEMPTS).await
    }

    /// Waits until every delivery was acted upon, every job is over, and all is told on GitHub.
    pub async fn settle(&self) {
        self.await_number("all is done and told", UNSETTLED, 0).await;
    }

    /// Ends a manager, once there is nothing left to do, as an operator does.
    pub async fn end(&self, manager: Started) {
        self.settle().await;
        self.stop(manager);
    }

    /// Ends a manager as an operator does.
    #[track_caller]
    pub fn stop(&self, manager: Started) {
        manager.signal(Signal::TERM);
        manager.finish().expect(0);
        self.project.assert_nothing_left();
    }
}

/// What is to be done yet.
const UNSETTLED: &str = "SELECT (SELECT count(*) FROM deliveries WHERE handled_at IS NULL)
    + (SELECT count(*) FROM jobs WHERE state <> 'finished') + (SELECT count(*) FROM notices WHERE written < change)";

/// An address of loopback for a manager that is started again and again: none that connections are given by chance.
fn free_address() -> SocketAddr {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let first = u16::try_from(std::process::id() % 10_000).unwrap() + 20_000;
    loop {
        let number = u16::try_from(NUMBER.fetch_add(1, Ordering::Relaxed)).unwrap();
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", first + number)) {
            return listener.local_addr().unwrap();
        }
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
