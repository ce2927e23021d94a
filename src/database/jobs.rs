//! Jobs as rows: asking, listing, cancelling.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::connection::Database;
use super::error::DatabaseError;
use crate::domain::github::PullNumber;
use crate::domain::ids::{JobId, RunId};
use crate::domain::job::{Cancellation, Job, JobFilter, JobRequest, JobState};
use crate::domain::order::Terms;
use crate::domain::procedure::CompareMethod;

/// A row of `jobs` as far as people see it.
struct JobRow {
    id: i64,
    kind: String,
    project: String,
    benchmark: String,
    revision: String,
    asked_as: String,
    base: Option<String>,
    force: bool,
    pull: Option<i32>,
    rounds: Option<i16>,
    compare: Option<String>,
    served: bool,
    priority: i16,
    ask: String,
    asked_by: String,
    not_before: Option<OffsetDateTime>,
    enqueued_at: OffsetDateTime,
    state: String,
    attempts: i32,
    phase: Option<String>,
    awaited: bool,
    host: Option<String>,
    claimed_at: Option<OffsetDateTime>,
    lease_until: Option<OffsetDateTime>,
    outcome: Option<String>,
    detail: Option<String>,
    finished_at: Option<OffsetDateTime>,
    run_id: Option<Uuid>,
}

impl Database {
    /// Puts a request into the queue; committed when this returns.
    pub async fn enqueue(&self, request: &JobRequest) -> Result<JobId, DatabaseError> {
        let id = sqlx::query_scalar!(
            "INSERT INTO jobs (kind, project, benchmark, revision, asked_as, base, force, rounds, compare)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
            request.kind.as_str(),
            request.project,
            request.benchmark,
            request.revision.to_string(),
            request.asked_as,
            request.base.as_ref().map(ToString::to_string),
            request.force,
            request.rounds.map(u16::cast_signed),
            request.compare.map(CompareMethod::as_str),
        )
        .fetch_one(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("enqueue a job for {}", request.revision.short())))?;
        Ok(JobId(id))
    }

    /// One job; an unknown one is an error that says where to look.
    pub async fn job(&self, id: JobId) -> Result<Job, DatabaseError> {
        let mut connection = self.pool.acquire().await.map_err(DatabaseError::statement("read the queue"))?;
        read_job(&mut connection, id).await
    }

    /// Jobs, the newest first.
    pub async fn jobs(&self, filter: &JobFilter) -> Result<Vec<Job>, DatabaseError> {
        let failed = || DatabaseError::statement("read the queue");
        let mut connection = self.pool.acquire().await.map_err(failed())?;
        let ids = sqlx::query_scalar!(
            "SELECT id FROM jobs WHERE $1::text IS NULL OR project = $1 ORDER BY id DESC LIMIT $2",
            filter.project,
            i64::from(filter.limit),
        )
        .fetch_all(&mut *connection)
        .await
        .map_err(failed())?;
        read_newest_first(&mut connection, &ids).await
    }

    /// Ends a waiting job, asks the holder of a running one to end it, leaves a finished one alone.
    pub async fn cancel(&self, id: JobId) -> Result<Cancellation, DatabaseError> {
        let state = sqlx::query_scalar!(
            "UPDATE jobs SET
                 state = CASE state WHEN 'queued' THEN 'finished' ELSE state END,
                 outcome = CASE state WHEN 'queued' THEN 'cancelled' END,
                 finished_at = CASE state WHEN 'queued' THEN clock_timestamp() END,
                 cancel_requested_at = CASE state WHEN 'running' THEN coalesce(cancel_requested_at, clock_timestamp()) END,
                 cancel_as = CASE state WHEN 'running' THEN coalesce(cancel_as, 'cancelled') END,
                 not_before = NULL, awaited_host = NULL, awaited_until = NULL
             WHERE id = $1 AND state <> 'finished' RETURNING state",
            id.0
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("cancel job {id}")))?;
        match state.as_deref() {
            Some("finished") => Ok(Cancellation::Cancelled),
            Some(_) => Ok(Cancellation::Requested),
            None => match self.job(id).await?.state {
                JobState::Finished { outcome, .. } => Ok(Cancellation::AlreadyFinished(outcome)),
                // Over is for good: nothing makes a finished job wait or run again.
                JobState::Queued { .. } | JobState::Running { .. } => {
                    Err(DatabaseError::row(format!("job {id}"))("it was finished, and then no longer"))
                }
            },
        }
    }
}

