//! Queries that are asked of a stored run later: what is kept of its rounds, and their answers beside the old ones.

use sqlx::types::Json;

use super::claims::hold;
use super::connection::Database;
use super::error::DatabaseError;
use super::rounds::{Columns, insert_measurements, insert_series};
use super::rows::{column, without_nul};
use crate::domain::ids::RunId;
use crate::domain::job::ClaimedJob;
use crate::domain::requery::{KeptRound, LateAnswers};
use crate::domain::run::{RawSamples, Window};

impl Database {
    /// What is kept of a run's rounds, in order.
    pub async fn kept_rounds(&self, run: RunId) -> Result<Vec<KeptRound>, DatabaseError> {
        let rows = sqlx::query!(
            r#"SELECT number, arm, windows AS "windows: Json<Vec<Window>>", raw_path, raw_bytes, raw_sha256, invalid
               FROM rounds WHERE run_id = $1 ORDER BY number, arm"#,
            run.0,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("read what is kept of run {run}")))?;
        let name = || format!("a round of run {run}");
        rows.into_iter()
            .map(|row| {
                Ok(KeptRound {
                    number: u16::try_from(row.number).map_err(DatabaseError::row(name()))?,
                    arm: row.arm.parse().map_err(DatabaseError::row(name()))?,
                    windows: row.windows.0,
                    raw: RawSamples {
                        path: row.raw_path,
                        bytes: u64::try_from(row.raw_bytes).map_err(DatabaseError::row(name()))?,
                        sha256: row.raw_sha256,
                    },
                    invalid: row.invalid,
                })
            })
            .collect()
    }

    /// Adds answers to the rounds of a stored run, all or none; what is there already stays as it is.
    pub async fn add_answers(
        &self,
        claim: &ClaimedJob,
        run: RunId,
        answers: &[LateAnswers],
    ) -> Result<(), DatabaseError> {
        let failed = || DatabaseError::statement(format!("store further answers of run {run}"));
        let mut tx = self.pool.begin().await.map_err(failed())?;
        for round in answers {
            let number = column::<i16, _>("the number of a round", round.round)?;
            let columns = Columns::of(&round.measurements)?;
            insert_series(&mut tx, run, &columns).await.map_err(failed())?;
            insert_measurements(&mut tx, run, number, round.arm, &columns).await?;
            add_missing(&mut tx, run, number, round).await?;
        }
        hold(&mut tx, claim).await?;
        tx.commit().await.map_err(failed())
    }
}

/// Adds what was missing and is not known to be, after what is there.
async fn add_missing(
    connection: &mut sqlx::PgConnection,
    run: RunId,
    number: i16,
    round: &LateAnswers,
) -> Result<(), DatabaseError> {
    for missing in &round.missing {
        sqlx::query!(
            "INSERT INTO missing_data (run_id, round, arm, ordinal, query, stage, reason)
             SELECT $1, $2, $3, coalesce(max(ordinal), 0) + 1, $4, $5, $6
             FROM missing_data WHERE run_id = $1 AND round = $2 AND arm = $3
             HAVING NOT coalesce(bool_or(query = $4 AND stage = $5 AND reason = $6), false)",
            run.0,
            number,
            round.arm.as_str(),
            missing.query,
            column::<i16, _>("the number of a stage", missing.stage)?,
            &without_nul(&missing.reason),
        )
        .execute(&mut *connection)
        .await
        .map_err(DatabaseError::statement(format!("store the missing data of round {number} of run {run}")))?;
    }
    Ok(())
}
