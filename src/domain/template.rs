//! PromQL templates: `{{t0}} {{t1}} {{window}} {{load_seconds}} {{selector}} {{quantile}} {{stage}}`, and `D(counter)`.
//!
//! `D(m)` is how much a counter (or each bucket of a histogram) grew in the window, as the exact difference of the
//! scrapes that bound it: `(m @ T1 - (m @ T0 or 0 * m @ T1))`. Unlike `increase` it does not extrapolate, and the
//! `or` keeps a series that was born inside the window.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A text whose placeholders are all known; made by [`Template::parse`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Template(String);

/// A template that can't be filled in.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum TemplateError {
    /// A placeholder that no one fills.
    #[error("unknown placeholder `{{{{{name}}}}}`{hint}")]
    Unknown {
        /// As written.
        name: String,
        /// The nearest known one, as ` (did you mean ...?)`, or the list of all.
        hint: String,
    },
    /// `{{` without `}}`, or `D(` without `)`.
    #[error("`{0}` is not closed")]
    Unclosed(String),
    /// `D(...)` around something other than a metric with optional matchers.
    #[error("`D({0})` takes a metric name with optional matchers, such as `D(http_requests_total{{code=\"200\"}})`")]
    NoMetric(String),
}

/// What a template is filled with.
#[derive(Clone, PartialEq, Debug)]
pub struct Fill<'a> {
    /// T0, milliseconds since the Unix epoch.
    pub t0_ms: i64,
    /// T1, milliseconds since the Unix epoch.
    pub t1_ms: i64,
    /// Seconds in which load was on.
    pub load_seconds: f64,
    /// Label matchers without braces, `run="...",round="1",arm="candidate"`.
    pub selector: &'a str,
    /// For queries that are asked once a quantile.
    pub quantile: Option<f64>,
    /// The stage, from 0.
    pub stage: u16,
}

impl Template {
    /// Checks the placeholders of a text.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let _ = text;
        todo!("the config helper implements this")
    }

    /// Whether `{{quantile}}` occurs.
    pub fn has_quantile(&self) -> bool {
        self.0.contains("quantile")
    }

    /// The PromQL for one window.
    pub fn fill(&self, fill: &Fill<'_>) -> String {
        let _ = fill;
        todo!("the config helper implements this")
    }
}
