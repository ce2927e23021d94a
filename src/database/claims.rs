//! Claims on jobs: who may measure on a host, and until when. Decided by row locks and the database's clock.

use std::time::Duration;

use sqlx::{PgConnection, Postgres, Transaction};

use super::connection::Database;
use super::error::DatabaseError;
use super::jobs::read_job;
use crate::domain::ids::{FencingToken, JobId, RunId, WorkerId};
use crate::domain::job::{ClaimedJob, JobState, Wait, WaitReason};

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

/// Where a job is to run, by whom, and for how long without a heartbeat.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seat<'a> {
    /// The host.
    pub host: &'a str,
    /// The process.
    pub worker: WorkerId,
    /// The lease.
    pub lease: Duration,
    /// How many jobs may run on the host at a time.
    pub concurrency: u16,
}

impl Database {
    /// Tries to claim a queued job for a seat, and if it isn't its turn, says that somebody waits with it for
    /// `patience` more. Of the jobs that are waited for on the host, and those that its live workers could take, the
    /// most urgent goes first, and of equals the first asked.
    pub async fn claim(&self, id: JobId, seat: &Seat<'_>, patience: Duration) -> Result<Attempt, DatabaseError> {
        let failed = || DatabaseError::statement(format!("claim job {id} on {}", seat.host));
        let mut tx = self.pool.begin().await.map_err(failed())?;
        lock_slots(&mut tx, seat.host).await.map_err(failed())?;
        let attempt = if !await_turn(&mut tx, id, seat.host, patience).await.map_err(failed())? {
            Attempt::Gone(read_job(&mut tx, id).await?.state)
        } else if let Some(wait) = first_in_line(&mut tx, id, seat).await? {
            Attempt::Wait(wait)
        } else {
            Attempt::Claimed(take(&mut tx, id, seat).await?)
        };
        tx.commit().await.map_err(failed())?;
        Ok(attempt)
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

/// Locks the host's row until the transaction ends: from here on we alone decide about its slots.
pub(super) async fn lock_slots(tx: &mut Transaction<'static, Postgres>, host: &str) -> Result<(), sqlx::Error> {
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

/// What goes before this job on the host, if that is as much as the host has room for: jobs under way, commands that
/// wait, and jobs that a live worker of the host could take. Of the last only the first hundred are counted.
async fn first_in_line(
    connection: &mut PgConnection,
    id: JobId,
    seat: &Seat<'_>,
) -> Result<Option<Wait>, DatabaseError> {
    let host = seat.host;
    let row = sqlx::query!(
        r#"WITH me AS (SELECT priority FROM jobs WHERE id = $1)
           SELECT ahead.id AS "id!", ahead.kind AS "kind!", ahead.revision AS "revision!", ahead.claimed_at,
                  ahead.priority > me.priority AS "is_urgent!", count(*) OVER () AS "ahead!"
           FROM me, (
               SELECT id, kind, revision, claimed_at, priority FROM jobs WHERE state = 'running' AND host = $2
               UNION ALL
               SELECT id, kind, revision, claimed_at, priority FROM jobs
               WHERE state = 'queued' AND NOT served AND awaited_host = $2 AND awaited_until > clock_timestamp()
               UNION ALL
               SELECT next.id, next.kind, next.revision, next.claimed_at, next.priority
               FROM me, (SELECT DISTINCT unnest(projects) AS project FROM workers
                         WHERE host = $2 AND seen_until > clock_timestamp()) AS live,
                    LATERAL (SELECT id, kind, revision, claimed_at, priority FROM jobs
                             WHERE state = 'queued' AND served AND project = live.project
                               AND priority >= me.priority AND (priority > me.priority OR id < $1)
                               AND (not_before IS NULL OR not_before <= clock_timestamp())
                               AND coalesce((SELECT first.state FROM jobs AS first
                                             WHERE first.id = jobs.after_job), 'finished') = 'finished'
                             ORDER BY priority DESC, id LIMIT 100) AS next
               ) AS ahead
           WHERE ahead.id <> $1
             AND (ahead.claimed_at IS NOT NULL OR ahead.priority > me.priority
                  OR (ahead.priority = me.priority AND ahead.id < $1))
           ORDER BY ahead.claimed_at IS NOT NULL DESC, ahead.priority DESC, ahead.id LIMIT 1"#,
        id.0,
        host,
    )
    .fetch_optional(connection)
    .await
    .map_err(DatabaseError::statement(format!("see who is before job {id} on {host}")))?;
    let Some(row) = row.filter(|row| row.ahead >= i64::from(seat.concurrency)) else { return Ok(None) };
    let name = || format!("job {}", row.id);
    let reason = match row.claimed_at {
        Some(since) => WaitReason::SlotHeld { since },
        None if row.is_urgent => WaitReason::MoreUrgent,
        None => WaitReason::AskedEarlier,
    };
    Ok(Some(Wait {
        first: JobId(row.id),
        kind: row.kind.parse().map_err(DatabaseError::row(name()))?,
        revision: row.revision.parse().map_err(DatabaseError::row(name()))?,
        reason,
        ahead: u32::try_from(row.ahead).map_err(DatabaseError::row(name()))?,
    }))
}

/// Gives a queued job to a seat on a host that has a free slot, of which it takes the lowest. Under the lock of its slots.
pub(super) async fn take(
    connection: &mut PgConnection,
    id: JobId,
    seat: &Seat<'_>,
) -> Result<ClaimedJob, DatabaseError> {
    let row = sqlx::query!(
        "UPDATE jobs SET state = 'running', attempts = attempts + 1, token = token + 1, host = $2, worker = $3,
             slot = (SELECT min(n) FROM generate_series(0, $5::int) AS n
                     WHERE NOT EXISTS (SELECT FROM jobs AS other
                                       WHERE other.state = 'running' AND other.host = $2 AND other.slot = n)),
             claimed_at = clock_timestamp(), lease_until = clock_timestamp() + make_interval(secs => $4),
             awaited_host = NULL, awaited_until = NULL, not_before = NULL
         WHERE id = $1 AND state = 'queued' RETURNING token, attempts",
        id.0,
        seat.host,
        seat.worker.0,
        seat.lease.as_secs_f64(),
        // One more than there should be: another process of the host may count by another setting.
        i32::from(seat.concurrency),
    )
    .fetch_one(&mut *connection)
    .await
    .map_err(DatabaseError::statement(format!("claim job {id} on {}", seat.host)))?;
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

pub(super) fn expect_held(claim: &ClaimedJob, rows: u64) -> Result<(), DatabaseError> {
    if rows == 1 { Ok(()) } else { Err(DatabaseError::StaleClaim { job: claim.id, token: claim.token }) }
}
