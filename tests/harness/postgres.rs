//! A real Postgres: one container for the whole test binary, a fresh database for each test.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{ChildStderr, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use loadmark::database::Database;
use loadmark::domain::settings::Secret;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions};

/// Tried in this order; LOADMARK_POSTGRES_IMAGE goes before them.
const IMAGES: [&str; 2] = ["loadmark-local/postgres:17", "postgres:17"];
/// Runs the server until standard input ends. This process holds the other end, so that the container goes when
/// the test binary does, however it ends; a `Drop` would not run for a static or after a kill.
const UNTIL_STDIN_ENDS: &str = "docker-entrypoint.sh postgres -c fsync=off -c max_connections=300 & \
                                cat > /dev/null; kill -INT $!; wait $!";

/// How Postgres is started in its container.
const OPTIONS: &str = "-c fsync=off -c max_connections=300";

struct Server {
    name: String,
    port: u16,
    _stdin: ChildStdin,
}

/// A server of a test's own, that can be taken down and started again at the same port, with what it holds.
pub struct OwnServer(Server);

/// A database of its own; its server is shared.
pub struct TestDatabase {
    options: PgConnectOptions,
}

/// A fresh, empty database.
pub async fn database() -> TestDatabase {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let name = || format!("loadmark-test-postgres-{}", std::process::id());
    SERVER.get_or_init(|| Server::start(name())).database().await
}

impl OwnServer {
    /// A fresh one, with its database.
    pub async fn start() -> (Self, TestDatabase) {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let server = Server::start(format!("loadmark-test-own-postgres-{}-{number}", std::process::id()));
        let database = server.database().await;
        (Self(server), database)
    }

    /// Ends Postgres as a crash would: without a word to its clients, and with a recovery to come.
    pub fn stop(&self) {
        self.control(&["-m", "immediate", "stop"]);
    }

    /// Starts it again.
    pub fn start_again(&self) {
        self.control(&["-l", "/tmp/postgres.log", "-o", OPTIONS, "start"]);
    }

    #[track_caller]
    fn control(&self, words: &[&str]) {
        let folder = "/var/lib/postgresql/data";
        let args = [&["exec", "--user", "postgres", &self.0.name, "pg_ctl", "-D", folder, "-w"], words].concat();
        docker(&args).unwrap_or_else(|| panic!("docker {args:?} fails"));
    }
}

impl TestDatabase {
    /// What a team would configure.
    pub fn url(&self) -> Secret {
        Secret(self.options.to_url_lossy().to_string())
    }

    /// A handle as a process makes it: each has a pool of its own.
    pub async fn connect(&self) -> Database {
        Database::connect(&self.url(), None).await.expect("connect to the test database")
    }

    /// Past the library, for what only time or an operator does: ends a lease, plants an odd row.
    pub async fn execute(&self, sql: &'static str) {
        self.session().await.execute(sql).await.expect("execute");
    }

    /// Whether Postgres refuses a statement by a constraint, and which.
    pub async fn refusal(&self, sql: &'static str) -> Option<String> {
        let error = self.session().await.execute(sql).await.err()?;
        error.as_database_error().and_then(|error| error.constraint()).map(str::to_owned)
    }

    /// A number that a statement answers.
    pub async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.session().await).await.expect("a number")
    }

    /// A text that a statement answers.
    pub async fn text(&self, sql: &'static str) -> String {
        sqlx::query_scalar(sql).fetch_one(&mut self.session().await).await.expect("a text")
    }

    /// A connection past the library.
    pub async fn session(&self) -> PgConnection {
        self.options.connect().await.expect("connect")
    }
}

impl Server {
    #[expect(clippy::zombie_processes, reason = "it outlives the tests by design, and ends with our end of its pipe")]
    fn start(name: String) -> Self {
        let mut child = Command::new("docker")
            .args(["run", "--rm", "--interactive", "--name", &name, "--label", "loadmark.test=1"])
            .args(["--publish", "127.0.0.1::5432", "--tmpfs", "/var/lib/postgresql/data"])
            .args(["--env", "POSTGRES_HOST_AUTH_METHOD=trust", "--entrypoint", "sh"])
            .args([image().as_str(), "-c", UNTIL_STDIN_ENDS])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0) // An interrupt from the terminal must not reach docker before it reaches us.
            .spawn()
            .expect("docker runs");
        await_ready(child.stderr.take().expect("stderr is piped"));
        Self { port: published_port(&name), _stdin: child.stdin.take().expect("stdin is piped"), name }
    }

    /// A fresh database on it.
    async fn database(&self) -> TestDatabase {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let options = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(self.port).username("postgres");
        let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut admin = options.clone().database("postgres").connect().await.expect("the test server answers");
        admin.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.expect("create a test database");
        admin.close().await.expect("close");
        TestDatabase { options: options.database(&name) }
    }
}

/// Reads the server's log until it accepts connections by TCP, and goes on emptying it.
fn await_ready(log: ChildStderr) {
    let mut lines = BufReader::new(log);
    let (mut seen, mut by_tcp) = (String::new(), false);
    loop {
        let start = seen.len();
        let read = lines.read_line(&mut seen).expect("the server's log is text");
        assert!(read > 0, "the Postgres container ended before it was ready:\n{seen}");
        by_tcp |= seen[start..].contains("listening on IPv4 address");
        if by_tcp && seen[start..].contains("ready to accept connections") {
            break;
        }
    }
    std::thread::spawn(move || lines.read_to_end(&mut Vec::new()));
}

fn docker(args: &[&str]) -> Option<String> {
    let output = Command::new("docker").args(args).output().expect("docker runs");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn published_port(container: &str) -> u16 {
    let answer = docker(&["port", container, "5432/tcp"]).expect("the container publishes its port");
    let port = answer.lines().next().and_then(|line| line.rsplit(':').next()).expect("an address");
    port.trim().parse().expect("a port")
}

/// The image of the server.
pub fn image() -> String {
    std::env::var("LOADMARK_POSTGRES_IMAGE")
        .ok()
        .into_iter()
        .chain(IMAGES.map(str::to_owned))
        .find(|image| docker(&["image", "inspect", image]).is_some())
        .expect("a Postgres image is here: `make test` builds or pulls one")
}
