//! Signed webhooks. `flood CLIENTS SECONDS TURNS`: how many are accepted durably in a second, next to a bare `INSERT` loop
//! of as many clients on the same database, in turn; a line a turn, ours and the reference's. `steady ADDRESS CLIENTS
//! SECONDS TURNS`: the 99th percentile of the answer of a manager that listens there, in milliseconds, at a steady rate,
//! open loop; a line a turn.
//!
//! LOADMARK_BENCH_DATABASE: the URL of the database of `flood`; its tables are made.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for scripts/bench.sh")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hmac::{Hmac, Mac};
use loadmark::config::load;
use loadmark::database::Database;
use loadmark::domain::settings::{QueueSettings, Secret};
use loadmark::queue::Queue;
use loadmark::web::{Parts, Server};
use serde_json::{Value, json};
use sha2::Sha256;
use sqlx::{Connection, PgConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const CONFIG: &str = include_str!("../tests/data/web/shop.yaml");
const QUERIES: &str = include_str!("../tests/data/web/queries.yaml");
const SECRET: &str = "webhook-secret";
/// The rate at which answers are timed.
const RATE: u64 = 200;
/// A delivery about a pull request has some 25 KiB, of which we read a few fields.
const PADDING: usize = 24 * 1024;
static NUMBER: AtomicU64 = AtomicU64::new(0);

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["flood", clients, seconds, turns] => {
            floods(clients.parse().unwrap(), seconds_of(seconds), turns.parse().unwrap()).await;
        }
        ["steady", address, clients, seconds, turns] => {
            let (address, clients) = (address.parse().unwrap(), clients.parse().unwrap());
            for _ in 0..turns.parse().unwrap() {
                let p99 = steady(clients, seconds_of(seconds), async || Sender::connect(address, "push", push()).await);
                println!("{:.2}", p99.await);
            }
        }
        _ => panic!("flood CLIENTS SECONDS TURNS, or steady ADDRESS CLIENTS SECONDS TURNS"),
    }
}

fn seconds_of(text: &str) -> Duration {
    Duration::from_secs(text.parse().unwrap())
}

async fn floods(clients: usize, time: Duration, turns: u32) {
    let url = std::env::var("LOADMARK_BENCH_DATABASE").unwrap();
    let store = Database::connect(&Secret(url.clone()), None).await.unwrap();
    let address = serve(store, CancellationToken::new()).await;
    for _ in 0..turns {
        let ours = flood(clients, time, async || Sender::connect(address, "pull_request", pull()).await).await;
        let reference = flood(clients, time, async || Inserter::connect(&url).await).await;
        println!("{ours:.0} {reference:.0}");
    }
}

/// The server as `loadmark serve` has it.
async fn serve(store: Database, token: CancellationToken) -> SocketAddr {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.yaml"), CONFIG).unwrap();
    std::fs::write(folder.path().join("queries.yaml"), QUERIES).unwrap();
    let environment =
        |name: &str| Some(if name == "TEST_SECRET" { SECRET } else { "postgres://a-secret/x" }.to_owned());
    let settings = load(&folder.path().join("config.yaml"), &environment).unwrap();
    let queue = Queue::new(store.clone(), QueueSettings::default());
    let parts =
        Parts { database: store, queue, projects: Arc::new([Arc::new(settings)]), wake: Arc::new(Notify::new()) };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { Server::new(parts).run(listener, token).await.unwrap() });
    address
}

/// A client: one delivery at a time, each under an id of its own.
trait Client: Send + 'static {
    fn deliver(&mut self) -> impl Future<Output = ()> + Send;
}

/// Sends signed deliveries over one connection. What is sent is made beforehand, but for the id: this process shares
/// its cores with the server, and GitHub does not.
struct Sender {
    stream: TcpStream,
    sent: Vec<u8>,
    id_at: usize,
    answer: Vec<u8>,
}

impl Sender {
    async fn connect(address: SocketAddr, event: &str, mut payload: Value) -> Self {
        payload["padding"] = json!("x".repeat(PADDING));
        let body = payload.to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(body.as_bytes());
        let head = format!(
            "POST /webhook/github HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
             x-github-event: {event}\r\nx-hub-signature-256: sha256={}\r\ncontent-length: {}\r\nx-github-delivery: ",
            hex::encode(mac.finalize().into_bytes()),
            body.len()
        );
        let id_at = head.len();
        let sent = format!("{head}{}\r\n\r\n{body}", id()).into_bytes();
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, sent, id_at, answer: vec![0; 4096] }
    }
}

