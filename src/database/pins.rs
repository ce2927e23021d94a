//! Pinned baselines: which revision candidates are compared with, and who said so.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::connection::Database;
use super::error::DatabaseError;
use super::rows::without_nul;
use crate::domain::pin::{Pin, PinEnd};
use crate::domain::revision::Revision;

struct PinRow {
    benchmark: String,
    revision: String,
    reason: String,
    pinned_by: String,
    pinned_at: OffsetDateTime,
    unpinned_by: Option<String>,
    unpinned_at: Option<OffsetDateTime>,
}

impl Database {
    /// Pins a revision as baseline of a benchmark, in place of the one that is, which stays for the record.
    pub async fn pin(
        &self,
        project: &str,
        benchmark: &str,
        revision: &Revision,
        reason: &str,
        by: &str,
    ) -> Result<(), DatabaseError> {
        let failed = || DatabaseError::statement(format!("pin {} as baseline of {benchmark}", revision.short()));
        let mut tx = self.pool.begin().await.map_err(failed())?;
        // Of two who pin at once, the later one's holds.
        sqlx::query!("LOCK TABLE pins IN SHARE ROW EXCLUSIVE MODE").execute(&mut *tx).await.map_err(failed())?;
        end_pin(&mut tx, project, benchmark, by).await.map_err(failed())?;
        let (reason, by) = (without_nul(reason), without_nul(by));
        sqlx::query!(
            "INSERT INTO pins (project, benchmark, revision, reason, pinned_by) VALUES ($1, $2, $3, $4, $5)",
            project,
            benchmark,
            revision.to_string(),
            reason.as_ref(),
            by.as_ref(),
        )
        .execute(&mut *tx)
        .await
        .map_err(failed())?;
        tx.commit().await.map_err(failed())
    }

    /// Takes the pin of a benchmark back. False: nothing is pinned.
    pub async fn unpin(&self, project: &str, benchmark: &str, by: &str) -> Result<bool, DatabaseError> {
        let failed = || DatabaseError::statement(format!("unpin the baseline of {benchmark}"));
        let mut connection = self.pool.acquire().await.map_err(failed())?;
        end_pin(&mut connection, project, benchmark, by).await.map_err(failed())
    }

    /// The pin that holds for a benchmark.
    pub async fn pin_of(&self, project: &str, benchmark: &str) -> Result<Option<Pin>, DatabaseError> {
        let pins = self.pins(project).await?;
        Ok(pins.into_iter().find(|pin| pin.benchmark == benchmark && pin.ended.is_none()))
    }

    /// Every pin of a project that holds or ever held, the newest first.
    pub async fn pins(&self, project: &str) -> Result<Vec<Pin>, DatabaseError> {
        let rows = sqlx::query_as!(
            PinRow,
            "SELECT benchmark, revision, reason, pinned_by, pinned_at, unpinned_by, unpinned_at
             FROM pins WHERE project = $1 ORDER BY id DESC",
            project,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(DatabaseError::statement("list the pinned baselines"))?;
        rows.into_iter().map(PinRow::read).collect()
    }
}

/// Ends the pin of a benchmark; whether there was one.
async fn end_pin(connection: &mut PgConnection, project: &str, benchmark: &str, by: &str) -> Result<bool, sqlx::Error> {
    let by = without_nul(by);
    let rows = sqlx::query!(
        "UPDATE pins SET unpinned_by = $3, unpinned_at = clock_timestamp()
         WHERE project = $1 AND benchmark = $2 AND unpinned_at IS NULL",
        project,
        benchmark,
        by.as_ref(),
    )
    .execute(connection)
    .await?;
    Ok(rows.rows_affected() == 1)
}

impl PinRow {
    fn read(self) -> Result<Pin, DatabaseError> {
        let revision = self.revision.parse();
        Ok(Pin {
            revision: revision.map_err(DatabaseError::row(format!("a pin of {}", self.revision)))?,
            benchmark: self.benchmark,
            reason: self.reason,
            by: self.pinned_by,
            at: self.pinned_at,
            ended: self.unpinned_by.zip(self.unpinned_at).map(|(by, at)| PinEnd { by, at }),
        })
    }
}
