//! Series and measurements: what a query answers, per label set, quantile, stage and round.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::limit::{Direction, Unit};

/// One query's result for one label set (and quantile, as label `q`), in one stage of the plan.
/// Two rounds measured the same thing when their keys are equal.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct SeriesKey {
    /// The query's name.
    pub query: String,
    /// The labels kept, the quantile among them as `q`.
    pub labels: BTreeMap<String, String>,
    /// The stage of the load plan, from 0.
    pub stage: u16,
}

impl SeriesKey {
    /// The quantile of a query that was asked for some.
    pub fn quantile(&self) -> Option<f64> {
        self.labels.get("q").and_then(|text| text.parse().ok())
    }
}

impl fmt::Display for SeriesKey {
    /// As Prometheus writes it, `http_latency{endpoint="/buy",q="0.99"}`; a later stage than the first as ` stage 2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.query)?;
        for (index, (name, value)) in self.labels.iter().enumerate() {
            let open = if index == 0 { '{' } else { ',' };
            write!(f, "{open}{name}={value:?}")?;
        }
        if !self.labels.is_empty() {
            f.write_str("}")?;
        }
        if self.stage > 0 { write!(f, " stage {}", self.stage + 1) } else { Ok(()) }
    }
}

/// What is stored once for a series, beside its key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SeriesInfo {
    /// What the values are counted in.
    pub unit: Unit,
    /// Which way is good.
    pub direction: Direction,
    /// How the query was asked.
    pub definition: Definition,
}

/// A digest of what a query asks, its PromQL and the labels that it keeps: values of a query that was edited in
/// between are values of different things, though its name is the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Definition(pub u64);

impl fmt::Display for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl std::str::FromStr for Definition {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(text, 16).map(Self)
    }
}

impl TryFrom<String> for Definition {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Definition> for String {
    fn from(definition: Definition) -> Self {
        definition.to_string()
    }
}

/// The value of a series in one round.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Measurement {
    /// Which series.
    pub key: SeriesKey,
    /// Unit and direction, as the query said when it was asked.
    pub info: SeriesInfo,
    /// In the unit of the query; always finite.
    pub value: f64,
    /// Of a quantile of a classic histogram: the bucket in which it lies.
    #[serde(default)]
    pub bucket: Option<Bucket>,
    /// Of a ratio: how many events it is of, where that was asked.
    #[serde(default)]
    pub total: Option<f64>,
}

/// A bucket of a histogram. A quantile in it is interpolated: all that was counted is that it lies between the bounds.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Bucket {
    /// Its lower bound; 0 for the first.
    pub lower: f64,
    /// Its upper bound; none for the last, `+Inf`.
    pub upper: Option<f64>,
}

/// A query that gave nothing usable in a round, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MissingData {
    /// The query's name.
    pub query: String,
    /// The stage of the load plan, from 0.
    pub stage: u16,
    /// What Prometheus answered, or what was wrong with it.
    pub reason: String,
}
