//! The master sets of the past, as far as candidates are held against them.

use std::collections::BTreeMap;

use sqlx::types::Json;
use uuid::Uuid;

use super::connection::Database;
use super::error::DatabaseError;
use super::rows::SeriesColumns;
use crate::domain::history::{PastAsked, PastMedian, PastRun};
use crate::domain::ids::RunId;

struct MedianRow {
    run: Uuid,
    revision: String,
    query: String,
    labels: Json<BTreeMap<String, String>>,
    stage: i16,
    unit: String,
    direction: String,
    definition: String,
    median: f64,
}

impl Database {
    /// The master sets of the nearest revisions that were asked for, the farthest first, with the medians of all their
    /// series over as many of their rounds as were asked for.
    pub async fn past_master_sets(&self, asked: &PastAsked<'_>) -> Result<Vec<PastRun>, DatabaseError> {
        let PastAsked { project, benchmark, hash, class, revisions, rounds, most } = asked;
        let revisions: Vec<String> = revisions.iter().map(ToString::to_string).collect();
        let rows = sqlx::query_as!(
            MedianRow,
            r#"WITH last AS (
                   SELECT id, revision, started_at, array_position($5::text[], revision) AS distance FROM runs
                   WHERE project = $1 AND benchmark = $2 AND measurement_hash = $3 AND machine_class = $4
                       AND revision = ANY($5) AND is_master AND state = 'complete'
                       AND (SELECT count(*) FROM rounds WHERE run_id = runs.id AND invalid IS NULL) >= planned_rounds
                   ORDER BY distance, started_at DESC, id LIMIT $6)
               SELECT last.id AS run, last.revision, series.query, series.labels AS "labels: Json<BTreeMap<String, String>>",
                   series.stage, series.unit, series.direction, series.definition,
                   percentile_cont(0.5) WITHIN GROUP (ORDER BY m.value) AS "median!"
               FROM last
                   JOIN LATERAL (SELECT run_id, number, arm FROM rounds WHERE run_id = last.id AND invalid IS NULL
                                 ORDER BY number LIMIT $7) AS rounds ON true
                   JOIN measurements AS m
                       ON m.run_id = rounds.run_id AND m.round = rounds.number AND m.arm = rounds.arm
                   JOIN series ON series.id = m.series_id
               GROUP BY last.id, last.revision, last.distance, last.started_at, series.id
               ORDER BY last.distance DESC, last.started_at, last.id DESC"#,
            project,
            benchmark,
            hash.0,
            class.0,
            &revisions,
            i64::from(*most),
            i64::from(*rounds),
        )
        .fetch_all(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("read the master sets of benchmark {benchmark}")))?;
        by_run(rows)
    }
}

/// The rows of a run are one after the other.
fn by_run(rows: Vec<MedianRow>) -> Result<Vec<PastRun>, DatabaseError> {
    let mut past: Vec<PastRun> = Vec::new();
    for row in rows {
        let run = RunId(row.run);
        let columns = SeriesColumns {
            query: row.query,
            labels: row.labels.0,
            stage: row.stage,
            unit: row.unit,
            direction: row.direction,
            definition: row.definition,
        };
        let (key, info) = columns.read(&format!("a series of run {run}"))?;
        let median = PastMedian { key, info, median: row.median };
        match past.last_mut().filter(|last| last.run == run) {
            Some(last) => last.medians.push(median),
            None => {
                let revision = row.revision.parse().map_err(DatabaseError::row(format!("run {run}")))?;
                past.push(PastRun { run, revision, medians: vec![median] });
            }
        }
    }
    Ok(past)
}
