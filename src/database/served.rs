//! Served jobs: the next one for a worker, and who is there to take them.

use std::time::Duration;

use super::claims::{Seat, lock_slots, take};
use super::connection::Database;
use super::error::DatabaseError;
use crate::domain::ids::{JobId, WorkerId};
use crate::domain::job::ClaimedJob;

impl Database {
    /// Claims the next served job of these projects for a seat: the most urgent, of equals the first asked, of those
    /// that wait for nothing else. None: there is none, the host has no room, or a command that waits there goes first.
    pub async fn claim_next(&self, seat: &Seat<'_>, projects: &[String]) -> Result<Option<ClaimedJob>, DatabaseError> {
        let failed = || DatabaseError::statement(format!("claim the next job on {}", seat.host));
        let mut tx = self.pool.begin().await.map_err(failed())?;
        lock_slots(&mut tx, seat.host).await.map_err(failed())?;
        let room = sqlx::query_scalar!(
            r#"SELECT $2::bigint - count(*) AS "room!" FROM jobs WHERE state = 'running' AND host = $1"#,
            seat.host,
            i64::from(seat.concurrency),
        )
        .fetch_one(&mut *tx)
        .await
        .map_err(failed())?;
        if room < 1 {
            return Ok(None);
        }
        // Locked rows are another host's, which is about to take them. What waits for something is kept apart, each kind
        // in an index of its own, so that a claim costs the same however many wait: jobs that nothing holds back, those
        // that failed and whose wait is over, and those behind jobs that ended, looked for by the few that they are behind.
        let next = sqlx::query!(
            r#"WITH RECURSIVE firsts AS (
                   (SELECT after_job AS id FROM jobs
                    WHERE state = 'queued' AND served AND not_before IS NULL AND after_job IS NOT NULL
                    ORDER BY after_job LIMIT 1)
                   UNION ALL
                   SELECT (SELECT after_job FROM jobs
                           WHERE state = 'queued' AND served AND not_before IS NULL AND after_job > firsts.id
                           ORDER BY after_job LIMIT 1)
                   FROM firsts WHERE firsts.id IS NOT NULL)
               SELECT next.id AS "id!", (
                   SELECT count(*) FROM jobs AS command
                   WHERE command.state = 'queued' AND NOT command.served AND command.awaited_host = $1
                     AND command.awaited_until > clock_timestamp()
                     AND (command.priority > next.priority
                          OR (command.priority = next.priority AND command.id < next.id))) AS "commands!"
               FROM unnest($2::text[]) AS ours (project), LATERAL (
                   (SELECT id, priority FROM (
                        SELECT id, priority FROM jobs
                        WHERE state = 'queued' AND served AND not_before IS NULL AND after_job IS NULL
                          AND jobs.project = ours.project
                        ORDER BY priority DESC, id LIMIT 1 FOR UPDATE OF jobs SKIP LOCKED) AS free)
                   UNION ALL
                   (SELECT id, priority FROM (
                        -- Not clock_timestamp(), by which no index can be searched.
                        SELECT id, priority FROM jobs
                        WHERE state = 'queued' AND served AND not_before <= statement_timestamp()
                          AND jobs.project = ours.project
                        ORDER BY priority DESC, id LIMIT 1 FOR UPDATE OF jobs SKIP LOCKED) AS due)
                   UNION ALL
                   (SELECT behind.id, behind.priority FROM firsts, LATERAL (
                        SELECT id, priority FROM jobs
                        WHERE state = 'queued' AND served AND not_before IS NULL AND after_job = firsts.id
                          AND jobs.project = ours.project
                        ORDER BY priority DESC, id LIMIT 1 FOR UPDATE OF jobs SKIP LOCKED) AS behind
                    WHERE (SELECT first.state FROM jobs AS first WHERE first.id = firsts.id) = 'finished')
                   ) AS next
               ORDER BY next.priority DESC, next.id LIMIT 1"#,
            seat.host,
            projects,
        )
        .fetch_optional(&mut *tx)
        .await
        .map_err(failed())?;
        let Some(next) = next.filter(|next| next.commands < room) else { return Ok(None) };
        let claimed = take(&mut tx, JobId(next.id), seat).await?;
        tx.commit().await.map_err(failed())?;
        Ok(Some(claimed))
    }

    /// Says that a worker is there to take jobs of these projects, for as long as `seen_for` from now. Until then
    /// commands on its host wait behind jobs that go before theirs.
    pub async fn see_worker(
        &self,
        worker: WorkerId,
        host: &str,
        projects: &[String],
        seen_for: Duration,
    ) -> Result<(), DatabaseError> {
        sqlx::query!(
            "WITH gone AS (DELETE FROM workers WHERE seen_until < clock_timestamp() - interval '1 day')
             INSERT INTO workers (id, host, projects, seen_until)
             VALUES ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))
             ON CONFLICT (id) DO UPDATE SET seen_until = excluded.seen_until, projects = excluded.projects",
            worker.0,
            host,
            projects,
            seen_for.as_secs_f64(),
        )
        .execute(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("register the worker on {host}")))?;
        Ok(())
    }

    /// Says that a worker takes no more jobs.
    pub async fn forget_worker(&self, worker: WorkerId) -> Result<(), DatabaseError> {
        sqlx::query!("DELETE FROM workers WHERE id = $1", worker.0)
            .execute(&self.pool)
            .await
            .map_err(DatabaseError::statement("take the worker off the list"))?;
        Ok(())
    }

    /// Whether a job other than this one is under way on the host whose run is not stored yet, so that nobody can tell
    /// its files from those of a dead one.
    pub async fn has_unknown_runs(&self, host: &str, except: Option<JobId>) -> Result<bool, DatabaseError> {
        sqlx::query_scalar!(
            r#"SELECT EXISTS (
                   SELECT FROM jobs
                   WHERE state = 'running' AND host = $1 AND lease_until > clock_timestamp()
                     AND id IS DISTINCT FROM $2
                     AND NOT EXISTS (SELECT FROM runs WHERE runs.job_id = jobs.id AND runs.token = jobs.token))
               AS "unknown!""#,
            host,
            except.map(|job| job.0),
        )
        .fetch_one(&self.pool)
        .await
        .map_err(DatabaseError::statement("look for runs that are not stored yet"))
    }
}
