//! How claims end: with an outcome and its document, with a failure that is waited out, given back, or in silence.

use std::time::Duration;

use serde_json::Value;
use sqlx::PgConnection;

use super::claims::expect_held;
use super::connection::Database;
use super::error::DatabaseError;
use super::rows::without_nul;
use crate::domain::ids::{FencingToken, JobId};
use crate::domain::job::ClaimedJob;
use crate::domain::verdict::Outcome;

/// A failure is waited out for this long at most, in seconds, before it is varied.
const LONGEST_BACK_OFF: f64 = 3600.0;
/// Of the reason of an attempt so many characters are kept.
const REASON_LENGTH: i32 = 1000;

/// What became of a job that was not brought to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lost {
    /// Back in the queue.
    Requeued,
    /// Over: it was to be cancelled, or its attempts are spent.
    Finished(Outcome),
}

/// How failures of ours are met.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// So many attempts a job has.
    pub attempts: u16,
    /// The wait after the first; doubled after each further one, and varied by up to half.
    pub back_off: Duration,
}

impl Database {
    /// Ends a job under its claim, and so frees the slot. What it came to, as reports are made from it, is stored with
    /// it. Its run is the one that was started for it last.
    pub async fn finish_job(
        &self,
        claim: &ClaimedJob,
        outcome: Outcome,
        detail: Option<&str>,
        document: Option<&Value>,
    ) -> Result<(), DatabaseError> {
        let failed = || DatabaseError::statement(format!("finish job {}", claim.id));
        let detail = detail.map(without_nul);
        let mut tx = self.pool.begin().await.map_err(failed())?;
        store_result(&mut tx, claim, document).await?;
        let rows = sqlx::query!(
            "UPDATE jobs SET state = 'finished', outcome = $3, detail = $4, finished_at = clock_timestamp(),
                 host = NULL, worker = NULL, claimed_at = NULL, lease_until = NULL,
                 slot = NULL, cancel_requested_at = NULL, cancel_as = NULL, phase = NULL
             WHERE id = $1 AND token = $2 AND state = 'running' AND lease_until > clock_timestamp()",
            claim.id.0,
            claim.token.0,
            outcome.to_string(),
            detail.as_deref(),
        )
        .execute(&mut *tx)
        .await
        .map_err(failed())?;
        expect_held(claim, rows.rows_affected())?;
        tx.commit().await.map_err(failed())
    }

    /// Ends an attempt that failed by our fault: the job waits for the next one, or is discarded with the reasons of
    /// all, and with the document. One that was to be cancelled is over.
    pub async fn fail_job(
        &self,
        claim: &ClaimedJob,
        reason: &str,
        patience: Patience,
        document: Option<&Value>,
    ) -> Result<Lost, DatabaseError> {
        let failed = || DatabaseError::statement(format!("end an attempt at job {}", claim.id));
        let mut tx = self.pool.begin().await.map_err(failed())?;
        let row = sqlx::query!(
            "WITH failed AS (
                 SELECT id, CASE WHEN cancel_requested_at IS NOT NULL THEN cancel_as
                                 WHEN attempts >= $3 THEN 'discarded' END AS outcome,
                        concat_ws('; ', last_error, 'attempt ' || attempts || ': ' || left($4, $7)) AS reasons
                 FROM jobs
                 WHERE id = $1 AND token = $2 AND state = 'running' AND lease_until > clock_timestamp() FOR UPDATE)
             UPDATE jobs SET
                 state = CASE WHEN failed.outcome IS NULL THEN 'queued' ELSE 'finished' END,
                 outcome = failed.outcome,
                 finished_at = CASE WHEN failed.outcome IS NOT NULL THEN clock_timestamp() END,
                 detail = CASE WHEN failed.outcome IS NOT NULL THEN failed.reasons END,
                 not_before = CASE WHEN failed.outcome IS NULL THEN clock_timestamp() + make_interval(
                     secs => least($5::float8 * 2 ^ (attempts - 1), $6::float8) * (0.5 + random())) END,
                 last_error = failed.reasons,
                 host = NULL, worker = NULL, claimed_at = NULL, lease_until = NULL,
                 slot = NULL, cancel_requested_at = NULL, cancel_as = NULL, phase = NULL
             FROM failed WHERE jobs.id = failed.id RETURNING jobs.outcome",
            claim.id.0,
            claim.token.0,
            i32::from(patience.attempts),
            &without_nul(reason),
            patience.back_off.as_secs_f64(),
            LONGEST_BACK_OFF,
            REASON_LENGTH,
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(failed())?;
        expect_held(claim, u64::from(row.is_some()))?;
        let lost = lost(claim.id, row.and_then(|row| row.outcome))?;
        if lost == Lost::Finished(Outcome::Discarded) {
            store_result(&mut tx, claim, document).await?;
        }
        tx.commit().await.map_err(failed())?;
        Ok(lost)
    }

