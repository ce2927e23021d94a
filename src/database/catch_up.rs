//! Catching up: what GitHub may have told while nobody listened, and what of the queue it may have overtaken.

use super::connection::Database;
use super::error::DatabaseError;
use crate::domain::github::PullNumber;
use crate::domain::revision::Revision;

impl Database {
    /// Up to where a source was looked through; none: never.
    pub async fn seen_upto(&self, source: &str) -> Result<Option<String>, DatabaseError> {
        sqlx::query_scalar!("SELECT seen_upto FROM catch_up WHERE source = $1", source)
            .fetch_optional(&self.pool)
            .await
            .map_err(DatabaseError::statement(format!("read up to where {source} was looked through")))
    }

    /// Notes up to where a source was looked through.
    pub async fn saw_upto(&self, source: &str, upto: &str) -> Result<(), DatabaseError> {
        sqlx::query!(
            "INSERT INTO catch_up (source, seen_upto) VALUES ($1, $2)
             ON CONFLICT (source) DO UPDATE SET seen_upto = excluded.seen_upto, at = clock_timestamp()",
            source,
            upto,
        )
        .execute(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("note up to where {source} was looked through")))?;
        Ok(())
    }

    /// Pull requests of a project with jobs that are not over.
    pub async fn pulls_under_way(&self, project: &str) -> Result<Vec<PullNumber>, DatabaseError> {
        let pulls = sqlx::query_scalar!(
            r#"SELECT DISTINCT pull AS "pull!" FROM jobs
               WHERE state <> 'finished' AND project = $1 AND pull IS NOT NULL ORDER BY 1"#,
            project,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(DatabaseError::statement("list the pull requests under way"))?;
        Ok(pulls.into_iter().map(PullNumber).collect())
    }

    /// Whether a master set of the revision is stored that was measured under this configuration, all its rounds valid.
    pub async fn has_master(
        &self,
        project: &str,
        benchmark: &str,
        revision: &Revision,
        configuration: &str,
    ) -> Result<bool, DatabaseError> {
        sqlx::query_scalar!(
            r#"SELECT EXISTS (
                   SELECT FROM runs JOIN configurations ON configurations.hash = runs.configuration_hash
                   WHERE project = $1 AND benchmark = $2 AND revision = $3 AND is_master AND state = 'complete'
                     AND (SELECT count(*) FROM rounds WHERE run_id = runs.id AND invalid IS NULL) >= planned_rounds
                     AND configurations.text = $4) AS "is_stored!""#,
            project,
            benchmark,
            revision.to_string(),
            configuration,
        )
        .fetch_one(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("look for a master set of {}", revision.short())))
    }
}
