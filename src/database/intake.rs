//! Deliveries that arrive at the same time are committed together: one statement and one commit for all that came while
//! the one before was under way. Each is still committed before its sender hears of it.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::take;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::to_string;
use tokio::sync::oneshot;

use super::connection::Database;
use super::error::DatabaseError;
use super::inbox::Receipt;
use super::rows::without_nul;
use crate::domain::event::Delivery;

/// Who waits, and who writes for all.
#[derive(Default)]
pub(super) struct Intake {
    waiting: Mutex<Vec<Arrival>>,
    writer: tokio::sync::Mutex<()>,
}

/// A delivery as it is stored, and who wants to know.
struct Arrival {
    row: Row,
    told: oneshot::Sender<Result<Receipt, DatabaseError>>,
}

struct Row {
    id: String,
    name: String,
    repository: Option<String>,
    document: String,
}

impl Database {
    /// Keeps a delivery; committed when this returns. One that was given up and is sent again is begun anew.
    ///
    /// # Errors
    /// The database does not take it, or who wrote it along with others gave up.
    pub async fn receive(&self, delivery: &Delivery) -> Result<Receipt, DatabaseError> {
        let failed = || DatabaseError::statement(format!("keep delivery {}", delivery.id));
        let (told, mut heard) = oneshot::channel();
        let row = Row {
            id: delivery.id.clone(),
            name: without_nul(&delivery.name).into_owned(),
            repository: delivery.repository.as_ref().map(super::inbox::folded),
            document: to_string(delivery).map_err(|error| failed()(sqlx::Error::Encode(error.into())))?,
        };
        self.intake.lock_waiting().push(Arrival { row, told });
        let _writer = self.intake.writer.lock().await;
        // Whoever wrote before us has written ours along, or ours waits still.
        if let Ok(receipt) = heard.try_recv() {
            return receipt;
        }
        let arrivals = take(&mut *self.intake.lock_waiting());
        self.write_all(arrivals).await;
        heard.await.unwrap_or_else(|_| Err(failed()(sqlx::Error::WorkerCrashed)))
    }

    async fn write_all(&self, arrivals: Vec<Arrival>) {
        let (rows, tellers): (Vec<Row>, Vec<_>) = arrivals.into_iter().map(|one| (one.row, one.told)).unzip();
        // A statement can't touch a row twice: what arrives twice at once is the same delivery.
        let distinct: BTreeMap<&str, &Row> = rows.iter().rev().map(|row| (row.id.as_str(), row)).collect();
        let written = self.insert(&distinct.into_values().collect::<Vec<_>>()).await;
        match written {
            Ok(mut new) => {
                for (row, told) in rows.iter().zip(tellers) {
                    let receipt = if new.remove(&row.id) { Receipt::New } else { Receipt::Known };
                    // Who hung up meanwhile will send it again.
                    let _ = told.send(Ok(receipt));
                }
            }
            // One of them may be what the database does not take: that is nobody else's business.
            Err(_) if rows.len() > 1 => {
                for (row, told) in rows.into_iter().zip(tellers) {
                    let written = self.insert(&[&row]).await;
                    let _ = told.send(written.map(|new| if new.is_empty() { Receipt::Known } else { Receipt::New }));
                }
            }
            Err(error) => {
                if let Some(told) = tellers.into_iter().next() {
                    let _ = told.send(Err(error));
                }
            }
        }
    }

    /// Inserts rows of different ids; the ids of those that are new, or begun anew.
    async fn insert(&self, rows: &[&Row]) -> Result<BTreeSet<String>, DatabaseError> {
        let what = match rows {
            [row] => format!("keep delivery {}", row.id),
            rows => format!("keep {} deliveries", rows.len()),
        };
        let column = |of: fn(&Row) -> &str| rows.iter().map(|row| of(row)).collect::<Vec<_>>();
        let repositories: Vec<Option<&str>> = rows.iter().map(|row| row.repository.as_deref()).collect();
        let new = sqlx::query_scalar!(
            "INSERT INTO deliveries (id, name, repository, document)
             SELECT m.id, m.name, m.repository, m.document::json
             FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS m (id, name, repository, document)
             ON CONFLICT (id) DO UPDATE SET handled_at = NULL, outcome = NULL, tries = 0, unreported = 0,
                 try_at = clock_timestamp(), received_at = clock_timestamp(), document = excluded.document
             WHERE deliveries.outcome LIKE 'given up%'
             RETURNING id",
            column(|row| &row.id) as _,
            column(|row| &row.name) as _,
            repositories as _,
            column(|row| &row.document) as _,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(DatabaseError::statement(what))?;
        Ok(new.into_iter().collect())
    }
}

impl Intake {
    fn lock_waiting(&self) -> MutexGuard<'_, Vec<Arrival>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