    /// Gives a job back without spending an attempt. One that was to be cancelled is over instead.
    pub async fn release(&self, claim: &ClaimedJob) -> Result<(), DatabaseError> {
        let rows = sqlx::query!(
            "UPDATE jobs SET
                 state = CASE WHEN cancel_requested_at IS NULL THEN 'queued' ELSE 'finished' END,
                 outcome = cancel_as,
                 finished_at = CASE WHEN cancel_requested_at IS NOT NULL THEN clock_timestamp() END,
                 attempts = attempts - 1,
                 host = NULL, worker = NULL, claimed_at = NULL, lease_until = NULL,
                 slot = NULL, cancel_requested_at = NULL, cancel_as = NULL, phase = NULL
             WHERE id = $1 AND token = $2 AND state = 'running' AND lease_until > clock_timestamp()",
            claim.id.0,
            claim.token.0,
        )
        .execute(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("give job {} back", claim.id)))?;
        expect_held(claim, rows.rows_affected())
    }

    /// Takes jobs whose lease ended from their holders: back into the queue with an attempt spent, or over, if they
    /// were to be cancelled, have spent their attempts, or are a requery, which is asked anew. Served ones are waited
    /// out as after any failure of ours: a job may be what kills its holders. Rows that somebody writes just now are
    /// left for later.
    pub async fn reap(&self, patience: Patience) -> Result<Vec<(JobId, Lost)>, DatabaseError> {
        let rows = sqlx::query!(
            r#"WITH lost AS (
                   SELECT id, CASE WHEN cancel_requested_at IS NOT NULL THEN cancel_as
                                   WHEN attempts >= $1 OR kind = 'requery' THEN 'discarded' END AS outcome,
                          concat_ws('; ', last_error,
                              'attempt ' || attempts || ': its holder on ' || host || ' fell silent') AS reasons
                   FROM jobs WHERE state = 'running' AND lease_until <= clock_timestamp()
                   FOR UPDATE SKIP LOCKED)
               UPDATE jobs SET
                   state = CASE WHEN lost.outcome IS NULL THEN 'queued' ELSE 'finished' END,
                   outcome = lost.outcome,
                   finished_at = CASE WHEN lost.outcome IS NOT NULL THEN clock_timestamp() END,
                   detail = CASE WHEN lost.outcome IS NOT NULL THEN lost.reasons END,
                   not_before = CASE WHEN lost.outcome IS NULL AND served THEN clock_timestamp() + make_interval(
                       secs => least($2::float8 * 2 ^ (attempts - 1), $3::float8) * (0.5 + random())) END,
                   last_error = lost.reasons,
                   host = NULL, worker = NULL, claimed_at = NULL, lease_until = NULL,
                   slot = NULL, cancel_requested_at = NULL, cancel_as = NULL, phase = NULL
               FROM lost WHERE jobs.id = lost.id RETURNING jobs.id, jobs.outcome"#,
            i32::from(patience.attempts),
            patience.back_off.as_secs_f64(),
            LONGEST_BACK_OFF,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(DatabaseError::statement("take back jobs whose lease ended"))?;
        rows.into_iter().map(|row| Ok((JobId(row.id), lost(JobId(row.id), row.outcome)?))).collect()
    }

    /// Says what a job under way is doing, for people. Refused silently under a stale claim: nothing depends on it.
    pub async fn write_phase(&self, claim: &ClaimedJob, phase: &str) -> Result<(), DatabaseError> {
        sqlx::query!(
            "UPDATE jobs SET phase = $3 WHERE id = $1 AND token = $2 AND state = 'running'
                 AND phase IS DISTINCT FROM $3",
            claim.id.0,
            claim.token.0,
            &without_nul(phase),
        )
        .execute(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("write the phase of job {}", claim.id)))?;
        Ok(())
    }

    /// What a job came to, as reports are made from it; none where it left nothing.
    pub async fn job_result(&self, job: JobId) -> Result<Option<Value>, DatabaseError> {
        sqlx::query_scalar!("SELECT document FROM results WHERE job_id = $1", job.0)
            .fetch_optional(&self.pool)
            .await
            .map_err(DatabaseError::statement(format!("read the result of job {job}")))
    }
}

fn lost(job: JobId, outcome: Option<String>) -> Result<Lost, DatabaseError> {
    match outcome {
        None => Ok(Lost::Requeued),
        Some(text) => text.parse().map(Lost::Finished).map_err(DatabaseError::row(format!("job {job}"))),
    }
}

/// Stores what a job came to; its end, in the same transaction, checks the claim.
async fn store_result(
    connection: &mut PgConnection,
    claim: &ClaimedJob,
    document: Option<&Value>,
) -> Result<(), DatabaseError> {
    let Some(document) = document else { return Ok(()) };
    let FencingToken(token) = claim.token;
    sqlx::query!(
        "INSERT INTO results (job_id, token, document) VALUES ($1, $2, $3)
         ON CONFLICT (job_id) DO UPDATE SET token = $2, document = $3, stored_at = clock_timestamp()",
        claim.id.0,
        token,
        storable(document.clone()),
    )
    .execute(connection)
    .await
    .map_err(DatabaseError::statement(format!("store the result of job {}", claim.id)))?;
    Ok(())
}

/// Without NUL, which `jsonb` refuses: the tail of a log may hold it.
fn storable(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(without_nul(&text).into_owned()),
        Value::Array(items) => items.into_iter().map(storable).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (without_nul(&name).into_owned(), storable(value))).collect()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_is_stored_without_nul() {
        let document = json!({"log\0": ["a\0b", 1, null], "n": 0.1});
        assert_eq!(storable(document), json!({"log\u{fffd}": ["a\u{fffd}b", 1, null], "n": 0.1}));
    }
}
