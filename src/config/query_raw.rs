//! A query set as it is written, before its values are checked.

use serde::Deserialize;
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
}

/// The benchmark's limit for a query of the set; none inside takes the set's limit away.
pub(super) type OwnLimit<'a> = Option<&'a Spanned<RawLimit>>;
