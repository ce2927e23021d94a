//! `history`: a query's series over the runs that are stored.

use time::OffsetDateTime;

use super::context::Context;
use super::error::AppError;
use crate::compare::history::{DEFAULT_LIMIT, changes};
use crate::config::suggest;
use crate::domain::history::{SeriesFilter, SeriesHistory};

/// So many series are named where none fits.
const NAMED: usize = 10;
/// Seed of the search for steps: the same history always has the same ones.
const SEED: u64 = 1;

/// The history of a query over the last `limit` runs of each benchmark, with the steps and drifts of each segment.
///
/// # Errors
/// No such query, or no such series of it, is stored.
pub async fn history(context: &Context, filter: &SeriesFilter, limit: u32) -> Result<Vec<SeriesHistory>, AppError> {
    let mut histories = context.database.history(filter, limit).await?;
    if histories.is_empty() {
        expect_stored(context, filter).await?;
    }
    for history in &mut histories {
        let limit = limit_of(context, history);
        for segment in &mut history.segments {
            let medians: Vec<f64> = segment.points.iter().map(|point| point.side.median).collect();
            segment.changes = changes(&medians, limit, SEED);
        }
    }
    Ok(histories)
}

/// How far a series may move by the configuration in force, as a relative change.
fn limit_of(context: &Context, history: &SeriesHistory) -> f64 {
    let benchmark = context.settings.benchmarks.get(&history.benchmark);
    let query = benchmark.and_then(|benchmark| benchmark.queries.iter().find(|query| query.name == history.key.query));
    let limit = query.and_then(|query| query.terms(&history.key, OffsetDateTime::now_utc().date()).limit);
    limit.and_then(|limit| limit.relative).unwrap_or(DEFAULT_LIMIT)
}

/// Tells what is stored instead, where no series is meant.
pub(super) async fn expect_stored(context: &Context, filter: &SeriesFilter) -> Result<(), AppError> {
    if !context.database.series(filter).await?.is_empty() {
        return Ok(());
    }
    let project = filter.project.clone();
    let of_query = SeriesFilter { project: project.clone(), query: filter.query.clone(), ..SeriesFilter::default() };
    let stored = context.database.series(&of_query).await?;
    let query = filter.query.as_deref();
    if !stored.is_empty() {
        let names = stored.values().map(|one| format!("{} of benchmark {}", one.key, one.benchmark));
        let mut names: Vec<String> = names.take(NAMED).collect();
        let more = stored.len() - names.len();
        names.extend((more > 0).then(|| format!("{more} more")));
        let asked = query.map_or_else(|| "stored series".to_owned(), |query| format!("series of query `{query}`"));
        return Err(AppError::Usage(format!("no {asked} is as asked; there are {}", names.join(", "))));
    }
    let known = context.database.query_names(&project).await?;
    Err(AppError::Usage(match query {
        Some(query) if !known.is_empty() => {
            let hint = suggest(query, known.iter().map(String::as_str));
            format!("project `{project}` has no results of a query `{query}`: {hint}")
        }
        _ => format!("project `{project}` has no results yet; `loadmark master` measures"),
    }))
}
