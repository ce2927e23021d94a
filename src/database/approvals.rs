//! Approvals: commits from outside a repository that somebody with write permission let run.

use super::connection::Database;
use super::error::DatabaseError;
use super::rows::without_nul;
use crate::domain::approval::ApprovalWay;
use crate::domain::github::PullNumber;
use crate::domain::revision::Revision;

impl Database {
    /// Lets exactly this commit of the pull request run. False: it might already.
    pub async fn approve(
        &self,
        project: &str,
        pull: PullNumber,
        revision: &Revision,
        by: &str,
        way: ApprovalWay,
    ) -> Result<bool, DatabaseError> {
        let by = without_nul(by);
        let rows = sqlx::query!(
            "INSERT INTO approvals (project, pull, revision, approved_by, way) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT DO NOTHING",
            project,
            pull.0,
            revision.to_string(),
            by.as_ref(),
            way.as_str(),
        )
        .execute(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("approve {} of {pull}", revision.short())))?;
        Ok(rows.rows_affected() == 1)
    }

    /// Whether exactly this commit of the pull request may run.
    pub async fn is_approved(
        &self,
        project: &str,
        pull: PullNumber,
        revision: &Revision,
    ) -> Result<bool, DatabaseError> {
        sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM approvals WHERE project = $1 AND pull = $2 AND revision = $3) AS "approved!""#,
            project,
            pull.0,
            revision.to_string(),
        )
        .fetch_one(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("look whether {} of {pull} is approved", revision.short())))
    }
}
