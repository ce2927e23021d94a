//! Claims on jobs: who may measure on a host, and until when. Decided by row locks and the database's clock.

use std::time::Duration;

use sqlx::{PgConnection, Postgres, Transaction};

use super::connection::Database;
use super::error::DatabaseError;
use super::jobs::read_job;
use super::rows::without_nul;
use crate::domain::ids::{FencingToken, JobId, RunId, WorkerId};
use crate::domain::job::{ClaimedJob, JobState, Wait, WaitReason};
use crate::domain::verdict::Outcome;

/// What a try to claim a job came to.
#[derive(Clone, PartialEq, Debug)]
pub enum Attempt {
    /// It is ours until the lease ends.
    Claimed(ClaimedJob),
    /// Another one goes first.
    Wait(Wait),
    /// It no longer waits.
    Gone(JobState),
}

/// What became of a job whose lease ended without a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lost {
    /// Back in the queue.
    Requeued,
    /// Over: it was to be cancelled, or its attempts are spent.
    Finished(Outcome),
}

impl Database {
    /// Tries to claim a queued job for a host, and if it isn't its turn, says that somebody waits with it for
    /// `patience` more. A host has one slot; among jobs that are waited for, the first asked goes first.
    pub async fn claim(
        &self,
        id: JobId,
        host: &str,
        worker: WorkerId,
        lease: Duration,
        patience: Duration,
    ) -> Result<Attempt, DatabaseError> {
        let failed = || DatabaseError::statement(format!("claim job {id} on {host}"));
        let mut tx = self.pool.begin().await.map_err(failed())?;
        lock_slot(&mut tx, host).await.map_err(failed())?;
        let attempt = if !await_turn(&mut tx, id, host, patience).await.map_err(failed())? {
            Attempt::Gone(read_job(&mut tx, id).await?.state)
        } else if let Some(wait) = first_in_line(&mut tx, id, host).await? {
            Attempt::Wait(wait)
        } else {
            Attempt::Claimed(take(&mut tx, id, host, worker, lease).await?)
        };
        tx.commit().await.map_err(failed())?;
        Ok(attempt)
    }