impl Client for Sender {
    async fn deliver(&mut self) {
        let id = id();
        self.sent[self.id_at..self.id_at + id.len()].copy_from_slice(id.as_bytes());
        self.stream.write_all(&self.sent).await.unwrap();
        // The answer ends with its JSON, which has one brace.
        let mut length = 0;
        while !self.answer[..length].ends_with(b"}") {
            let read = self.stream.read(&mut self.answer[length..]).await.unwrap();
            assert!(read > 0, "the server hung up");
            length += read;
        }
        let answer = std::str::from_utf8(&self.answer[..length]).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("{\"message\":\"accepted\"}"), "{answer}");
    }
}

/// Inserts the same rows over one connection, each committed by itself.
struct Inserter {
    connection: PgConnection,
    document: String,
}

impl Inserter {
    async fn connect(url: &str) -> Self {
        let connection = PgConnection::connect(url).await.unwrap();
        // What ours stores of it.
        let document =
            json!({ "id": id(), "name": "pull_request.opened", "event": { "pull": pull()["pull_request"] } })
                .to_string();
        Self { connection, document }
    }
}

impl Client for Inserter {
    async fn deliver(&mut self) {
        sqlx::query("INSERT INTO deliveries (id, name, repository, document) VALUES ($1, $2, $3, $4::text::json)")
            .bind(id())
            .bind("pull_request.opened")
            .bind("team/shop")
            .bind(&self.document)
            .execute(&mut self.connection)
            .await
            .unwrap();
    }
}

/// Of the same length each.
fn id() -> String {
    format!("{:08}-{:010}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// Of a branch that means no work: a manager stores it, takes it up, and closes it without asking GitHub.
fn push() -> Value {
    json!({
        "ref": "refs/heads/elsewhere", "after": "b".repeat(40), "deleted": false,
        "repository": { "full_name": "Team/shop" }, "sender": { "login": "alice" },
    })
}

fn pull() -> Value {
    let repository = json!({ "full_name": "Team/shop" });
    json!({
        "action": "opened",
        "pull_request": {
            "number": 7, "state": "open", "draft": false, "user": { "login": "alice" }, "labels": [],
            "head": { "sha": "b".repeat(40), "ref": "faster", "repo": repository },
            "base": { "sha": "a".repeat(40), "ref": "main", "repo": repository },
        },
        "repository": repository,
        "sender": { "login": "alice" },
    })
}

/// Deliveries a second of so many clients, each as fast as it can.
async fn flood<C: Client>(clients: usize, time: Duration, connect: impl AsyncFn() -> C) -> f64 {
    let mut tasks = JoinSet::new();
    let mut all = Vec::new();
    for _ in 0..clients {
        all.push(connect().await);
    }
    let began = Instant::now();
    for mut client in all {
        tasks.spawn(async move {
            let mut count = 0_u32;
            while began.elapsed() < time {
                client.deliver().await;
                count += 1;
            }
            count
        });
    }
    let count: u32 = tasks.join_all().await.into_iter().sum();
    f64::from(count) / began.elapsed().as_secs_f64()
}

/// The 99th percentile in milliseconds from the intended send to the answer, at a steady rate over all clients.
async fn steady<C: Client>(clients: usize, time: Duration, connect: impl AsyncFn() -> C) -> f64 {
    let mut tasks = JoinSet::new();
    let mut all = Vec::new();
    for _ in 0..clients {
        all.push(connect().await);
    }
    let (began, gap) = (Instant::now() + Duration::from_millis(50), Duration::from_secs(1) / RATE as u32);
    let step = gap * u32::try_from(clients).unwrap();
    for (index, mut client) in all.into_iter().enumerate() {
        tasks.spawn(async move {
            let mut took = Vec::new();
            let mut intended = began + gap * u32::try_from(index).unwrap();
            while intended < began + time {
                tokio::time::sleep_until(intended.into()).await;
                client.deliver().await;
                took.push(intended.elapsed());
                intended += step;
            }
            took
        });
    }
    let mut all: Vec<Duration> = tasks.join_all().await.into_iter().flatten().collect();
    all.sort();
    all[all.len() * 99 / 100].as_secs_f64() * 1000.0
}
