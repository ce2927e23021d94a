//! Runs in pairs: both sides completed at once, and known to belong together.

use super::claims::hold;
use super::connection::Database;
use super::error::DatabaseError;
use crate::domain::ids::RunId;
use crate::domain::job::ClaimedJob;

impl Database {
    /// Marks both runs of a pair complete: that of the candidate and the one that was started as its baseline. As many
    /// rounds as are stored are then as many as were planned. Refused unless each of the baseline's rounds has its
    /// counterpart: half a pair is never compared.
    pub async fn complete_pair(&self, claim: &ClaimedJob, candidate: RunId) -> Result<(), DatabaseError> {
        let failed = || DatabaseError::statement(format!("complete run {candidate} and its baseline's"));
        let mut tx = self.pool.begin().await.map_err(failed())?;
        let rounds = sqlx::query!(
            r#"SELECT count(*) AS "baseline!", count(counterpart.run_id) AS "paired!"
               FROM runs JOIN rounds ON rounds.run_id = runs.id
                   LEFT JOIN rounds AS counterpart ON counterpart.run_id = $1 AND counterpart.number = rounds.number
               WHERE runs.pair_of = $1"#,
            candidate.0,
        )
        .fetch_one(&mut *tx)
        .await
        .map_err(failed())?;
        if rounds.paired < rounds.baseline {
            let number = |count: i64| u16::try_from(count).map_err(DatabaseError::row(format!("run {candidate}")));
            let (stored, planned) = (number(rounds.paired)?, number(rounds.baseline)?);
            return Err(DatabaseError::RoundsMissing { run: candidate, stored, planned });
        }
        let completed = sqlx::query!(
            "UPDATE runs SET state = 'complete', completed_at = clock_timestamp(),
                 planned_rounds = (SELECT count(*) FROM rounds WHERE run_id = runs.id)
             WHERE (id = $1 OR pair_of = $1) AND job_id = $2 AND token = $3 AND state = 'partial'",
            candidate.0,
            claim.id.0,
            claim.token.0,
        )
        .execute(&mut *tx)
        .await
        .map_err(failed())?;
        if completed.rows_affected() != 2 {
            return Err(DatabaseError::RunClosed { run: candidate, job: claim.id });
        }
        hold(&mut tx, claim).await?;
        tx.commit().await.map_err(failed())
    }

    /// Whether the two runs were measured in pairs with each other, so that rounds of the same number belong together.
    pub async fn is_pair(&self, baseline: RunId, candidate: RunId) -> Result<bool, DatabaseError> {
        sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM runs WHERE id = $1 AND pair_of = $2) AS "is_pair!""#,
            baseline.0,
            candidate.0,
        )
        .fetch_one(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("see whether runs {baseline} and {candidate} are a pair")))
    }
}
