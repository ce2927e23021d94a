//! Calibrations: documents, kept as they were computed.

use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use sqlx::types::Json;
use sqlx::{Connection, PgConnection, PgExecutor};

use super::connection::{Database, reach};
use super::error::DatabaseError;
use crate::domain::calibration::Calibration;
use crate::domain::ids::RunId;
use crate::domain::machine::MachineClass;
use crate::domain::settings::Secret;

impl Database {
    /// Keeps a calibration beside those before.
    pub async fn store_calibration(&self, calibration: &Calibration) -> Result<(), DatabaseError> {
        sqlx::query!(
            "INSERT INTO calibrations (project, benchmark, measurement_hash, machine_class, run_id, measured_at, document)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            calibration.project,
            calibration.benchmark,
            calibration.measurement_hash.0,
            calibration.class.0,
            calibration.run.0,
            calibration.measured_at,
            Json(calibration) as _,
        )
        .execute(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("store the calibration of benchmark {}", calibration.benchmark)))?;
        Ok(())
    }

    /// The newest calibration of a benchmark on a class of machines whose run was not taken back; none where there is none.
    pub async fn calibration(
        &self,
        project: &str,
        benchmark: &str,
        class: &MachineClass,
    ) -> Result<Option<Calibration>, DatabaseError> {
        let known = newest(&self.pool, project).await?;
        Ok(known.into_iter().find(|one| one.benchmark == benchmark && one.class == *class))
    }

    /// The newest calibration of each benchmark of a project and each machine class, the newest first; of a server of which nothing is changed: not even its schema is brought up to date.
    pub async fn read_calibrations(url: &Secret, project: &str) -> Result<Vec<Calibration>, DatabaseError> {
        let options = PgConnectOptions::from_str(&url.0).map_err(DatabaseError::Url)?.application_name("loadmark");
        let mut connection: PgConnection = reach(&options).await?;
        let found = newest(&mut connection, project).await?;
        connection.close().await.map_err(DatabaseError::statement("close the connection"))?;
        Ok(found)
    }

    /// The run of the other side, where a run was measured in pairs: baseline and candidate, in this order.
    pub async fn sides_of(&self, run: RunId) -> Result<Option<(RunId, RunId)>, DatabaseError> {
        let row = sqlx::query!(
            r#"SELECT id AS "baseline!", pair_of AS "candidate!" FROM runs
               WHERE pair_of IS NOT NULL AND (id = $1 OR pair_of = $1)"#,
            run.0,
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("look for the other side of run {run}")))?;
        Ok(row.map(|row| (RunId(row.baseline), RunId(row.candidate))))
    }
}

async fn newest(executor: impl PgExecutor<'_>, project: &str) -> Result<Vec<Calibration>, DatabaseError> {
    let mut found: Vec<Calibration> = sqlx::query_scalar!(
        r#"SELECT DISTINCT ON (known.benchmark, known.machine_class) known.document AS "document!: Json<Calibration>"
           FROM calibrations AS known JOIN runs ON runs.id = known.run_id AND runs.state <> 'invalidated'
           WHERE known.project = $1
           ORDER BY known.benchmark, known.machine_class, known.measured_at DESC, known.id DESC"#,
        project,
    )
    .fetch_all(executor)
    .await
    .map_err(DatabaseError::statement(format!("read the calibrations of project {project}")))?
    .into_iter()
    .map(|document| document.0)
    .collect();
    found.sort_by_key(|one| std::cmp::Reverse(one.measured_at));
    Ok(found)
}
