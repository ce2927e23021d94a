//! `history`: a query's series over the runs that are stored.

use super::context::Context;
use super::error::AppError;
use crate::config::suggest;
use crate::domain::history::{SeriesFilter, SeriesHistory};

/// So many series are named where none fits.
const NAMED: usize = 10;

/// The history of a query over the last `limit` runs of each benchmark.
///
/// # Errors
/// No such query, or no such series of it, is stored.
pub async fn history(context: &Context, filter: &SeriesFilter, limit: u32) -> Result<Vec<SeriesHistory>, AppError> {
    let histories = context.database.history(filter, limit).await?;
    if histories.is_empty() {
        expect_stored(context, filter).await?;
    }
    Ok(histories)
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