    /// Ends a job under its claim, and so frees the slot. Its run is the one that was started for it last.
    pub async fn finish_job(
        &self,
        claim: &ClaimedJob,
        outcome: Outcome,
        detail: Option<&str>,
    ) -> Result<(), DatabaseError> {
        let detail = detail.map(without_nul);
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
        .execute(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("finish job {}", claim.id)))?;
        expect_held(claim, rows.rows_affected())
    }

    /// Gives a job back without spending an attempt. One that was to be cancelled is over instead.
    pub async fn release(&self, claim: &ClaimedJob) -> Result<(), DatabaseError> {
        let rows = sqlx::query!(
            "UPDATE jobs SET
                 state = CASE WHEN cancel_requested_at IS NULL THEN 'queued' ELSE 'finished' END,
                 outcome = CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancelled' END,
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
    /// were to be cancelled, have spent `max_attempts`, or are a requery, which is asked anew. Rows that somebody writes just now are left for later.
    pub async fn reap(&self, max_attempts: i32) -> Result<Vec<(JobId, Lost)>, DatabaseError> {
        let rows = sqlx::query!(
            r#"WITH lost AS (
                   SELECT id, host, CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancelled'
                                         WHEN attempts >= $1 OR kind = 'requery' THEN 'discarded' END AS outcome
                   FROM jobs WHERE state = 'running' AND lease_until <= clock_timestamp()
                   FOR UPDATE SKIP LOCKED)
               UPDATE jobs SET
                   state = CASE WHEN lost.outcome IS NULL THEN 'queued' ELSE 'finished' END,
                   outcome = lost.outcome,
                   finished_at = CASE WHEN lost.outcome IS NOT NULL THEN clock_timestamp() END,
                   detail = CASE WHEN lost.outcome IS NOT NULL THEN
                       'its holder on ' || lost.host || ' fell silent in attempt ' || attempts END,
                   host = NULL, worker = NULL, claimed_at = NULL, lease_until = NULL,
                 slot = NULL, cancel_requested_at = NULL, cancel_as = NULL, phase = NULL
               FROM lost WHERE jobs.id = lost.id RETURNING jobs.id, jobs.outcome"#,
            max_attempts,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(DatabaseError::statement("take back jobs whose lease ended"))?;
        let lost = |outcome: Option<String>| match outcome {
            None => Ok(Lost::Requeued),
            Some(text) => text.parse().map(Lost::Finished),
        };
        rows.into_iter()
            .map(|row| {
                let lost = lost(row.outcome).map_err(DatabaseError::row(format!("job {}", row.id)))?;
                Ok((JobId(row.id), lost))
            })
            .collect()
    }

    /// Runs under a live lease: whatever carries their label is in use. A run is among them from
    /// [`Database::start_run`] on, so that is called before anything labelled is made.
    pub async fn live_runs(&self) -> Result<Vec<RunId>, DatabaseError> {
        let ids = sqlx::query_scalar!(
            "SELECT runs.id FROM runs JOIN jobs ON jobs.id = runs.job_id AND jobs.token = runs.token
             WHERE jobs.state = 'running' AND jobs.lease_until > clock_timestamp()"
        )
        .fetch_all(&self.pool)
        .await
        .map_err(DatabaseError::statement("list the runs under way"))?;
        Ok(ids.into_iter().map(RunId).collect())
    }
}

/// Locks the host's row until the transaction ends: from here on we alone decide about its slot.
async fn lock_slot(tx: &mut Transaction<'static, Postgres>, host: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("INSERT INTO slots (host) VALUES ($1) ON CONFLICT DO NOTHING", host).execute(&mut **tx).await?;
    sqlx::query!("SELECT host FROM slots WHERE host = $1 FOR UPDATE", host).fetch_one(&mut **tx).await?;
    Ok(())
}

/// Says that somebody waits with the job on the host. False: it isn't queued.
async fn await_turn(
    connection: &mut PgConnection,
    id: JobId,
    host: &str,
    patience: Duration,
) -> Result<bool, sqlx::Error> {
    let rows = sqlx::query!(
        "UPDATE jobs SET awaited_host = $2, awaited_until = clock_timestamp() + make_interval(secs => $3)
         WHERE id = $1 AND state = 'queued'",
        id.0,
        host,
        patience.as_secs_f64(),
    )
    .execute(connection)
    .await?;
    Ok(rows.rows_affected() == 1)
}

/// The job that goes before this one on the host: the one under way, else the first asked of those waited for.
async fn first_in_line(connection: &mut PgConnection, id: JobId, host: &str) -> Result<Option<Wait>, DatabaseError> {
    let row = sqlx::query!(
        r#"SELECT id, kind, revision, claimed_at, count(*) OVER () AS "ahead!"
           FROM jobs
           WHERE (state = 'running' AND host = $2)
              OR (state = 'queued' AND id < $1 AND awaited_host = $2 AND awaited_until > clock_timestamp())
           ORDER BY state = 'running' DESC, id LIMIT 1"#,
        id.0,
        host,
    )
    .fetch_optional(connection)
    .await
    .map_err(DatabaseError::statement(format!("see who is before job {id} on {host}")))?;
    let Some(row) = row else { return Ok(None) };
    let name = || format!("job {}", row.id);
    Ok(Some(Wait {
        first: JobId(row.id),
        kind: row.kind.parse().map_err(DatabaseError::row(name()))?,
        revision: row.revision.parse().map_err(DatabaseError::row(name()))?,
        reason: row.claimed_at.map_or(WaitReason::AskedEarlier, |since| WaitReason::SlotHeld { since }),
        ahead: u32::try_from(row.ahead).map_err(DatabaseError::row(name()))?,
    }))
}

async fn take(
    connection: &mut PgConnection,
    id: JobId,
    host: &str,
    worker: WorkerId,
    lease: Duration,
) -> Result<ClaimedJob, DatabaseError> {
    let row = sqlx::query!(
        "UPDATE jobs SET state = 'running', attempts = attempts + 1, token = token + 1, host = $2, slot = 0, worker = $3,
             claimed_at = clock_timestamp(), lease_until = clock_timestamp() + make_interval(secs => $4),
             awaited_host = NULL, awaited_until = NULL, not_before = NULL
         WHERE id = $1 AND state = 'queued' RETURNING token, attempts",
        id.0,
        host,
        worker.0,
        lease.as_secs_f64(),
    )
    .fetch_one(&mut *connection)
    .await
    .map_err(DatabaseError::statement(format!("claim job {id} on {host}")))?;
    let request = read_job(connection, id).await?.request;
    Ok(ClaimedJob { id, token: FencingToken(row.token), attempt: row.attempts, request })
}

/// Locks the job's row and checks that the claim is live. Called last in a transaction: what it guards is then
/// committed at once, the claim can't pass to another in between, and no heartbeat waits for a long insert.
pub(super) async fn hold(connection: &mut PgConnection, claim: &ClaimedJob) -> Result<(), DatabaseError> {
    let held = sqlx::query!(
        "SELECT id FROM jobs
         WHERE id = $1 AND token = $2 AND state = 'running' AND lease_until > clock_timestamp() FOR UPDATE",
        claim.id.0,
        claim.token.0,
    )
    .fetch_optional(connection)
    .await
    .map_err(DatabaseError::statement(format!("check the claim on job {}", claim.id)))?;
    expect_held(claim, u64::from(held.is_some()))
}

fn expect_held(claim: &ClaimedJob, rows: u64) -> Result<(), DatabaseError> {
    if rows == 1 { Ok(()) } else { Err(DatabaseError::StaleClaim { job: claim.id, token: claim.token }) }
}
