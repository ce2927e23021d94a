//! Runs as they come about: started, completed, taken back.

use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use super::claims::hold;
use super::connection::Database;
use super::error::DatabaseError;
use super::rows::{column, without_nul};
use crate::domain::ids::RunId;
use crate::domain::job::ClaimedJob;
use crate::domain::machine::MachineRecord;
use crate::domain::run::{Invalidation, NewRun, RunState};

impl Database {
    /// Stores what is known of a run when it starts. It is partial until [`Database::complete_run`], and live as
    /// long as the claim is: call this before anything is made that carries the run's label. The job's results are
    /// those of this run, unless it is the baseline's of a pair.
    pub async fn start_run(&self, claim: &ClaimedJob, run: &NewRun) -> Result<(), DatabaseError> {
        if run.job != claim.id {
            return Err(DatabaseError::RunClosed { run: run.id, job: claim.id });
        }
        let failed = || DatabaseError::statement(format!("store the start of run {}", run.id));
        let mut tx = self.pool.begin().await.map_err(failed())?;
        let configuration = store_configuration(&mut tx, &run.configuration).await.map_err(failed())?;
        let machine = store_machine(&mut tx, &run.machine).await?;
        sqlx::query!(
            "INSERT INTO runs (id, job_id, token, project, benchmark, revision, arm, is_master, measurement_hash,
                 configuration_hash, machine_id, machine_class, planned_rounds, pair_of, arrangement)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
            run.id.0,
            claim.id.0,
            claim.token.0,
            run.project,
            run.benchmark,
            run.revision.to_string(),
            run.arm.as_str(),
            run.is_master,
            run.measurement_hash.0,
            configuration,
            machine,
            run.class.0,
            column::<i16, _>("the number of planned rounds", run.rounds)?,
            run.pair_of.map(|pair| pair.candidate.0),
            run.pair_of.map(|pair| pair.arrangement.as_str()),
        )
        .execute(&mut *tx)
        .await
        .map_err(failed())?;
        if run.pair_of.is_none() {
            sqlx::query!("UPDATE jobs SET run_id = $2 WHERE id = $1", claim.id.0, run.id.0)
                .execute(&mut *tx)
                .await
                .map_err(failed())?;
        }
        hold(&mut tx, claim).await?;
        tx.commit().await.map_err(failed())
    }

    /// Plans another number of rounds for a run that is under way.
    pub async fn plan_rounds(&self, claim: &ClaimedJob, run: RunId, rounds: u16) -> Result<(), DatabaseError> {
        let failed = || DatabaseError::statement(format!("plan {rounds} rounds of run {run}"));
        let mut tx = self.pool.begin().await.map_err(failed())?;
        let planned = sqlx::query!(
            "UPDATE runs SET planned_rounds = $4 WHERE id = $1 AND job_id = $2 AND token = $3 AND state = 'partial'",
            run.0,
            claim.id.0,
            claim.token.0,
            column::<i16, _>("the number of planned rounds", rounds)?,
        )
        .execute(&mut *tx)
        .await
        .map_err(failed())?;
        if planned.rows_affected() == 0 {
            return Err(DatabaseError::RunClosed { run, job: claim.id });
        }
        hold(&mut tx, claim).await?;
        tx.commit().await.map_err(failed())
    }

    /// Says that a job's results are those of a run that an earlier job stored.
    pub async fn point_to_run(&self, claim: &ClaimedJob, run: RunId) -> Result<(), DatabaseError> {
        let failed = || DatabaseError::statement(format!("point job {} to run {run}", claim.id));
        let mut tx = self.pool.begin().await.map_err(failed())?;
        sqlx::query!("UPDATE jobs SET run_id = $2 WHERE id = $1", claim.id.0, run.0)
            .execute(&mut *tx)
            .await
            .map_err(failed())?;
        hold(&mut tx, claim).await?;
        tx.commit().await.map_err(failed())
    }

    /// Marks a run complete, once as many rounds are stored as were planned: from now on it may be compared.
    pub async fn complete_run(&self, claim: &ClaimedJob, run: RunId) -> Result<(), DatabaseError> {
        let failed = || DatabaseError::statement(format!("complete run {run}"));
        let mut tx = self.pool.begin().await.map_err(failed())?;
        let rounds = sqlx::query!(
            r#"SELECT planned_rounds, (SELECT count(*) FROM rounds WHERE run_id = runs.id) AS "stored!"
               FROM runs WHERE id = $1 AND job_id = $2 AND token = $3 AND state = 'partial' FOR UPDATE"#,
            run.0,
            claim.id.0,
            claim.token.0,
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(failed())?
        .ok_or(DatabaseError::RunClosed { run, job: claim.id })?;
        if rounds.stored < i64::from(rounds.planned_rounds) {
            let number = |count: i64| u16::try_from(count).map_err(DatabaseError::row(format!("run {run}")));
            let (stored, planned) = (number(rounds.stored)?, number(rounds.planned_rounds.into())?);
            return Err(DatabaseError::RoundsMissing { run, stored, planned });
        }
        sqlx::query!("UPDATE runs SET state = 'complete', completed_at = clock_timestamp() WHERE id = $1", run.0)
            .execute(&mut *tx)
            .await
            .map_err(failed())?;
        hold(&mut tx, claim).await?;
        tx.commit().await.map_err(failed())
    }

    /// Takes a complete run back: it is never compared again. What was measured stays.
    pub async fn invalidate(&self, run: RunId, reason: &str, by: &str) -> Result<(), DatabaseError> {
        let rows = sqlx::query!(
            "UPDATE runs SET state = 'invalidated', invalidated_at = clock_timestamp(),
                 invalidated_by = $3, invalidated_reason = $2
             WHERE id = $1 AND state = 'complete'",
            run.0,
            &without_nul(reason),
            &without_nul(by),
        )
        .execute(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("invalidate run {run}")))?;
        if rows.rows_affected() == 1 {
            return Ok(());
        }
        let state: RunState = sqlx::query_scalar!("SELECT state FROM runs WHERE id = $1", run.0)
            .fetch_optional(&self.pool)
            .await
            .map_err(DatabaseError::statement(format!("read run {run}")))?
            .ok_or_else(|| DatabaseError::unknown_run(format!("run {run}")))?
            .parse()
            .map_err(DatabaseError::row(format!("run {run}")))?;
        Err(DatabaseError::NotComplete { run, state })
    }

    /// Who took a run back and why; none where nobody did.
    pub async fn invalidation(&self, run: RunId) -> Result<Option<Invalidation>, DatabaseError> {
        sqlx::query_as!(
            Invalidation,
            r#"SELECT invalidated_reason AS "reason!", invalidated_by AS "by!", invalidated_at AS "at!"
               FROM runs WHERE id = $1 AND state = 'invalidated'"#,
            run.0,
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("read who invalidated run {run}")))
    }

    /// The configuration that was in force, as text.
    pub async fn run_configuration(&self, run: RunId) -> Result<String, DatabaseError> {
        sqlx::query_scalar!(
            "SELECT text FROM configurations JOIN runs ON configuration_hash = hash WHERE runs.id = $1",
            run.0,
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("read the configuration of run {run}")))?
        .ok_or_else(|| DatabaseError::unknown_run(format!("run {run}")))
    }
}

