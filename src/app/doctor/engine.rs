//! The engine, and what is kept in it: images, leftovers, the embedded Postgres.

use std::collections::BTreeMap;

use crate::app::postgres;
use crate::config;
use crate::database::Database;
use crate::docker::Engine;
use crate::domain::chain::error_chain;
use crate::domain::finding::{Finding, Level};
use crate::domain::settings::{DatabaseSettings, POSTGRES_IMAGE, PROMETHEUS_IMAGE, Settings};
use crate::stack::RUN_LABEL;

/// The images that every measurement needs.
const NEEDED: [&str; 2] = [POSTGRES_IMAGE, PROMETHEUS_IMAGE];

pub(super) async fn examine(settings: Option<&Settings>) -> Vec<Finding> {
    let engine = match Engine::connect().await {
        Ok(engine) => engine,
        Err(error) => {
            let remedy = "start it (`systemctl start docker`), let this user use it (group `docker`), or set \
                          DOCKER_HOST";
            let mut findings = vec![Finding::bad("docker", Level::Missing, error_chain(&error), remedy)];
            // The team's Postgres needs no engine.
            if let Some(Settings { database: DatabaseSettings::Url(_), .. }) = settings {
                findings.extend(postgres_of(settings, None).await);
            }
            return findings;
        }
    };
    let mut findings = vec![version(&engine).await];
    findings.extend(images(&engine, settings).await);
    findings.extend(postgres_of(settings, Some(&engine)).await);
    findings.push(leftovers(&engine).await);
    findings
}

async fn version(engine: &Engine) -> Finding {
    const CHECK: &str = "docker";
    match engine.info().await {
        Ok(info) => {
            let cores = info.cores.map(|cores| format!(", {cores} cores")).unwrap_or_default();
            let group = format!("cgroup v{} by {}", info.cgroup_version, info.cgroup_driver);
            Finding::ok(
                CHECK,
                format!("{} on {}, {}, {group}{cores}", info.version, info.operating_system, info.storage_driver),
            )
        }
        Err(error) => Finding::bad(
            CHECK,
            Level::Missing,
            error_chain(&error),
            "look at the engine's log (`journalctl -u docker`)",
        ),
    }
}

async fn images(engine: &Engine, settings: Option<&Settings>) -> Vec<Finding> {
    let built_in;
    let images: &BTreeMap<String, Vec<String>> = match settings {
        Some(settings) => &settings.images,
        None => {
            built_in = config::default_images();
            &built_in
        }
    };
    let mut findings = Vec::new();
    for (name, candidates) in images {
        findings.push(image(engine, name, candidates).await);
    }
    findings
}

async fn image(engine: &Engine, name: &str, candidates: &[String]) -> Finding {
    let check = format!("image {name}");
    let mut reasons = Vec::new();
    for candidate in candidates {
        match engine.has_image(candidate).await {
            Ok(true) => return Finding::ok(&check, format!("{candidate} is here")),
            Ok(false) => {}
            Err(error) => reasons.push(error_chain(&error)),
        }
    }
    for candidate in candidates {
        match engine.can_pull(candidate).await {
            Ok(()) => return Finding::ok(&check, format!("{candidate} will be pulled when it is needed")),
            Err(error) => reasons.push(error_chain(&error)),
        }
    }
    let level = if NEEDED.contains(&name) { Level::Missing } else { Level::Note };
    let reason = reasons.last().cloned().unwrap_or_else(|| "no candidate is configured".to_owned());
    Finding::bad(
        &check,
        level,
        format!("none of {} is here or can be pulled: {reason}", candidates.join(", ")),
        format!("`docker pull` one of them, or name one that is here under `images.{name}`"),
    )
}

/// Of the engine's own, what is there; of a team's, whether it answers. Neither is started or migrated.
async fn postgres_of(settings: Option<&Settings>, engine: Option<&Engine>) -> Option<Finding> {
    const CHECK: &str = "postgres";
    match (&settings?.database, engine) {
        (DatabaseSettings::Url(url), _) => Some(match Database::server_version(url).await {
            Ok(version) => Finding::ok(CHECK, version),
            Err(error) => Finding::bad(
                CHECK,
                Level::Missing,
                format!("failed to {}", error_chain(&error)),
                "start it, mend `database.url`, or use the embedded one: `database: {embedded: loadmark}`",
            ),
        }),
        (DatabaseSettings::Embedded { name }, Some(engine)) => {
            let container = postgres::container_name(name);
            Some(match engine.container(&container).await {
                Ok(Some(state)) if state.running => Finding::ok(CHECK, format!("container {container} runs")),
                Ok(_) => Finding::ok(CHECK, format!("container {container} will be started when it is needed")),
                Err(error) => {
                    Finding::bad(CHECK, Level::Missing, error_chain(&error), format!("`docker inspect {container}`"))
                }
            })
        }
        (DatabaseSettings::Embedded { .. }, None) => None,
    }
}

async fn leftovers(engine: &Engine) -> Finding {
    const CHECK: &str = "other stacks";
    match engine.labelled(&[], RUN_LABEL).await {
        Ok(found) if found.is_empty() => Finding::ok(CHECK, "none of Loadmark's"),
        Ok(found) => Finding::bad(
            CHECK,
            Level::Problem,
            format!(
                "{} containers, {} networks and {} volumes of {} runs: a job is under way, or was killed",
                found.containers.len(),
                found.networks.len(),
                found.volumes.len(),
                found.values().len(),
            ),
            format!(
                "`docker ps -a --filter label={RUN_LABEL}` shows them; the next job of their database removes what \
                 belongs to no live run"
            ),
        ),
        Err(error) => Finding::note(CHECK, format!("not told: {}", error_chain(&error))),
    }
}
