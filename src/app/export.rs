//! `export`: every stored measurement, one after the other.

use super::context::Context;
use super::error::AppError;
use super::history::expect_stored;
use crate::domain::export::{Exported, ExportedValue};
use crate::domain::history::SeriesFilter;

/// So many runs are read at once: few enough for the memory, however many series they have.
const BATCH: usize = 10;

/// Gives every measurement that is meant to `on_row`: by run, the oldest first, then by round and series. The answer is
/// how many there were.
///
/// # Errors
/// No such query, or no such series, is stored; Postgres fails; or `on_row` does.
pub async fn export<E: From<AppError>>(
    context: &Context,
    filter: &SeriesFilter,
    mut on_row: impl FnMut(Exported<'_>) -> Result<(), E>,
) -> Result<usize, E> {
    let database = &context.database;
    expect_stored(context, filter).await?;
    let series = database.series(filter).await.map_err(AppError::from)?;
    let is_narrow = filter.query.is_some() || filter.stage.is_some() || !filter.labels.is_empty();
    let ids: Option<Vec<i64>> = is_narrow.then(|| series.keys().copied().collect());
    let runs = database.exported_runs(filter).await.map_err(AppError::from)?;
    let mut rows = 0;
    for batch in runs.chunks(BATCH) {
        let mut values = database.exported_values(batch, ids.as_deref()).await.map_err(AppError::from)?;
        for run in batch {
            let values = values.remove(&run.id).unwrap_or_default();
            // Only a series that was added since they were listed is not among them.
            let known = values.iter().filter_map(|value| series.get(&value.series).map(|series| (series, value)));
            let mut known: Vec<_> = known.collect();
            known.sort_by_key(|(series, ExportedValue { round, arm, .. })| (*round, *arm, &series.key));
            for (series, value) in known {
                on_row(Exported { run, series, value })?;
                rows += 1;
            }
        }
    }
    Ok(rows)
}
