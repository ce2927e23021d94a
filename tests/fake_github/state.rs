//! What the fake remembers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio_util::task::TaskTracker;

use super::schema::Schema;
use super::trouble::Trouble;

/// One server, whose repositories share accounts, app and clock.
pub struct Shared {
    pub api: String,
    pub http: reqwest::Client,
    pub background: TaskTracker,
    pub schema: Option<Schema>,
    state: Mutex<State>,
}

impl Shared {
    pub fn new(api: String) -> Arc<Self> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build();
        Arc::new(Self {
            api,
            http: http.expect("a client for webhooks"),
            background: TaskTracker::new(),
            schema: Schema::given(),
            state: Mutex::new(State::default()),
        })
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics while it holds the fake")
    }
}

#[derive(Default)]
pub struct State {
    pub last_id: i64,
    /// How many seconds the clock was moved; behind ours below 0.
    pub ahead: i64,
    pub token_life: Option<Duration>,
    /// Calls left in this hour.
    pub calls_left: Option<u64>,
    pub accounts: BTreeMap<String, i64>,
    pub tokens: BTreeMap<String, Grant>,
    pub repositories: BTreeMap<String, Repository>,
    pub troubles: Vec<Trouble>,
    pub requests: Vec<Request>,
    pub deliveries: Vec<Delivery>,
    pub webhook: Option<Webhook>,
    pub is_installed: bool,
    pub undescribed: BTreeMap<String, u32>,
    pub breaches: Vec<String>,
}

/// What a token is good for.
#[derive(Clone)]
pub enum Grant {
    /// Of a user.
    User(String),
    /// Of a workflow, which may not ask who it is.
    Workflow,
    /// Of the app's installation.
    Installation { ends: i64, repositories: Vec<String>, permissions: BTreeMap<String, String> },
}

#[derive(Clone)]
pub struct Webhook {
    pub url: String,
    pub secret: String,
}

pub struct Repository {
    pub id: i64,
    pub folder: PathBuf,
    pub default_branch: String,
    pub permissions: BTreeMap<String, (String, String)>,
    pub last_number: i32,
    pub pulls: BTreeMap<i32, Pull>,
    pub issues: BTreeMap<i32, Issue>,
    pub comments: Vec<Comment>,
    pub checks: Vec<Check>,
    pub statuses: Vec<Status>,
    pub reactions: Vec<Reaction>,
}

/// A pull request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pull {
    pub number: i32,
    pub title: String,
    pub author: String,
    pub branch: String,
    pub head: String,
    /// The fork; none once it was deleted.
    pub head_repository: Option<String>,
    pub base: String,
    pub is_draft: bool,
    pub is_open: bool,
    pub merged_as: Option<String>,
    pub labels: BTreeSet<String>,
}

/// An issue that is no pull request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Issue {
    pub number: i32,
    pub author: String,
    pub title: String,
    pub body: String,
    pub is_open: bool,
}

/// A comment on a pull request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Comment {
    pub id: i64,
    pub pull: i32,
    pub author: String,
    pub body: String,
    /// Every text it had, the first one first.
    pub grown: Vec<String>,
}

/// A check run.
#[derive(Clone, PartialEq, Debug)]
pub struct Check {
    pub id: i64,
    /// The app that made it.
    pub app: u64,
    pub head: String,
    pub name: String,
    pub external_id: Option<String>,
    pub status: String,
    pub conclusion: Option<String>,
    pub details_url: Option<String>,
    pub started_at: Option<String>,
    pub completed_at: Option<String>,
    pub title: Option<String>,
    pub summary: Option<String>,
    pub text: Option<String>,
    pub actions: Vec<Value>,
    /// Status and conclusion after each write.
    pub grown: Vec<String>,
}

/// A commit status.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    pub head: String,
    pub context: String,
    pub state: String,
    pub description: Option<String>,
    pub target_url: Option<String>,
    pub author: String,
}

/// A reaction to a comment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reaction {
    pub comment: i64,
    pub author: String,
    pub content: String,
}

/// A call that was made; without secrets.
#[derive(Clone, PartialEq, Debug)]
pub struct Request {
    pub method: String,
    /// With its query.
    pub path: String,
    pub body: Value,
    /// Who: `app`, `installation`, `user LOGIN`, `workflow`, `nobody`.
    pub by: String,
    /// As answered; none where the connection was left silent.
    pub status: Option<u16>,
    pub at: std::time::Instant,
}

/// An attempt to deliver a webhook.
#[derive(Clone, PartialEq, Debug)]
pub struct Delivery {
    pub id: i64,
    pub guid: String,
    pub event: String,
    pub repository: String,
    pub payload: Value,
    pub is_redelivery: bool,
    pub delivered_at: String,
    /// The answer's; 0 where none came.
    pub status_code: u16,
}

impl State {
    pub fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        1000 + self.last_id
    }

    /// An account's number; whoever is mentioned exists.
    pub fn account(&mut self, login: &str) -> i64 {
        if let Some(id) = self.accounts.get(login) {
            return *id;
        }
        let id = self.next_id();
        self.accounts.insert(login.to_owned(), id);
        id
    }

    /// Seconds since the Unix epoch, by the fake's clock.
    pub fn now(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
        i64::try_from(now.as_secs()).expect("a clock of this century") + self.ahead
    }

    pub fn timestamp(&self) -> String {
        rfc3339(self.now())
    }

    /// A repository by its name in any case.
    pub fn repository(&mut self, name: &str) -> Option<&mut Repository> {
        self.repositories.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, found)| found)
    }
}

pub fn rfc3339(seconds: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(seconds).expect("a time of this century");
    time.format(&Rfc3339).expect("a time that can be written")
}
