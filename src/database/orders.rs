//! Orders: served jobs, asked once however often they are asked, and taken back by pull request.

use super::connection::Database;
use super::error::DatabaseError;
use super::jobs::{read_job, read_newest_first};
use crate::domain::github::PullNumber;
use crate::domain::ids::JobId;
use crate::domain::job::Job;
use crate::domain::order::{Order, Ordered, Priority};
use crate::domain::procedure::CompareMethod;
use crate::domain::revision::Revision;
use crate::domain::verdict::Outcome;

impl Database {
    /// Puts an order into the queue; committed when this returns. One that was given already is known by its terms.
    pub async fn order(&self, order: &Order) -> Result<Ordered, DatabaseError> {
        // Looked for first: a conflict costs a number, and people type numbers.
        if let Some(known) = self.ordered(order).await? {
            return Ok(Ordered::Known(known));
        }
        let (request, terms) = (&order.request, &order.terms);
        let failed = || DatabaseError::statement(format!("order a job for {}", request.revision.short()));
        let new = sqlx::query_scalar!(
            "INSERT INTO jobs (kind, project, benchmark, revision, asked_as, base, force, pull, rounds,
                 compare, served, priority, ask, asked_by, after_job)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, true, $11, $12, $13, $14)
             ON CONFLICT (project, benchmark, kind, revision, coalesce(pull, 0), ask) WHERE served DO NOTHING
             RETURNING id",
            request.kind.as_str(),
            request.project,
            request.benchmark,
            request.revision.to_string(),
            request.asked_as,
            request.base.as_ref().map(ToString::to_string),
            request.force,
            request.pull.map(|pull| pull.0),
            request.rounds.map(u16::cast_signed),
            request.compare.map(CompareMethod::as_str),
            terms.priority as i16,
            terms.ask,
            terms.asked_by,
            order.after.map(|job| job.0),
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(failed())?;
        if let Some(id) = new {
            return Ok(Ordered::New(JobId(id)));
        }
        // Somebody was quicker; jobs are never deleted, so that one is there.
        let known = self.ordered(order).await?;
        known.map(Ordered::Known).ok_or_else(|| failed()(sqlx::Error::RowNotFound))
    }

    /// The job of an order that was given.
    async fn ordered(&self, order: &Order) -> Result<Option<JobId>, DatabaseError> {
        let (request, terms) = (&order.request, &order.terms);
        let known = sqlx::query_scalar!(
            "SELECT id FROM jobs
             WHERE served AND project = $1 AND benchmark = $2 AND kind = $3 AND revision = $4
               AND coalesce(pull, 0) = coalesce($5::int, 0) AND ask = $6",
            request.project,
            request.benchmark,
            request.kind.as_str(),
            request.revision.to_string(),
            request.pull.map(|pull| pull.0),
            terms.ask,
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("look for a job of {}", request.revision.short())))?;
        Ok(known.map(JobId))
    }

    /// Orders a served job once more: a fresh one of the same request, unless one of its kind still waits or runs; a
    /// failure that such a one waits out is forgiven. None: the job was never served.
    pub async fn order_again(&self, id: JobId) -> Result<Option<Ordered>, DatabaseError> {
        let failed = || DatabaseError::statement(format!("order job {id} again"));
        let mut tx = self.pool.begin().await.map_err(failed())?;
        let job = read_job(&mut tx, id).await?;
        if !job.terms.served {
            return Ok(None);
        }
        // Two who ask at once take turns here, so that the second finds the first one's job.
        sqlx::query!("SELECT id FROM jobs WHERE id = $1 FOR NO KEY UPDATE", id.0)
            .fetch_one(&mut *tx)
            .await
            .map_err(failed())?;
        let same = sqlx::query!(
            r#"SELECT count(*) FILTER (WHERE same.ask LIKE 'again-%') AS "again!",
                      max(same.id) FILTER (WHERE same.state <> 'finished') AS open
               FROM jobs, jobs AS same
               WHERE jobs.id = $1 AND same.served AND same.project = jobs.project AND same.benchmark = jobs.benchmark
                 AND same.kind = jobs.kind AND same.revision = jobs.revision
                 AND coalesce(same.pull, 0) = coalesce(jobs.pull, 0)"#,
            id.0,
        )
        .fetch_one(&mut *tx)
        .await
        .map_err(failed())?;
        if let Some(open) = same.open {
            sqlx::query!(
                // To name the state makes the trigger wake workers.
                "UPDATE jobs SET not_before = NULL, state = state
                 WHERE id = $1 AND state = 'queued' AND not_before IS NOT NULL",
                open
            )
            .execute(&mut *tx)
            .await
            .map_err(failed())?;
            tx.commit().await.map_err(failed())?;
            return Ok(Some(Ordered::Known(JobId(open))));
        }
        tx.commit().await.map_err(failed())?;
        let mut terms = job.terms;
        terms.ask = format!("again-{}", same.again + 1);
        terms.priority = terms.priority.max(Priority::Commanded);
        self.order(&Order { request: job.request, terms, after: None }).await.map(Some)
    }

    /// Ends the jobs of a pull request, but for those of one commit: queued ones at once, running ones by their
    /// holders. Says which.
    pub async fn supersede(
        &self,
        project: &str,
        pull: PullNumber,
        except: Option<&Revision>,
        outcome: Outcome,
    ) -> Result<Vec<JobId>, DatabaseError> {
        let ids = sqlx::query_scalar!(
            "UPDATE jobs SET
                 state = CASE state WHEN 'queued' THEN 'finished' ELSE state END,
                 outcome = CASE state WHEN 'queued' THEN $4 END,
                 finished_at = CASE state WHEN 'queued' THEN clock_timestamp() END,
                 cancel_requested_at = CASE state WHEN 'running' THEN coalesce(cancel_requested_at, clock_timestamp()) END,
                 cancel_as = CASE state WHEN 'running' THEN coalesce(cancel_as, $4) END,
                 not_before = NULL, awaited_host = NULL, awaited_until = NULL
             WHERE project = $1 AND pull = $2 AND state <> 'finished' AND revision IS DISTINCT FROM $3
             RETURNING id",
            project,
            pull.0,
            except.map(ToString::to_string),
            outcome.to_string(),
        )
        .fetch_all(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("end the jobs of {pull}")))?;
        Ok(ids.into_iter().map(JobId).collect())
    }

    /// The jobs of a pull request, the newest first.
    pub async fn jobs_of_pull(&self, project: &str, pull: PullNumber) -> Result<Vec<Job>, DatabaseError> {
        let failed = || DatabaseError::statement(format!("read the jobs of {pull}"));
        let mut connection = self.pool.acquire().await.map_err(failed())?;
        let ids = sqlx::query_scalar!("SELECT id FROM jobs WHERE project = $1 AND pull = $2", project, pull.0)
            .fetch_all(&mut *connection)
            .await
            .map_err(failed())?;
        read_newest_first(&mut connection, &ids).await
    }
}
