//! What can go wrong with Prometheus.

use thiserror::Error;

/// Why Prometheus did not answer as asked.
#[derive(Debug, Error)]
pub enum PrometheusError {
    /// It refused the query, or gave it up.
    #[error("Prometheus refused `{promql}`: {message}")]
    Refused {
        /// What was asked.
        promql: String,
        /// What it said.
        message: String,
    },
    /// It did not answer, or with something other than its API.
    #[error("failed to {operation}")]
    Request {
        /// What was tried.
        operation: String,
        /// Why it failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
