//! A query set as it is written, before its values are checked, and what a benchmark says of its queries.

use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;

use super::raw::RawLimit;
use super::shape::Entries;
use crate::domain::limit::{Direction, Unit};

/// What an empty file lacks.
pub(super) const REQUIRED: &str = "`queries`";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSet {
    #[serde(default)]
    pub(super) variables: Entries<String>,
    pub(super) queries: Vec<RawQuery>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawQuery {
    pub(super) name: Spanned<String>,
    pub(super) help: String,
    pub(super) unit: Unit,
    pub(super) direction: Direction,
    pub(super) promql: Spanned<String>,
    #[serde(default)]
    pub(super) quantiles: Vec<Spanned<f64>>,
    #[serde(default)]
    pub(super) labels: Vec<Spanned<String>>,
    pub(super) primary: Option<Spanned<bool>>,
    pub(super) limit: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) quantile_limits: Entries<Spanned<String>>,
    pub(super) warn: Option<Spanned<String>>,
    pub(super) improvement: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) required: bool,
    #[serde(default)]
    pub(super) nullable: bool,
    pub(super) muted: Option<RawMuted>,
    pub(super) total: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) series: Vec<Spanned<RawSeriesRule>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMuted {
    pub(super) reason: Spanned<String>,
    pub(super) until: Spanned<String>,
}

/// What holds for single series of a query.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSeriesRule {
    pub(super) labels: Spanned<Entries<Spanned<String>>>,
    pub(super) primary: Option<Spanned<bool>>,
    pub(super) limit: Option<Spanned<String>>,
    pub(super) warn: Option<Spanned<String>>,
    pub(super) improvement: Option<Spanned<String>>,
    pub(super) required: Option<bool>,
    pub(super) nullable: Option<bool>,
    pub(super) muted: Option<RawMuted>,
}

/// What a benchmark says of a query, in place of its set.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawRule {
    pub(super) primary: Option<Spanned<bool>>,
    #[serde(deserialize_with = "given")]
    pub(super) limit: Given<Spanned<RawLimit>>,
    #[serde(deserialize_with = "given")]
    pub(super) warn: Given<Spanned<String>>,
    #[serde(deserialize_with = "given")]
    pub(super) improvement: Given<Spanned<String>>,
    pub(super) required: Option<bool>,
    pub(super) nullable: Option<bool>,
    #[serde(deserialize_with = "given")]
    pub(super) muted: Given<RawMuted>,
    pub(super) series: Vec<Spanned<RawSeriesRule>>,
}

/// A value that `null` takes away: none is said nothing, none inside is said to be none.
pub(super) type Given<T> = Option<Option<T>>;

fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Given<T>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// All that a benchmark says of one query.
#[derive(Clone, Copy, Default)]
pub(super) struct Own<'a> {
    /// Its limit, under `limits` or in its rule.
    pub(super) limit: Given<&'a Spanned<RawLimit>>,
    /// Its rule.
    pub(super) rule: Option<&'a RawRule>,
}