/// One job, on a connection that may be in the middle of a transaction.
pub(super) async fn read_job(connection: &mut PgConnection, id: JobId) -> Result<Job, DatabaseError> {
    let job = read_jobs(connection, &[id.0]).await?.pop();
    job.ok_or_else(|| DatabaseError::Unknown { what: format!("job {id}"), list: "loadmark jobs list" })
}

/// Several jobs by their numbers, in any order. By number alone, so that it costs the same however many there are.
pub(super) async fn read_jobs(connection: &mut PgConnection, ids: &[i64]) -> Result<Vec<Job>, DatabaseError> {
    let rows = sqlx::query_as!(
        JobRow,
        r#"SELECT id, kind, project, benchmark, revision, asked_as, base, force, pull, rounds, compare, served, priority,
                  ask, asked_by, not_before, enqueued_at, state, attempts, phase,
                  coalesce(awaited_until > clock_timestamp(), false) AS "awaited!",
                  host, claimed_at, lease_until, outcome, detail, finished_at, run_id
           FROM jobs WHERE id = ANY($1)"#,
        ids,
    )
    .fetch_all(connection)
    .await
    .map_err(DatabaseError::statement("read the queue"))?;
    rows.into_iter().map(Job::try_from).collect()
}

/// The same, the newest first.
pub(super) async fn read_newest_first(connection: &mut PgConnection, ids: &[i64]) -> Result<Vec<Job>, DatabaseError> {
    let mut jobs = read_jobs(connection, ids).await?;
    jobs.sort_by_key(|job| std::cmp::Reverse(job.id));
    Ok(jobs)
}

impl TryFrom<JobRow> for Job {
    type Error = DatabaseError;

    fn try_from(row: JobRow) -> Result<Self, Self::Error> {
        let name = || format!("job {}", row.id);
        let state = match (row.state.as_str(), row.host, row.claimed_at, row.lease_until, row.outcome, row.finished_at)
        {
            ("queued", None, None, None, None, None) => {
                JobState::Queued { awaited: row.awaited, not_before: row.not_before }
            }
            ("running", Some(host), Some(since), Some(lease_until), None, None) => {
                JobState::Running { host, since, lease_until, phase: row.phase }
            }
            ("finished", None, None, None, Some(outcome), Some(at)) => JobState::Finished {
                outcome: outcome.parse().map_err(DatabaseError::row(name()))?,
                detail: row.detail,
                at,
            },
            (state, ..) => {
                return Err(DatabaseError::row(name())(format!("state `{state}` does not fit its other columns")));
            }
        };
        let request = JobRequest {
            kind: row.kind.parse().map_err(DatabaseError::row(name()))?,
            revision: row.revision.parse().map_err(DatabaseError::row(name()))?,
            base: row.base.map(|base| base.parse()).transpose().map_err(DatabaseError::row(name()))?,
            project: row.project,
            benchmark: row.benchmark,
            asked_as: row.asked_as,
            force: row.force,
            pull: row.pull.map(PullNumber),
            rounds: row.rounds.map(i16::cast_unsigned),
            compare: row.compare.map(|compare| compare.parse()).transpose().map_err(DatabaseError::row(name()))?,
        };
        let terms = Terms {
            served: row.served,
            priority: row.priority.try_into().map_err(DatabaseError::row(name()))?,
            ask: row.ask,
            asked_by: row.asked_by,
        };
        Ok(Self {
            id: JobId(row.id),
            request,
            attempts: row.attempts,
            state,
            run: row.run_id.map(RunId),
            enqueued_at: row.enqueued_at,
            terms,
        })
    }
}
