//! The web server in this process, over a database of the test, with two projects: `Team/shop` and `Team/blog`.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use hmac::{Hmac, Mac};
use loadmark::config::load;
use loadmark::database::Database;
use loadmark::domain::settings::{QueueSettings, Settings};
use loadmark::queue::Queue;
use loadmark::web::{Parts, Server};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::jobs::soon;
use super::postgres::TestDatabase;

/// The secret that `Team/shop` signs with.
pub const SECRET: &str = "shop-webhook-secret-canary";
/// The one before it.
pub const PREVIOUS_SECRET: &str = "shop-previous-secret-canary";
/// The secret that `Team/blog` signs with.
pub const BLOG_SECRET: &str = "blog-webhook-secret-canary";
/// The token of the API.
pub const API_TOKEN: &str = "api-token-canary-0123456789";

const CONFIG: &str = include_str!("../data/web/shop.yaml");
const QUERIES: &str = include_str!("../data/web/queries.yaml");

/// A server that answers, and what it answers from.
pub struct Site {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it answers from.
    pub store: Database,
    /// What tests ask with.
    pub client: Client,
    /// Notified after each delivery.
    pub wake: Arc<Notify>,
    token: CancellationToken,
    server: Option<JoinHandle<()>>,
    folder: tempfile::TempDir,
}

/// What a request came to.
#[derive(Debug)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The body.
    pub text: String,
}

impl Site {
    /// Over a fresh database.
    pub async fn start(database: &TestDatabase) -> Self {
        Self::over(database.connect().await, true).await
    }

    /// Over a database that may go away; with or without a token for the API.
    pub async fn over(store: Database, has_token: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config =
            if has_token { CONFIG.to_owned() } else { CONFIG.replace("  api_token: {env: TEST_API_TOKEN}\n", "") };
        let blog = CONFIG.replace("project: shop", "project: blog").replace("Team/shop", "Team/blog");
        let shop = settings(folder.path(), "shop.yaml", &config, SECRET);
        let blog = settings(folder.path(), "blog.yaml", &blog, BLOG_SECRET);
        let wake = Arc::new(Notify::new());
        let server = Server::new(Parts {
            queue: Queue::new(store.clone(), QueueSettings::default()),
            database: store.clone(),
            projects: Arc::new([shop, blog]),
            wake: Arc::clone(&wake),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let token = CancellationToken::new();
        let running = server.run(listener, token.clone());
        let server = Some(tokio::spawn(async move { running.await.unwrap() }));
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { address, store, client, wake, token, server, folder }
    }

    /// The folder of the projects' files; their data folder is `data` in it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// An address of the site.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Reads a page.
    pub async fn fetch(&self, path: &str) -> Response {
        soon(self.client.get(self.url(path)).send()).await.unwrap()
    }

    /// Reads a page.
    pub async fn get(&self, path: &str) -> Answered {
        answered(self.fetch(path).await).await
    }

    /// Reads JSON that has to be there.
    pub async fn json(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        serde_json::from_str(&answer.text).unwrap()
    }

    /// A delivery as GitHub sends it, not sent yet.
    pub fn delivery(&self, event: &str, id: &str, secret: &str, body: &[u8]) -> RequestBuilder {
        self.unsigned(event, id, body).header("x-hub-signature-256", signature(secret, body))
    }

    /// The same without a signature.
    pub fn unsigned(&self, event: &str, id: &str, body: &[u8]) -> RequestBuilder {
        let request = self.client.post(self.url("/webhook/github")).body(body.to_vec());
        let request = request.header("content-type", "application/json");
        request.header("x-github-event", event).header("x-github-delivery", id)
    }

    /// Sends a delivery of an event.
    pub async fn deliver(&self, event: &str, id: &str, payload: &Value) -> Answered {
        self.send(self.delivery(event, id, SECRET, payload.to_string().as_bytes())).await
    }

    /// Sends a request.
    pub async fn send(&self, request: RequestBuilder) -> Answered {
        answered(soon(request.send()).await.unwrap()).await
    }

    /// Asks the API to do something, with its token.
    pub async fn post(&self, path: &str, body: &Value) -> Answered {
        self.send(self.client.post(self.url(path)).bearer_auth(API_TOKEN).json(body)).await
    }

    /// Ends the server; a panic in it fails the test.
    pub async fn stop(mut self) {
        self.token.cancel();
        soon(self.server.take().unwrap()).await.unwrap();
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.token.cancel();
    }
}

async fn answered(response: Response) -> Answered {
    let status = response.status().as_u16();
    Answered { status, text: soon(response.text()).await.unwrap() }
}

fn settings(folder: &Path, name: &str, text: &str, secret: &'static str) -> Arc<Settings> {
    let file = folder.join(name);
    std::fs::write(&file, text).unwrap();
    std::fs::write(folder.join("queries.yaml"), QUERIES).unwrap();
    let environment = move |name: &str| {
        let value = match name {
            "TEST_DATABASE" => "postgres://somewhere/else",
            "TEST_GITHUB_TOKEN" => "github-token-canary",
            "TEST_SECRET" => secret,
            "TEST_PREVIOUS_SECRET" if secret == SECRET => PREVIOUS_SECRET,
            "TEST_API_TOKEN" => API_TOKEN,
            _ => return None,
        };
        Some(value.to_owned())
    };
    Arc::new(load(&file, &environment).unwrap_or_else(|error| panic!("{error}")))
}

/// `X-Hub-Signature-256` of a body.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    mac.finalize().into_bytes().iter().fold("sha256=".to_owned(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

/// A pull request of `Team/shop` that was opened.
pub fn opened() -> Value {
    let repository = json!({ "full_name": "Team/shop" });
    json!({
        "action": "opened",
        "number": 7,
        "pull_request": {
            "number": 7,
            "state": "open",
            "draft": false,
            "user": { "login": "alice" },
            "labels": [{ "name": "bench" }],
            "head": { "sha": "b".repeat(40), "ref": "faster", "repo": repository },
            "base": { "sha": "a".repeat(40), "ref": "main", "repo": repository },
        },
        "repository": repository,
        "sender": { "login": "alice" },
    })
}
