//! What can go wrong while measuring.

use std::time::Duration;

use thiserror::Error;

use crate::prometheus::PrometheusError;

/// Why a round could not be measured.
#[derive(Debug, Error)]
pub enum MeasureError {
    /// Prometheus did not answer.
    #[error(transparent)]
    Prometheus(#[from] PrometheusError),
    /// A target was not scraped in time.
    #[error("targets were not scraped within {limit:?}: {targets}; check port and path under `targets`")]
    NotScraped {
        /// Each target and what is wrong with it.
        targets: String,
        /// How long it was waited for.
        limit: Duration,
    },
    /// Prometheus does not know what time it is.
    #[error("Prometheus answered `time()` with {answer}: is it a Prometheus?")]
    NoTime {
        /// What it gave.
        answer: String,
    },
    /// A readiness condition did not come true.
    #[error("PromQL `{promql}` was not true within {limit:?}; its last answer: {answer}")]
    NotTrue {
        /// The condition.
        promql: String,
        /// How long it was waited for.
        limit: Duration,
        /// What it gave last.
        answer: String,
    },
}
