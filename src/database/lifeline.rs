//! A connection of its own beside the pool: heartbeats that never wait for a free connection, and wake-ups.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};

use super::connection::Database;
use super::error::DatabaseError;
use crate::domain::job::ClaimedJob;
use crate::domain::verdict::Outcome;

/// The channel on which the trigger of `jobs` notifies.
const JOBS: &str = "loadmark_queue";
/// The channel on which the trigger of `notices` notifies.
const NOTICES: &str = "loadmark_notices";
/// How long the connection itself may take; a heartbeat that takes longer is tried again on a fresh one.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// What Postgres said to a heartbeat.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Renewal {
    /// The lease runs on.
    Renewed,
    /// The lease runs on, and somebody asked to end the job so.
    EndRequested(Outcome),
    /// The lease ended or passed to another: the claim is gone for good.
    Refused,
}

/// One connection, registered for changes of the queue, or of notices. Made again after an error.
pub struct Lifeline {
    channel: &'static str,
    options: Arc<PgConnectOptions>,
    listener: Option<PgListener>,
}

impl Database {
    /// A connection of its own; not connected yet.
    pub fn lifeline(&self) -> Lifeline {
        Lifeline { channel: JOBS, options: self.options.clone(), listener: None }
    }

    /// A connection of its own that hears of notices becoming due; not connected yet.
    pub fn notice_lifeline(&self) -> Lifeline {
        Lifeline { channel: NOTICES, options: self.options.clone(), listener: None }
    }
}

impl Lifeline {
    /// Connects and registers, unless it is. What changes after this returns wakes [`Lifeline::changed`], so
    /// whoever calls this before looking misses nothing.
    pub async fn register(&mut self) -> Result<(), DatabaseError> {
        let listener = self.take_listener().await?;
        self.listener = Some(listener);
        Ok(())
    }

    /// Waits until a job was asked, changed its state or is to be cancelled (or a notice changed), or the connection broke. Without a
    /// connection it waits for ever: callers have a clock beside it. Safe to drop at any time.
    pub async fn changed(&mut self) {
        let Some(listener) = &mut self.listener else { return std::future::pending().await };
        if !matches!(listener.try_recv().await, Ok(Some(_))) {
            self.listener = None;
        }
    }

    /// Moves the end of a claim's lease to `lease` from now, by the database's clock.
    pub async fn renew(&mut self, claim: &ClaimedJob, lease: Duration) -> Result<Renewal, DatabaseError> {
        let mut listener = self.take_listener().await?;
        let ending = sqlx::query_scalar!(
            "UPDATE jobs SET lease_until = clock_timestamp() + make_interval(secs => $3)
             WHERE id = $1 AND token = $2 AND state = 'running' AND lease_until > clock_timestamp()
             RETURNING cancel_as",
            claim.id.0,
            claim.token.0,
            lease.as_secs_f64(),
        )
        .fetch_optional(&mut listener)
        .await
        .map_err(DatabaseError::statement(format!("renew the lease on job {}", claim.id)))?;
        self.listener = Some(listener);
        Ok(match ending {
            None => Renewal::Refused,
            Some(None) => Renewal::Renewed,
            Some(Some(text)) => {
                let outcome = text.parse().map_err(DatabaseError::row(format!("job {}", claim.id)))?;
                Renewal::EndRequested(outcome)
            }
        })
    }

    /// The connection, made if there is none. Its user puts it back after success; after an error, or when the
    /// user is dropped half-way, it is gone with whatever state it was in.
    async fn take_listener(&mut self) -> Result<PgListener, DatabaseError> {
        if let Some(listener) = self.listener.take() {
            return Ok(listener);
        }
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(CONNECT_WITHIN)
            .connect_lazy_with((*self.options).clone());
        let failed = || DatabaseError::statement(format!("listen on {}", self.channel));
        let mut listener = PgListener::connect_with(&pool).await.map_err(failed())?;
        listener.eager_reconnect(false);
        listener.listen(self.channel).await.map_err(failed())?;
        Ok(listener)
    }
}