/// Stores a text once, under its hash, which is returned.
async fn store_configuration(connection: &mut PgConnection, text: &str) -> Result<String, sqlx::Error> {
    let hash = hex::encode(Sha256::digest(text));
    sqlx::query!("INSERT INTO configurations (hash, text) VALUES ($1, $2) ON CONFLICT DO NOTHING", hash, text)
        .execute(connection)
        .await?;
    Ok(hash)
}

/// Stores a record once, and returns its row.
async fn store_machine(connection: &mut PgConnection, machine: &MachineRecord) -> Result<i64, DatabaseError> {
    // The update that changes nothing makes Postgres return the row that is there already.
    sqlx::query_scalar!(
        "INSERT INTO machines (host, cpu_model, cores, memory_gib, kernel, cgroup_version, engine)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (host, cpu_model, cores, memory_gib, kernel, cgroup_version, engine)
             DO UPDATE SET host = excluded.host
         RETURNING id",
        machine.host,
        machine.cpu_model,
        column::<i32, _>("the number of cores", machine.cores)?,
        column::<i32, _>("the memory in GiB", machine.memory_gib)?,
        machine.kernel,
        i16::from(machine.cgroup_version),
        machine.engine,
    )
    .fetch_one(connection)
    .await
    .map_err(DatabaseError::statement(format!("store the record of host {}", machine.host)))
}
