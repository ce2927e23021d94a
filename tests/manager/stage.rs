//! The stage: a fake GitHub with a repository, a receiver of its webhooks, a manager that acts when told to.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use loadmark::database::{Database, Receipt};
use loadmark::domain::github::PullNumber;
use loadmark::domain::ids::WorkerId;
use loadmark::domain::job::{Job, JobFilter, JobKind, JobState};
use loadmark::domain::procedure::CompareMethod;
use loadmark::domain::revision::Revision;
use loadmark::domain::rules::{GithubSettings, TestsWhen};
use loadmark::domain::settings::{Benchmark, Secret, Settings};
use loadmark::domain::verdict::Outcome;
use loadmark::github::{Github, Pace as GithubPace};
use loadmark::manager::{Manager, Pace, Project};
use loadmark::publish::{Publication, Publisher, Rhythm};
use loadmark::queue::{Lease, Queue};
use loadmark::webhook;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::fake_github::{Check, FakeGithub, Request, WEBHOOK_SECRET, git};
use crate::harness::jobs::{HOST, patient};
use crate::harness::postgres::{TestDatabase, database};

/// No waits between writes; failures end soon.
const QUICK: GithubPace = GithubPace {
    write_gap: Duration::ZERO,
    timeout: Duration::from_secs(5),
    again: Duration::ZERO,
    refresh: Duration::from_secs(300),
};
/// Nothing happens by itself within a test.
const PATIENT: Pace =
    Pace { poll: Duration::from_secs(600), reconcile: Duration::from_secs(600), patience: Duration::from_secs(20) };

/// The pause after a step is longer than any test.
const RHYTHM: Rhythm =
    Rhythm { poll: Duration::from_secs(600), claim: Duration::from_secs(60), step: Duration::from_secs(600) };

/// A job in a few words: `new-test browse of SUBJECT by ann: queued`.
pub type Told = Vec<String>;

/// Everything that a story needs.
pub struct Stage {
    pub fake: FakeGithub,
    pub base: TestDatabase,
    pub store: Database,
    pub queue: Queue,
    pub project: Project,
    folder: TempDir,
    _receiver: Receiver,
    url: String,
}

struct Receiver(JoinHandle<()>);

impl Drop for Receiver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Stage {
    /// The repository `team/shop` with the commits `main`, `faster`, `slower` (each on `main`) and `docs`, where ann may
    /// write, tim may label, and eve may nothing. Every pull request is measured.
    pub async fn new() -> Self {
        Self::with(|rules| rules.tests = TestsWhen::Always).await
    }

    /// The same with other rules.
    pub async fn with(rules: impl FnOnce(&mut GithubSettings)) -> Self {
        let folder = TempDir::new().unwrap();
        make_repository(folder.path());
        let fake = FakeGithub::start("team/shop", folder.path()).await;
        for (login, role) in [("ann", "write"), ("max", "maintain"), ("tim", "triage"), ("eve", "read")] {
            fake.permit(login, role);
        }
        let base = database().await;
        let store = base.connect().await;
        let (url, receiver) = receive(store.clone()).await;
        fake.send_webhooks_to(&url);
        let mut settings = settings("shop");
        let mut github = fake.settings();
        rules(&mut github);
        settings.github = Some(github);
        let queue = Queue::new(store.clone(), patient());
        let project = project(settings);
        Self { fake, base, store, queue, project, folder, _receiver: receiver, url }
    }

    /// With the benchmark `browse` alone.
    pub async fn with_one_benchmark() -> Self {
        Self::with(|rules| {
            rules.tests = TestsWhen::Always;
            rules.benchmarks = vec!["browse".to_owned()];
        })
        .await
    }

    /// Changes the rules, as a restart with another configuration does.
    pub fn change_rules(&mut self, change: impl FnOnce(&mut GithubSettings)) {
        let mut settings = (*self.project.settings).clone();
        change(settings.github.as_mut().unwrap());
        self.project = project(settings);
    }

    /// A fresh client, as a restart makes it: it has forgotten every limit.
    pub fn restart(&mut self) {
        self.change_rules(|_| ());
    }

