//! A GitHub to test against: a server that keeps repositories, pull requests, comments, checks and deliveries, holds
//! every call to GitHub's rules, tells what happens by signed webhooks, and fails in each way when told to.
//!
//! Commits are in a real repository, a folder; everything else is in memory. People act by [`FakeGithub`]'s methods,
//! Loadmark by its API. With `LOADMARK_GITHUB_API` naming GitHub's own description, calls are held against it as well.

mod actions;
mod answers;
mod apps;
mod checks;
mod credentials;
pub mod git;
mod issues;
mod pulls;
mod reply;
mod route;
mod schema;
mod server;
mod state;
mod trouble;
pub mod webhooks;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use loadmark::domain::rules::{Credentials, GithubSettings, MissingBaseline, TestsWhen};
use loadmark::domain::settings::Secret;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use self::actions::NewPull;
pub use self::state::{Check, Comment, Delivery, Issue, Pull, Reaction, Request, Status};
pub use self::trouble::{How, Trouble};

use self::state::{Grant, Repository, Shared, Webhook};

/// The app's id.
pub const APP_ID: u64 = 4711;
/// The app's name in addresses; what it writes is by `loadmark[bot]`.
pub const APP_SLUG: &str = "loadmark";
/// The app's private key, in PEM; opens nothing but this fake.
pub const APP_KEY: &str = include_str!("app.pem");
/// In every token that the fake makes: it may be found nowhere else.
pub const CANARY: &str = "Canary7f3a";
/// What webhooks are signed with.
pub const WEBHOOK_SECRET: &str = "a secret of the fake's webhooks";

const INSTALLATION: i64 = 42;

/// What the app was given on the repositories.
const PERMISSIONS: [(&str, &str); 5] =
    [("checks", "write"), ("contents", "read"), ("issues", "write"), ("metadata", "read"), ("pull_requests", "write")];

/// The account that the app writes as.
pub fn bot() -> String {
    format!("{APP_SLUG}[bot]")
}

/// One repository of a fake GitHub.
#[derive(Clone)]
pub struct FakeGithub {
    shared: Arc<Shared>,
    repository: String,
    /// Ends the server with the last handle.
    _server: Arc<Server>,
}

