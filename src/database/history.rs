//! Series over runs: what is stored of a query, and its values run by run.

use std::collections::BTreeMap;

use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use super::connection::Database;
use super::error::DatabaseError;
use super::rows::{SeriesColumns, column};
use crate::domain::comparison::SideSummary;
use crate::domain::history::{Ground, HistoryPoint, SeriesFilter, SeriesHistory, StoredSeries};
use crate::domain::ids::RunId;
use crate::domain::machine::MachineClass;
use crate::domain::run::MeasurementHash;
use crate::domain::series::{SeriesInfo, SeriesKey};

struct RunRow {
    id: Uuid,
    revision: String,
    is_master: bool,
    measurement_hash: String,
    machine_class: String,
    started_at: OffsetDateTime,
}

impl Database {
    /// The names of all queries that a project has measured.
    pub async fn query_names(&self, project: &str) -> Result<Vec<String>, DatabaseError> {
        sqlx::query_scalar!("SELECT DISTINCT query FROM series WHERE project = $1 ORDER BY query", project)
            .fetch_all(&self.pool)
            .await
            .map_err(DatabaseError::statement(format!("list the queries of project {project}")))
    }

    /// The series that are meant, by their rows, whatever runs measured them.
    pub async fn series(&self, filter: &SeriesFilter) -> Result<BTreeMap<i64, StoredSeries>, DatabaseError> {
        let rows = sqlx::query!(
            r#"SELECT id, benchmark, query, labels AS "labels: Json<BTreeMap<String, String>>", stage, unit, direction,
                   definition
               FROM series
               WHERE project = $1 AND ($2::text IS NULL OR query = $2) AND ($3::text IS NULL OR benchmark = $3)
                 AND labels @> $4 AND ($5::smallint IS NULL OR stage = $5)"#,
            filter.project,
            filter.query,
            filter.benchmark,
            Json(&filter.labels) as _,
            filter.stage.map(|stage| column::<i16, _>("the number of a stage", stage)).transpose()?,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(DatabaseError::statement("look for stored series"))?;
        rows.into_iter()
            .map(|row| {
                let columns = SeriesColumns {
                    query: row.query,
                    labels: row.labels.0,
                    stage: row.stage,
                    unit: row.unit,
                    direction: row.direction,
                    definition: row.definition,
                };
                let (key, info) = columns.read(&format!("series {}", row.id))?;
                Ok((row.id, StoredSeries { benchmark: row.benchmark, key, info }))
            })
            .collect()
    }

    /// The history of the series that are meant, in the order of benchmarks and keys: of the last `limit` runs of each
    /// benchmark that measured any of them in a valid round, the oldest first.
    pub async fn history(&self, filter: &SeriesFilter, limit: u32) -> Result<Vec<SeriesHistory>, DatabaseError> {
        let series = self.series(filter).await?;
        let mut benchmarks: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        for (id, one) in &series {
            benchmarks.entry(&one.benchmark).or_default().push(*id);
        }
        let mut histories: BTreeMap<(&str, &SeriesKey), SeriesHistory> = BTreeMap::new();
        for (benchmark, ids) in benchmarks {
            let runs = self.runs_with(filter, benchmark, &ids, limit).await?;
            let mut values = self.values_of(&runs, &ids).await?;
            for run in &runs {
                for (id, side) in values.remove(&run.id).unwrap_or_default() {
                    let StoredSeries { key, info, .. } = &series[&id];
                    let empty =
                        || SeriesHistory { benchmark: benchmark.to_owned(), key: key.clone(), segments: Vec::new() };
                    let (ground, point) = run.point(*info, side)?;
                    histories.entry((benchmark, key)).or_insert_with(empty).push(ground, point);
                }
            }
        }
        Ok(histories.into_values().collect())
    }

    /// The last runs of a benchmark that measured one of these series in a valid round, the oldest first.
    async fn runs_with(
        &self,
        filter: &SeriesFilter,
        benchmark: &str,
        series: &[i64],
        limit: u32,
    ) -> Result<Vec<RunRow>, DatabaseError> {
        // By way of the rounds: with their keys a measurement is found in its primary key.
        let mut runs = sqlx::query_as!(
            RunRow,
            "SELECT id, revision, is_master, measurement_hash, machine_class, started_at FROM runs
             WHERE project = $1 AND benchmark = $2 AND state = 'complete' AND (is_master OR $3)
               -- The windows of twins span the time of both sides: they are points of no history.
               AND arrangement IS DISTINCT FROM 'twins'
               AND NOT EXISTS (SELECT FROM runs AS other WHERE other.pair_of = runs.id AND other.arrangement = 'twins')
               AND EXISTS (SELECT FROM rounds JOIN measurements AS m
                               ON m.run_id = rounds.run_id AND m.round = rounds.number AND m.arm = rounds.arm
                           WHERE rounds.run_id = runs.id AND rounds.invalid IS NULL AND m.series_id = ANY($4))
             ORDER BY started_at DESC, id LIMIT $5",
            filter.project,
            benchmark,
            filter.all_runs,
            series,
            i64::from(limit),
        )
        .fetch_all(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("look for the runs of benchmark {benchmark}")))?;
        runs.reverse();
        Ok(runs)
    }

    /// What valid rounds of these runs measured of these series.
    async fn values_of(
        &self,
        runs: &[RunRow],
        series: &[i64],
    ) -> Result<BTreeMap<Uuid, Vec<(i64, SideSummary)>>, DatabaseError> {
        let ids: Vec<Uuid> = runs.iter().map(|run| run.id).collect();
        let rows = sqlx::query!(
            r#"SELECT m.run_id, m.series_id, array_agg(m.value ORDER BY m.round) AS "values!"
               FROM rounds JOIN measurements AS m
                   ON m.run_id = rounds.run_id AND m.round = rounds.number AND m.arm = rounds.arm
               WHERE rounds.run_id = ANY($1) AND rounds.invalid IS NULL AND m.series_id = ANY($2)
               GROUP BY m.run_id, m.series_id"#,
            &ids,
            series,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(DatabaseError::statement("read the history of stored series"))?;
        let mut values: BTreeMap<Uuid, Vec<(i64, SideSummary)>> = BTreeMap::new();
        for row in rows {
            if let Some(side) = SideSummary::of(row.values) {
                values.entry(row.run_id).or_default().push((row.series_id, side));
            }
        }
        Ok(values)
    }
}

impl RunRow {
    fn point(&self, info: SeriesInfo, side: SideSummary) -> Result<(Ground, HistoryPoint), DatabaseError> {
        let ground = Ground {
            measurement_hash: MeasurementHash(self.measurement_hash.clone()),
            class: MachineClass(self.machine_class.clone()),
            info,
        };
        let revision = self.revision.parse().map_err(DatabaseError::row(format!("run {}", self.id)))?;
        let (run, started_at) = (RunId(self.id), self.started_at);
        Ok((ground, HistoryPoint { run, revision, is_master: self.is_master, started_at, side }))
    }
}
