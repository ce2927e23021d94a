//! The handle: connecting within a bound, migrating, and the instance that the database stands for.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool};
use tokio::time::{Instant, sleep, timeout_at};

use super::error::{DatabaseError, is_outage};
use super::intake::Intake;
use crate::domain::ids::InstanceId;
use crate::domain::settings::Secret;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// How long a server may take to answer: enough for one that is just starting, short for a person who mistyped.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// The pause between two attempts to reach a server that is starting.
const CONNECT_PAUSE: Duration = Duration::from_millis(100);
/// Connections are opened as they are needed: one job and a few pages take some three of them. Webhooks come in bursts,
/// and their commits are fast only where many share one write to the disk.
const POOL_SIZE: u32 = 16;
/// What a burst opened is given back soon: a team's server has others to serve.
const IDLE: Duration = Duration::from_secs(60);
/// A connection that rested longer is asked whether it still lives before a statement goes over it. One that was used
/// just now is not: in a burst of webhooks that is one more way to the server and back for each.
const RESTED: Duration = Duration::from_secs(1);
/// How long a statement may wait for a free connection.
const ACQUIRE_WITHIN: Duration = Duration::from_secs(10);
/// Of every session. The longest statement stores a round and takes well under a second; a transaction left idle
/// by a stuck process would block the queue, so the server ends it.
const SESSION_LIMITS: [(&str, &str); 3] =
    [("statement_timeout", "30s"), ("lock_timeout", "10s"), ("idle_in_transaction_session_timeout", "30s")];
/// Of the session that migrates: it may have to wait for another process that does.
const MIGRATION_LIMITS: [(&str, &str); 1] = [("lock_timeout", "300s")];

/// A handle on the database; clones share a small pool.
#[derive(Clone)]
pub struct Database {
    pub(super) pool: PgPool,
    /// For connections beside the pool.
    pub(super) options: Arc<PgConnectOptions>,
    instance: InstanceId,
    /// Of webhooks.
    pub(super) intake: Arc<Intake>,
}

impl fmt::Debug for Database {
    /// Without the options, which hold the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("instance", &self.instance).finish_non_exhaustive()
    }
}

impl Database {
    /// Connects, waiting up to 5 s for a server that is just starting; migrates under a lock, so that processes
    /// that start together don't collide; reads the instance. A fresh database becomes `initial_instance`, or a
    /// random one. Errors name `host:port`, never credentials.
    pub async fn connect(url: &Secret, initial_instance: Option<InstanceId>) -> Result<Self, DatabaseError> {
        let options = PgConnectOptions::from_str(&url.0).map_err(DatabaseError::Url)?.application_name("loadmark");
        let mut connection = reach(&options.clone().options(MIGRATION_LIMITS)).await?;
        migrate(&mut connection, &address(&options)).await?;
        let instance = settle_instance(&mut connection, initial_instance).await?;
        connection.close().await.map_err(DatabaseError::statement("close the migrating connection"))?;

        let options = options.options(SESSION_LIMITS);
        let pool = PgPoolOptions::new()
            .max_connections(POOL_SIZE)
            .idle_timeout(IDLE)
            .acquire_timeout(ACQUIRE_WITHIN)
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for > RESTED {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(options.clone());
        Ok(Self { pool, options: Arc::new(options), instance, intake: Arc::default() })
    }

    /// What a server says of itself, `PostgreSQL 17.2 ...`; nothing in it is changed.
    pub async fn server_version(url: &Secret) -> Result<String, DatabaseError> {
        let options = PgConnectOptions::from_str(&url.0).map_err(DatabaseError::Url)?.application_name("loadmark");
        let mut connection = reach(&options.options(SESSION_LIMITS)).await?;
        let version = sqlx::query_scalar!(r#"SELECT version() AS "version!""#)
            .fetch_one(&mut connection)
            .await
            .map_err(DatabaseError::statement("ask the server for its version"))?;
        connection.close().await.map_err(DatabaseError::statement("close the connection"))?;
        Ok(version.split(" on ").next().unwrap_or_default().to_owned())
    }

    /// Where it is, without credentials.
    pub(super) fn address(&self) -> String {
        address(&self.options)
    }

    /// Whose containers, networks and volumes are ours.
    pub fn instance(&self) -> InstanceId {
        self.instance
    }
}

/// `host:port` or the socket's path.
fn address(options: &PgConnectOptions) -> String {
    match options.get_socket() {
        Some(path) => path.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    }
}

/// Connects, trying again while the answer may change by itself.
pub(super) async fn reach(options: &PgConnectOptions) -> Result<PgConnection, DatabaseError> {
    let deadline = Instant::now() + CONNECT_WITHIN;
    loop {
        let answer = timeout_at(deadline, options.connect())
            .await
            .map_err(|_| DatabaseError::NoAnswer { address: address(options), seconds: CONNECT_WITHIN.as_secs() })?;
        match answer {
            Ok(connection) => return Ok(connection),
            Err(error) if is_outage(&error) && Instant::now() + CONNECT_PAUSE < deadline => sleep(CONNECT_PAUSE).await,
            Err(source) => return Err(DatabaseError::Connect { address: address(options), source }),
        }
    }
}

/// The newest migration that this binary has.
pub(super) fn known_version() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

async fn migrate(connection: &mut PgConnection, address: &str) -> Result<(), DatabaseError> {
    let known = known_version();
    MIGRATIONS.run(connection).await.map_err(|error| match error {
        MigrateError::VersionMissing(found) if found > known => {
            DatabaseError::Newer { address: address.to_owned(), found, known }
        }
        source => DatabaseError::Migrate { address: address.to_owned(), source },
    })
}

/// The first process to ask decides; all others learn.
async fn settle_instance(
    connection: &mut PgConnection,
    initial: Option<InstanceId>,
) -> Result<InstanceId, DatabaseError> {
    let initial = initial.unwrap_or_else(InstanceId::random);
    sqlx::query!("INSERT INTO instance (id) VALUES ($1) ON CONFLICT DO NOTHING", initial.0)
        .execute(&mut *connection)
        .await
        .map_err(DatabaseError::statement("store the instance"))?;
    let id = sqlx::query_scalar!("SELECT id FROM instance")
        .fetch_one(connection)
        .await
        .map_err(DatabaseError::statement("read the instance"))?;
    Ok(InstanceId(id))
}
