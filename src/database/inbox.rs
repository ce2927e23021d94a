//! The webhook's inbox: deliveries, committed before GitHub hears that we have them, and acted upon afterwards.
//!
//! They are taken one by one and in no strict order: a postponed one may be overtaken. Nothing depends on the order,
//! because who acts on a delivery reads the pull request again from GitHub.

use std::time::Duration;

use time::OffsetDateTime;

use super::connection::Database;
use super::error::DatabaseError;
use super::rows::without_nul;
use crate::domain::event::Delivery;
use crate::domain::github::RepositoryName;

/// What became of a delivery that arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Receipt {
    /// It is kept, to be acted upon.
    New,
    /// It was here before.
    Known,
}

/// A delivery that is to be acted upon, under a claim that ends by itself.
#[derive(Clone, PartialEq, Debug)]
pub struct OpenDelivery {
    /// GitHub's id of it.
    pub id: String,
    /// What it says; an error where no version of ours reads it any more.
    pub delivery: Result<Delivery, String>,
    /// How often it was taken up, this time included.
    pub tries: u32,
    /// How often in a row nobody told what became of it, this time included: who took it up came to an end.
    pub unreported: u32,
    /// When it arrived.
    pub received_at: OffsetDateTime,
    /// How long ago it arrived.
    pub age: Duration,
}

impl Database {
    /// Takes the delivery that has waited longest, of these repositories or of none; nobody else gets it for `claim`.
    pub async fn next_delivery(
        &self,
        repositories: &[RepositoryName],
        claim: Duration,
    ) -> Result<Option<OpenDelivery>, DatabaseError> {
        let repositories: Vec<String> = repositories.iter().map(folded).collect();
        let row = sqlx::query!(
            r#"UPDATE deliveries SET tries = tries + 1, unreported = unreported + 1,
                   try_at = clock_timestamp() + make_interval(secs => $2)
               WHERE id = (
                   SELECT id FROM deliveries
                   WHERE handled_at IS NULL AND try_at <= clock_timestamp()
                     AND (repository IS NULL OR repository = ANY($1))
                   ORDER BY try_at, number LIMIT 1 FOR UPDATE SKIP LOCKED)
               RETURNING id, document::text AS "document!", tries, unreported, received_at,
                         extract(epoch FROM clock_timestamp() - received_at)::float8 AS "age!""#,
            &repositories,
            claim.as_secs_f64(),
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(DatabaseError::statement("take the next delivery"))?;
        Ok(row.map(|row| OpenDelivery {
            delivery: serde_json::from_str(&row.document).map_err(|error| error.to_string()),
            id: row.id,
            tries: row.tries.unsigned_abs(),
            unreported: row.unreported.unsigned_abs(),
            received_at: row.received_at,
            age: Duration::from_secs_f64(row.age.max(0.0)),
        }))
    }

    /// Closes a delivery with what it came to; one that is closed stays as it is.
    pub async fn settle_delivery(&self, id: &str, outcome: &str) -> Result<(), DatabaseError> {
        let outcome = without_nul(outcome);
        sqlx::query!(
            "UPDATE deliveries SET handled_at = clock_timestamp(), outcome = $2 WHERE id = $1 AND handled_at IS NULL",
            id,
            outcome.as_ref(),
        )
        .execute(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("close delivery {id}")))?;
        Ok(())
    }

    /// Leaves a delivery for later.
    pub async fn postpone_delivery(&self, id: &str, by: Duration) -> Result<(), DatabaseError> {
        sqlx::query!(
            "UPDATE deliveries SET unreported = 0, try_at = clock_timestamp() + make_interval(secs => $2)
             WHERE id = $1 AND handled_at IS NULL",
            id,
            by.as_secs_f64(),
        )
        .execute(&self.pool)
        .await
        .map_err(DatabaseError::statement(format!("postpone delivery {id}")))?;
        Ok(())
    }

    /// Whether a delivery of that id is here.
    pub async fn has_delivery(&self, id: &str) -> Result<bool, DatabaseError> {
        sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM deliveries WHERE id = $1) AS "is_here!""#, id)
            .fetch_one(&self.pool)
            .await
            .map_err(DatabaseError::statement(format!("look for delivery {id}")))
    }

    /// Forgets deliveries that were closed so long ago: GitHub can't redeliver them any more. How many.
    pub async fn forget_deliveries(&self, older_than: Duration) -> Result<u64, DatabaseError> {
        let rows = sqlx::query!(
            "DELETE FROM deliveries WHERE handled_at < clock_timestamp() - make_interval(secs => $1)",
            older_than.as_secs_f64(),
        )
        .execute(&self.pool)
        .await
        .map_err(DatabaseError::statement("forget old deliveries"))?;
        Ok(rows.rows_affected())
    }
}

/// GitHub ignores case, and so does the column.
pub(super) fn folded(repository: &RepositoryName) -> String {
    repository.to_string().to_ascii_lowercase()
}
