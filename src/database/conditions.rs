//! Under which conditions a run was measured: one document a run.

use sqlx::types::Json;

use super::claims::hold;
use super::connection::Database;
use super::error::DatabaseError;
use crate::domain::conditions::Conditions;
use crate::domain::ids::RunId;
use crate::domain::job::ClaimedJob;

impl Database {
    /// Stores the conditions of a run of this claim, in place of what was stored before.
    pub async fn store_conditions(
        &self,
        claim: &ClaimedJob,
        run: RunId,
        conditions: &Conditions,
    ) -> Result<(), DatabaseError> {
        let failed = || DatabaseError::statement(format!("store the conditions of run {run}"));
        let mut tx = self.pool.begin().await.map_err(failed())?;
        let stored = sqlx::query!(
            "UPDATE runs SET conditions = $4 WHERE id = $1 AND job_id = $2 AND token = $3",
            run.0,
            claim.id.0,
            claim.token.0,
            Json(conditions) as _,
        )
        .execute(&mut *tx)
        .await
        .map_err(failed())?;
        if stored.rows_affected() == 0 {
            return Err(DatabaseError::RunClosed { run, job: claim.id });
        }
        hold(&mut tx, claim).await?;
        tx.commit().await.map_err(failed())
    }

    /// The conditions of a run; none where none were stored, as for runs of earlier versions.
    pub async fn conditions(&self, run: RunId) -> Result<Option<Conditions>, DatabaseError> {
        let found = sqlx::query_scalar!(
            r#"SELECT conditions AS "conditions: Json<Conditions>" FROM runs WHERE id = $1"#,
            run.0,
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("read the conditions of run {run}")))?;
        Ok(found.flatten().map(|conditions| conditions.0))
    }
}
