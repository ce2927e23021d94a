//! Named conditions under which a stack is ready for load.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One condition; a stack is ready when all of its benchmark's hold. Written with exactly one of the keys.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ReadyCondition {
    /// Every container of this compose service is healthy by its own health check.
    Health(String),
    /// A GET of this URL, sent from inside the stack's network, answers 2xx.
    Http(String),
    /// This `host:port` accepts a connection, tried from inside the stack's network.
    Tcp(String),
    /// This PromQL expression, asked of the stack's Prometheus, answers something other than 0.
    Promql(String),
}

impl fmt::Display for ReadyCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Health(service) => write!(f, "container health of `{service}`"),
            Self::Http(url) => write!(f, "HTTP 2xx from {url}"),
            Self::Tcp(address) => write!(f, "TCP connection to {address}"),
            Self::Promql(expression) => write!(f, "PromQL `{expression}`"),
        }
    }
}
