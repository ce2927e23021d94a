//! Between Rust's values and Postgres' columns.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::error::DatabaseError;
use crate::domain::series::{SeriesInfo, SeriesKey};

/// The columns that tell which series a row is of.
pub(super) struct SeriesColumns {
    pub(super) query: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) stage: i16,
    pub(super) unit: String,
    pub(super) direction: String,
    pub(super) definition: String,
}

impl SeriesColumns {
    /// The series; `name` says which row it is of, should it be impossible.
    pub(super) fn read(self, name: &str) -> Result<(SeriesKey, SeriesInfo), DatabaseError> {
        let info = SeriesInfo {
            unit: self.unit.parse().map_err(DatabaseError::row(name))?,
            direction: self.direction.parse().map_err(DatabaseError::row(name))?,
            definition: self.definition.parse().map_err(DatabaseError::row(name))?,
        };
        let stage = u16::try_from(self.stage).map_err(DatabaseError::row(name))?;
        Ok((SeriesKey { query: self.query, labels: self.labels, stage }, info))
    }
}

/// Text without NUL, which Postgres can't hold: container logs and error messages may carry it, and a job must not
/// fail to end because its reason is odd.
pub(super) fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

/// An unsigned count into a signed column.
pub(super) fn column<T: TryFrom<V>, V: Copy + Into<u64>>(what: &'static str, value: V) -> Result<T, DatabaseError> {
    T::try_from(value).map_err(|_| DatabaseError::Range { what, value: value.into() })
}
