//! The embedded Postgres: our own container with a named volume, on loopback, started when needed and reused.
//!
//! Its password is made with the volume and stays in it, readable for whoever may use the engine: it is in no
//! configuration, environment or argument.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::error::AppError;
use crate::database::{Database, DatabaseError};
use crate::docker::{Engine, NewContainer};
use crate::domain::chain::error_chain;
use crate::domain::ids::InstanceId;
use crate::domain::settings::{DatabaseSettings, POSTGRES_IMAGE, Secret, Settings};
use crate::stack::INSTANCE_LABEL;

/// User and database.
const NAME: &str = "loadmark";
/// Where the volume is inside the container.
const VOLUME_PATH: &str = "/var/lib/postgresql/data";
/// The password's file, inside the volume and beside the cluster.
const PASSWORD_FILE: &str = "/var/lib/postgresql/data/loadmark-password";
/// How long a first start may take, the making of the cluster included.
const START_LIMIT: Duration = Duration::from_secs(90);
/// How long the command that made the container is given to write its password.
const PASSWORD_LIMIT: Duration = Duration::from_secs(5);
/// How often it is looked whether it is up.
const POLL: Duration = Duration::from_millis(200);

/// The container and the volume of an embedded Postgres.
pub(super) fn container_name(name: &str) -> String {
    format!("loadmark-postgres-{name}")
}

/// Connects to the database of the settings; starts the embedded one where it is not running.
pub(super) async fn connect(settings: &Settings, engine: &Engine) -> Result<Database, AppError> {
    let name = match &settings.database {
        DatabaseSettings::Url(url) => return Ok(Database::connect(url, None).await?),
        DatabaseSettings::Embedded { name } => container_name(name),
    };
    let instance = ensure_volume(engine, &name).await?;
    if engine.container(&name).await?.is_none() {
        let candidates = settings.images.get(POSTGRES_IMAGE).cloned().unwrap_or_default();
        let image = engine.first_image(POSTGRES_IMAGE, &candidates).await?;
        create(engine, &name, image, instance).await?;
    }
    ensure_password(engine, &name).await?;
    engine.start_container(&name).await?;
    wait_until_up(engine, &name, instance).await
}

/// The volume's label holds the instance, so that it outlives the container.
async fn ensure_volume(engine: &Engine, name: &str) -> Result<InstanceId, AppError> {
    let fresh = InstanceId::random();
    // Two commands may get here at once: the engine keeps the first one's volume, and both read its label.
    engine.create_volume(name, HashMap::from([(INSTANCE_LABEL.to_owned(), fresh.to_string())])).await?;
    let labels = engine.volume_labels(name).await?.unwrap_or_default();
    let instance = labels.get(INSTANCE_LABEL).and_then(|label| label.parse().ok());
    instance.ok_or_else(|| AppError::Postgres {
        container: name.to_owned(),
        reason: format!("volume `{name}` carries no `{INSTANCE_LABEL}`: it is not ours"),
    })
}

async fn create(engine: &Engine, name: &str, image: String, instance: InstanceId) -> Result<(), AppError> {
    let new = NewContainer {
        name: name.to_owned(),
        image,
        environment: vec![
            format!("POSTGRES_USER={NAME}"),
            format!("POSTGRES_DB={NAME}"),
            format!("POSTGRES_PASSWORD_FILE={PASSWORD_FILE}"),
            format!("PGDATA={VOLUME_PATH}/cluster"),
        ],
        labels: HashMap::from([(INSTANCE_LABEL.to_owned(), instance.to_string())]),
        binds: vec![format!("{name}:{VOLUME_PATH}")],
        publish: Some(5432),
        ..NewContainer::default()
    };
    if let Err(error) = engine.create_container(&new).await {
        // Another command may have been quicker by this much.
        return if engine.container(name).await?.is_some() { Ok(()) } else { Err(error.into()) };
    }
    write_missing_password(engine, name).await
}

/// The command that makes the container writes the password in the same breath. One that was killed in between never
/// will, and the next one does it instead.
async fn ensure_password(engine: &Engine, name: &str) -> Result<(), AppError> {
    let deadline = Instant::now() + PASSWORD_LIMIT;
    while Instant::now() < deadline {
        let running = engine.container(name).await?.is_some_and(|container| container.running);
        // A server that runs has read its password: another one in the file would only lock us out.
        if running || engine.read_file(name, PASSWORD_FILE).await?.is_some() {
            return Ok(());
        }
        sleep(POLL).await;
    }
    write_missing_password(engine, name).await
}

async fn write_missing_password(engine: &Engine, name: &str) -> Result<(), AppError> {
    if engine.read_file(name, PASSWORD_FILE).await?.is_none() {
        let password = Uuid::new_v4().simple().to_string();
        engine.write_file(name, PASSWORD_FILE, &password, 0o444).await?;
    }
    Ok(())
}

async fn wait_until_up(engine: &Engine, name: &str, instance: InstanceId) -> Result<Database, AppError> {
    let deadline = Instant::now() + START_LIMIT;
    let failed = |reason: String| AppError::Postgres { container: name.to_owned(), reason };
    loop {
        let seen = match address(engine, name).await? {
            Ok(url) => match Database::connect(&url, Some(instance)).await {
                Ok(database) => return Ok(database),
                Err(error @ (DatabaseError::Connect { .. } | DatabaseError::NoAnswer { .. })) => {
                    format!("failed to {}", error_chain(&error))
                }
                // It is up; waiting mends nothing.
                Err(error) => return Err(error.into()),
            },
            Err(seen) => seen,
        };
        if Instant::now() > deadline {
            return Err(failed(format!("after {} s, {seen}", START_LIMIT.as_secs())));
        }
        sleep(POLL).await;
    }
}

/// The URL of an embedded Postgres that runs; nothing is started.
pub(super) async fn address_if_up(engine: &Engine, name: &str) -> Option<Secret> {
    address(engine, &container_name(name)).await.ok()?.ok()
}

/// The URL, or what is missing for it: the engine chooses the port at each start.
async fn address(engine: &Engine, name: &str) -> Result<Result<Secret, String>, AppError> {
    let Some(container) = engine.container(name).await? else { return Ok(Err("it is gone".to_owned())) };
    if !container.running {
        let log = engine.container_log(name, Some(3)).await?;
        return Ok(Err(format!("it does not run; its last words: {}", log.trim())));
    }
    let Some(port) = container.ports.get(&5432) else { return Ok(Err("it publishes no port".to_owned())) };
    let Some(password) = engine.read_file(name, PASSWORD_FILE).await? else {
        return Ok(Err(format!("`{PASSWORD_FILE}` is missing in it")));
    };
    Ok(Ok(Secret(format!("postgres://{NAME}:{}@127.0.0.1:{port}/{NAME}?sslmode=disable", password.trim()))))
}
