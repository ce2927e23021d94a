//! What notices tell of: the jobs behind a check, a comment or an issue.

use super::connection::Database;
use super::error::DatabaseError;
use crate::domain::check::CheckId;
use crate::domain::github::PullNumber;
use crate::domain::ids::JobId;
use crate::domain::job::Job;
use crate::domain::revision::Revision;

/// Of a place with a long history the newest jobs are told of.
const MOST_JOBS: i64 = 50;

impl Database {
    /// The jobs behind a check, the newest first.
    pub async fn jobs_of_check(
        &self,
        project: &str,
        pull: Option<PullNumber>,
        revision: &Revision,
        benchmark: &str,
    ) -> Result<Vec<Job>, DatabaseError> {
        let ids = sqlx::query_scalar!(
            "SELECT id FROM jobs
             WHERE served AND project = $1 AND benchmark = $2 AND kind IN ('new-test', 'new-master') AND revision = $3
               AND coalesce(pull, 0) = $4 ORDER BY id DESC LIMIT $5",
            project,
            benchmark,
            revision.to_string(),
            pull.map_or(0, |pull| pull.0),
            MOST_JOBS,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("read the jobs of {}", revision.short())))?;
        self.each(&ids).await
    }

    /// The newest test of each benchmark at each commit of a pull request, the newest first.
    pub async fn newest_tests(&self, project: &str, pull: PullNumber) -> Result<Vec<Job>, DatabaseError> {
        let ids = sqlx::query_scalar!(
            r#"SELECT max(id) AS "id!" FROM jobs WHERE project = $1 AND pull = $2 AND served
               GROUP BY revision, benchmark ORDER BY max(id) DESC LIMIT $3"#,
            project,
            pull.0,
            MOST_JOBS,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("read the jobs of {pull}")))?;
        self.each(&ids).await
    }

    /// The newest master jobs of a benchmark that are over, the newest first.
    pub async fn newest_masters(&self, project: &str, benchmark: &str) -> Result<Vec<Job>, DatabaseError> {
        let ids = sqlx::query_scalar!(
            "SELECT id FROM jobs
             WHERE project = $1 AND benchmark = $2 AND kind = 'new-master' AND served AND state = 'finished'
             ORDER BY id DESC LIMIT $3",
            project,
            benchmark,
            MOST_JOBS,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("read the master jobs of `{benchmark}`")))?;
        self.each(&ids).await
    }

    /// Our checks at a commit, each with the job it tells of.
    pub async fn checks_of(&self, project: &str, revision: &Revision) -> Result<Vec<CheckId>, DatabaseError> {
        let rows = sqlx::query!(
            r#"SELECT pull, benchmark,
                      (SELECT max(id) FROM jobs
                       WHERE served AND jobs.project = notices.project AND jobs.benchmark = notices.benchmark
                         AND jobs.revision = notices.revision AND coalesce(jobs.pull, 0) = notices.pull) AS job
               FROM notices WHERE project = $1 AND place = 'check' AND revision = $2 ORDER BY pull, benchmark"#,
            project,
            revision.to_string(),
        )
        .fetch_all(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("read the checks of {}", revision.short())))?;
        let checks = rows.into_iter().map(|row| CheckId {
            project: project.to_owned(),
            pull: Some(row.pull).filter(|number| *number > 0).map(PullNumber),
            benchmark: row.benchmark,
            job: row.job.map(JobId),
        });
        Ok(checks.collect())
    }

    /// Why the attempts before of a job failed, where one did.
    pub async fn last_error(&self, job: JobId) -> Result<Option<String>, DatabaseError> {
        sqlx::query_scalar!("SELECT last_error FROM jobs WHERE id = $1", job.0)
            .fetch_one(&self.pool)
            .await
            .map_err(DatabaseError::statement(format!("read why job {job} failed before")))
    }

    async fn each(&self, ids: &[i64]) -> Result<Vec<Job>, DatabaseError> {
        let mut jobs = Vec::with_capacity(ids.len());
        for id in ids {
            jobs.push(self.job(JobId(*id)).await?);
        }
        Ok(jobs)
    }
}
