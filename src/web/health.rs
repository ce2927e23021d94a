//! Whether it lives, whether it can work, and its metrics.

use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;
use tracing::warn;

use super::state::App;
use crate::domain::chain::error_chain;
use crate::telemetry::{Dependency, METRICS_CONTENT_TYPE, metrics};

/// A database that takes longer is of no use to a webhook.
const DATABASE_WITHIN: Duration = Duration::from_secs(2);

/// 200 as long as the process answers at all.
pub(super) async fn healthy() -> &'static str {
    "healthy\n"
}

/// 200 if webhooks can be taken and jobs be run: the database answers, and is migrated to what we know.
pub(super) async fn ready(State(app): State<App>) -> Response {
    let reason = match timeout(DATABASE_WITHIN, app.database.ready()).await {
        Ok(Ok(())) => return "ready\n".into_response(),
        Ok(Err(error)) => error_chain(&error),
        Err(_) => format!("no answer of the database within {} s", DATABASE_WITHIN.as_secs()),
    };
    metrics().failed(Dependency::Postgres);
    warn!(reason, "not ready");
    // Why is in the log: who asks here may be anybody.
    (StatusCode::SERVICE_UNAVAILABLE, "not ready: the database; the log says more\n").into_response()
}

/// OpenMetrics text. Without a database it has all but the gauges of the queue.
pub(super) async fn metrics_text(State(app): State<App>) -> impl IntoResponse {
    let queue = match timeout(DATABASE_WITHIN, app.database.queue_summary()).await {
        Ok(Ok(queue)) => Some(queue),
        Ok(Err(error)) => {
            metrics().failed(Dependency::Postgres);
            warn!(error = error_chain(&error), "metrics go without the queue");
            None
        }
        Err(_) => {
            metrics().failed(Dependency::Postgres);
            None
        }
    };
    ([(header::CONTENT_TYPE, METRICS_CONTENT_TYPE)], metrics().encode(queue.as_ref()))
}