    /// A publisher, as a process has it.
    pub fn publisher(&self) -> Publisher {
        let Project { settings, rules, github } = self.project.clone();
        Publisher::new(vec![Publication { settings, rules, github }], self.store.clone(), RHYTHM)
    }

    /// Writes what is due.
    pub async fn publish(&self) {
        self.publisher().publish().await.unwrap();
    }

    /// The only check of a commit.
    pub fn check(&self, name: &str) -> Check {
        let mut checks = self.fake.checks(self.revision(name).sha());
        assert_eq!(checks.len(), 1, "{checks:?}");
        checks.pop().unwrap()
    }

    /// How often anything was written, tokens apart.
    pub fn writes(&self) -> usize {
        let is_write = |one: &&Request| one.method != "GET" && !one.path.contains("access_tokens");
        self.fake.requests().iter().filter(is_write).count()
    }

    /// A manager, as a process has it.
    pub fn manager(&self) -> Manager {
        self.manager_of(vec![self.project.clone()])
    }

    /// A manager of several projects.
    pub fn manager_of(&self, projects: Vec<Project>) -> Manager {
        Manager::new(projects, self.queue.clone(), self.store.clone(), PATIENT)
    }

    /// Acts until nothing is left to be acted on, on webhooks that follow from it as well.
    pub async fn act(&self) {
        let manager = self.manager();
        loop {
            self.fake.settled().await;
            if manager.act().await.unwrap() == 0 {
                return;
            }
        }
    }

    /// Where webhooks are taken.
    pub fn receiver(&self) -> &str {
        &self.url
    }

    /// A commit by its name in the folder.
    pub fn revision(&self, name: &str) -> Revision {
        git::commit(self.folder.path(), name).unwrap().parse().unwrap()
    }

    /// A git command in the repository.
    pub fn git(&self, arguments: &[&str]) -> String {
        git::git(self.folder.path(), arguments).unwrap()
    }

    /// The jobs, the oldest first.
    pub async fn jobs(&self) -> Vec<Job> {
        let mut jobs = self.store.jobs(&JobFilter { project: None, limit: 1000 }).await.unwrap();
        jobs.reverse();
        jobs
    }

    /// The jobs in words, the oldest first.
    pub async fn told(&self) -> Told {
        self.jobs().await.iter().map(|job| self.in_words(job)).collect()
    }

    /// The tests in words, the oldest first; without master sets.
    pub async fn tests(&self) -> Told {
        let jobs = self.jobs().await;
        jobs.iter().filter(|job| job.request.kind == JobKind::NewTest).map(|job| self.in_words(job)).collect()
    }

    fn in_words(&self, job: &Job) -> String {
        let known = ["main", "faster", "slower", "docs"].into_iter();
        let name = known.clone().find(|name| self.revision(name) == job.request.revision);
        let state = match &job.state {
            JobState::Queued { .. } => "queued".to_owned(),
            JobState::Running { .. } => "running".to_owned(),
            JobState::Finished { outcome, .. } => outcome.to_string(),
        };
        let request = &job.request;
        let name = name.map_or_else(|| request.revision.short(), str::to_owned);
        format!("{} {} of {name} for {}: {state}", request.kind, request.benchmark, job.terms.asked_by)
    }

    /// Why a commit is held, in a word for each benchmark.
    pub async fn holds(&self, pull: i32, name: &str) -> Vec<String> {
        let pull = Some(pull).filter(|number| *number > 0).map(PullNumber);
        let holds = self.store.holds("shop", pull, &self.revision(name)).await.unwrap();
        holds.into_iter().map(|(benchmark, hold)| format!("{benchmark}: {}", hold.reason.as_str())).collect()
    }

    /// What the last delivery came to.
    pub async fn outcome(&self) -> String {
        use sqlx::Connection;
        let mut session = self.base.session().await;
        let outcome: Option<String> = sqlx::query_scalar("SELECT outcome FROM deliveries ORDER BY number DESC LIMIT 1")
            .fetch_one(&mut session)
            .await
            .unwrap();
        session.close().await.unwrap();
        outcome.unwrap_or_else(|| "open".to_owned())
    }

