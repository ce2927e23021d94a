//! Measurements with all that tells what they are, in batches of runs: however many there are, only a batch is held.

use std::collections::BTreeMap;

use time::OffsetDateTime;
use uuid::Uuid;

use super::connection::Database;
use super::error::DatabaseError;
use crate::domain::export::{ExportedRun, ExportedValue};
use crate::domain::history::SeriesFilter;
use crate::domain::ids::{JobId, RunId};
use crate::domain::machine::MachineClass;
use crate::domain::run::MeasurementHash;

struct RunRow {
    id: Uuid,
    job_id: i64,
    kind: String,
    project: String,
    benchmark: String,
    revision: String,
    is_master: bool,
    measurement_hash: String,
    machine_class: String,
    started_at: OffsetDateTime,
}

impl Database {
    /// The runs that are meant, the oldest first.
    pub async fn exported_runs(&self, filter: &SeriesFilter) -> Result<Vec<ExportedRun>, DatabaseError> {
        let rows = sqlx::query_as!(
            RunRow,
            "SELECT runs.id, job_id, kind, runs.project, runs.benchmark, runs.revision, is_master, measurement_hash,
                 machine_class, started_at
             FROM runs JOIN jobs ON jobs.id = job_id
             WHERE runs.project = $1 AND ($2::text IS NULL OR runs.benchmark = $2)
               AND runs.state = 'complete' AND (is_master OR $3)
             ORDER BY started_at, runs.id",
            filter.project,
            filter.benchmark,
            filter.all_runs,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("list the runs of project {}", filter.project)))?;
        rows.into_iter().map(ExportedRun::try_from).collect()
    }

    /// What all rounds of these runs measured, by run: of all series, or of these.
    pub async fn exported_values(
        &self,
        runs: &[ExportedRun],
        series: Option<&[i64]>,
    ) -> Result<BTreeMap<RunId, Vec<ExportedValue>>, DatabaseError> {
        let ids: Vec<Uuid> = runs.iter().map(|run| run.id.0).collect();
        let rows = sqlx::query!(
            r#"SELECT m.run_id, m.round, m.arm, rounds.invalid IS NULL AS "valid!", m.series_id, m.value
               FROM rounds JOIN measurements AS m
                   ON m.run_id = rounds.run_id AND m.round = rounds.number AND m.arm = rounds.arm
               WHERE rounds.run_id = ANY($1) AND ($2::bigint[] IS NULL OR m.series_id = ANY($2))"#,
            &ids,
            series,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(DatabaseError::statement("read the measurements to export"))?;
        let mut values: BTreeMap<RunId, Vec<ExportedValue>> = BTreeMap::new();
        for row in rows {
            let name = || format!("a measurement of run {}", row.run_id);
            values.entry(RunId(row.run_id)).or_default().push(ExportedValue {
                round: u16::try_from(row.round).map_err(DatabaseError::row(name()))?,
                arm: row.arm.parse().map_err(DatabaseError::row(name()))?,
                valid: row.valid,
                series: row.series_id,
                value: row.value,
            });
        }
        Ok(values)
    }
}

impl TryFrom<RunRow> for ExportedRun {
    type Error = DatabaseError;

    fn try_from(row: RunRow) -> Result<Self, Self::Error> {
        let name = || format!("run {}", row.id);
        Ok(Self {
            id: RunId(row.id),
            job: JobId(row.job_id),
            kind: row.kind.parse().map_err(DatabaseError::row(name()))?,
            revision: row.revision.parse().map_err(DatabaseError::row(name()))?,
            project: row.project,
            benchmark: row.benchmark,
            is_master: row.is_master,
            measurement_hash: MeasurementHash(row.measurement_hash),
            class: MachineClass(row.machine_class),
            started_at: row.started_at,
        })
    }
}