struct Server(JoinHandle<()>);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl FakeGithub {
    /// Starts one on loopback, with a repository `OWNER/NAME` whose commits are in a folder. The app is installed.
    pub async fn start(repository: &str, folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Shared::new(format!("http://{address}"));
        let router = Router::new().fallback(server::serve).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.expect("a server") });
        {
            let mut state = shared.state();
            state.is_installed = true;
            state.account(&bot());
            state.account("github-actions[bot]");
        }
        let fake = Self { shared, repository: repository.to_owned(), _server: Arc::new(Server(server)) };
        fake.hold(repository, folder);
        fake
    }

    /// A further repository on the same server.
    pub fn also(&self, repository: &str, folder: &Path) -> Self {
        self.hold(repository, folder);
        Self { repository: repository.to_owned(), ..self.clone() }
    }

    fn hold(&self, name: &str, folder: &Path) {
        let mut state = self.shared.state();
        let repository = Repository {
            id: state.next_id(),
            folder: folder.to_owned(),
            default_branch: "main".to_owned(),
            permissions: BTreeMap::new(),
            last_number: 0,
            pulls: BTreeMap::new(),
            issues: BTreeMap::new(),
            comments: Vec::new(),
            checks: Vec::new(),
            statuses: Vec::new(),
            reactions: Vec::new(),
        };
        state.repositories.insert(name.to_owned(), repository);
    }

    /// The API's address.
    pub fn api(&self) -> &str {
        &self.shared.api
    }

    /// A project's settings, as the app.
    pub fn settings(&self) -> GithubSettings {
        self.settings_with(Credentials::App { id: APP_ID, key: Secret(APP_KEY.to_owned()) })
    }

    /// A project's settings, with other credentials.
    pub fn settings_with(&self, credentials: Credentials) -> GithubSettings {
        GithubSettings {
            repository: self.repository.parse().expect("OWNER/NAME"),
            api: self.api().to_owned(),
            credentials,
            webhook_secrets: vec![Secret(WEBHOOK_SECRET.to_owned())],
            hook: None,
            command: "/loadmark".to_owned(),
            tests: TestsWhen::default(),
            label: "bench".to_owned(),
            drafts: false,
            ignore: Vec::new(),
            benchmarks: Vec::new(),
            missing_baseline: MissingBaseline::default(),
            regression_issue: true,
        }
    }

    /// A token of a user.
    pub fn token(&self, login: &str) -> String {
        let mut state = self.shared.state();
        state.account(login);
        let token = format!("ghp_{CANARY}{}", state.next_id());
        state.tokens.insert(token.clone(), Grant::User(login.to_owned()));
        token
    }

    /// A token as workflows are given.
    pub fn workflow_token(&self) -> String {
        let mut state = self.shared.state();
        let token = format!("ghs_{CANARY}{}", state.next_id());
        state.tokens.insert(token.clone(), Grant::Workflow);
        token
    }

    /// A token of the installation that may do all that the app may.
    pub fn app_token(&self) -> String {
        let mut state = self.shared.state();
        let token = format!("ghs_{CANARY}{}", state.next_id());
        let permissions = PERMISSIONS.iter().map(|(name, level)| ((*name).to_owned(), (*level).to_owned())).collect();
        let (ends, repositories) = (state.now() + 3600, vec![self.repository.clone()]);
        state.tokens.insert(token.clone(), Grant::Installation { ends, repositories, permissions });
        token
    }

    /// From now on, what happens is told there.
    pub fn send_webhooks_to(&self, url: &str) {
        let webhook = Webhook { url: url.to_owned(), secret: WEBHOOK_SECRET.to_owned() };
        self.shared.state().webhook = Some(webhook);
    }

    /// Waits until every webhook that was sent in the background has its answer.
    pub async fn settled(&self) {
        self.shared.background.close();
        self.shared.background.wait().await;
        self.shared.background.reopen();
    }

    /// Has calls fail.
    pub fn fail(&self, trouble: Trouble) {
        self.shared.state().troubles.push(trouble);
    }

    /// Moves the clock on.
    pub fn pass(&self, time: Duration) {
        self.shared.state().ahead += i64::try_from(time.as_secs()).expect("seconds");
    }

    /// Sets the clock back.
    pub fn lag(&self, time: Duration) {
        self.shared.state().ahead -= i64::try_from(time.as_secs()).expect("seconds");
    }

    /// Ends every token of the installation.
    pub fn end_tokens(&self) {
        self.shared.state().tokens.retain(|_, grant| !matches!(grant, Grant::Installation { .. }));
    }

    /// How long tokens live that are made from now on; an hour where it is not said.
    pub fn tokens_live(&self, life: Duration) {
        self.shared.state().token_life = Some(life);
    }

    /// So many calls are left in this hour.
    pub fn leave_calls(&self, left: u64) {
        self.shared.state().calls_left = Some(left);
    }

    /// Installs the app, or takes it away.
    pub fn install(&self, is_installed: bool) {
        self.shared.state().is_installed = is_installed;
    }

    fn read<T>(&self, read: impl FnOnce(&Repository) -> T) -> T {
        let mut state = self.shared.state();
        read(state.repository(&self.repository).expect("a repository that is held"))
    }

    /// A pull request.
    pub fn pull(&self, number: i32) -> Pull {
        self.read(|held| held.pulls[&number].clone())
    }

    /// The comments on a pull request, the oldest first.
    pub fn comments(&self, pull: i32) -> Vec<Comment> {
        self.read(|held| held.comments.iter().filter(|one| one.pull == pull).cloned().collect())
    }

    /// The checks of a commit, the oldest first.
    pub fn checks(&self, sha: &str) -> Vec<Check> {
        self.read(|held| held.checks.iter().filter(|check| check.head == sha).cloned().collect())
    }

    /// The statuses that were set on a commit, the oldest first.
    pub fn statuses(&self, sha: &str) -> Vec<Status> {
        self.read(|held| held.statuses.iter().filter(|status| status.head == sha).cloned().collect())
    }

    /// The issues that are no pull requests.
    pub fn issues(&self) -> Vec<Issue> {
        self.read(|held| held.issues.values().cloned().collect())
    }

    /// The reactions to a comment.
    pub fn reactions(&self, comment: i64) -> Vec<Reaction> {
        self.read(|held| held.reactions.iter().filter(|one| one.comment == comment).cloned().collect())
    }

    /// Every call that was made.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.state().requests.clone()
    }

    /// Every attempt to deliver a webhook.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.state().deliveries.clone()
    }

    /// What calls and answers had that GitHub's description does not allow; empty without a description.
    pub fn breaches(&self) -> Vec<String> {
        self.shared.state().breaches.clone()
    }

    /// Calls that the description does not know, by how often they were made.
    pub fn undescribed(&self) -> BTreeMap<String, u32> {
        self.shared.state().undescribed.clone()
    }
}