    /// Makes a postponed delivery, or notice, due: time is not waited for.
    pub async fn let_time_pass(&self) {
        self.base.execute("UPDATE deliveries SET try_at = clock_timestamp() WHERE handled_at IS NULL").await;
        self.base.execute("UPDATE notices SET try_at = clock_timestamp(), busy_until = '-infinity'").await;
    }

    /// The next job, as a worker takes it.
    pub async fn take(&self) -> Lease {
        let mut counter = self.queue.counter(HOST, WorkerId::random(), vec!["shop".to_owned()]);
        counter.next().await.unwrap().expect("a job that waits")
    }

    /// Carries the next job out.
    pub async fn finish_next(&self, outcome: Outcome) {
        self.take().await.finish(outcome, None).await.unwrap();
    }

    /// Stores the master sets of a commit, as if they had been measured.
    pub async fn store_masters(&self, name: &str) {
        let revision = self.revision(name);
        for benchmark in ["browse", "buy"] {
            let mut request = crate::harness::samples::request();
            request.benchmark = benchmark.to_owned();
            request.revision = revision.clone();
            let text = self.project.settings.text.clone();
            crate::harness::stored::run(&self.store, &request, &[crate::harness::samples::round(1, 1)], |run| {
                run.configuration = text;
            })
            .await;
        }
        self.base.execute("DELETE FROM notices").await;
    }

    /// The reactions to a comment.
    pub fn reactions(&self, comment: i64) -> Vec<String> {
        self.fake.reactions(comment).into_iter().map(|reaction| reaction.content).collect()
    }
}

/// A project with these settings and a quick client.
pub fn project(settings: Settings) -> Project {
    let rules = settings.github.clone().expect("a project on GitHub");
    let github = Github::with_pace(&rules, QUICK).unwrap();
    Project { settings: Arc::new(settings), rules, github }
}

/// Settings with the benchmarks `browse` and `buy`.
pub fn settings(name: &str) -> Settings {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/config/good.yaml");
    let environment = |_: &str| Some("postgres://shop@db/shop".to_owned());
    let mut settings = loadmark::config::load(&path, &environment).unwrap();
    let like = settings.benchmarks.pop_first().unwrap().1;
    for benchmark in ["browse", "buy"] {
        let compare = CompareMethod::Stored;
        let one = Benchmark { name: benchmark.to_owned(), compare, ..like.clone() };
        settings.benchmarks.insert(benchmark.to_owned(), one);
    }
    settings.project = name.to_owned();
    settings
}

fn make_repository(folder: &Path) {
    let run = |arguments: &[&str]| git::git(folder, arguments).unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    run(&["init", "--quiet", "--initial-branch", "main"]);
    write("server", "slow\n");
    run(&["add", "--all"]);
    run(&["commit", "--quiet", "--message", "A service"]);
    for (branch, file) in [("faster", "server"), ("slower", "server"), ("docs", "README.md")] {
        run(&["checkout", "--quiet", "-b", branch, "main"]);
        write(file, branch);
        run(&["add", "--all"]);
        run(&["commit", "--quiet", "--message", branch]);
    }
    run(&["checkout", "--quiet", "main"]);
}

/// Takes webhooks as the web does: verified, read, kept, and only then answered.
async fn receive(store: Database) -> (String, Receiver) {
    async fn take(State(store): State<Database>, headers: HeaderMap, body: Bytes) -> StatusCode {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let secrets = [Secret(WEBHOOK_SECRET.to_owned())];
        webhook::verify(&secrets, Some(header("x-hub-signature-256")), &body).unwrap();
        let delivery = webhook::read(header("x-github-event"), header("x-github-delivery"), &body).unwrap();
        match store.receive(&delivery).await {
            Ok(Receipt::New | Receipt::Known) => StatusCode::OK,
            Err(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/webhook/github", listener.local_addr().unwrap());
    let router = Router::new().route("/webhook/github", post(take)).with_state(store);
    (url, Receiver(tokio::spawn(async move { axum::serve(listener, router).await.unwrap() })))
}
