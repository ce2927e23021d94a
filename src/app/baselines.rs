//! `baseline`: revisions pinned as what candidates are compared with.

use super::context::Context;
use super::error::AppError;
use crate::domain::pin::Pin;
use crate::domain::revision::Revision;

/// A revision that was pinned for a benchmark.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pinned {
    /// The benchmark.
    pub benchmark: String,
    /// The revision.
    pub revision: Revision,
    /// Whether a master set of it is stored, under the configuration in force.
    pub is_measured: bool,
}

/// Pins a revision for one benchmark, or for all.
///
/// # Errors
/// The revision or the benchmark is unknown, or the repository or the database fails.
pub async fn pin_baseline(
    context: &Context,
    revision: &str,
    benchmark: Option<&str>,
    reason: &str,
    by: &str,
) -> Result<Vec<Pinned>, AppError> {
    let benchmarks = context.benchmarks(benchmark)?;
    let revision = context.open_mirror().await?.resolve(revision).await?;
    let (database, settings) = (&context.database, &context.settings);
    let mut pinned = Vec::with_capacity(benchmarks.len());
    for benchmark in benchmarks {
        database.pin(&settings.project, &benchmark, &revision, reason, by).await?;
        let is_measured = database.has_master(&settings.project, &benchmark, &revision, &settings.text).await?;
        pinned.push(Pinned { benchmark, revision: revision.clone(), is_measured });
    }
    Ok(pinned)
}

/// Takes the pin of one benchmark back, or those of all; of which there were any is returned.
///
/// # Errors
/// The benchmark is unknown, or the database fails.
pub async fn unpin_baseline(context: &Context, benchmark: Option<&str>, by: &str) -> Result<Vec<String>, AppError> {
    let mut unpinned = Vec::new();
    for benchmark in context.benchmarks(benchmark)? {
        if context.database.unpin(&context.settings.project, &benchmark, by).await? {
            unpinned.push(benchmark);
        }
    }
    Ok(unpinned)
}

/// The project's pins, the newest first; `all`: those that hold no more, too.
///
/// # Errors
/// Postgres fails.
pub async fn list_pins(context: &Context, all: bool) -> Result<Vec<Pin>, AppError> {
    let mut pins = context.database.pins(&context.settings.project).await?;
    pins.retain(|pin| all || pin.ended.is_none());
    Ok(pins)
}
