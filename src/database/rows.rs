//! Between Rust's values and Postgres' columns.

use std::borrow::Cow;

use super::error::DatabaseError;

/// Text without NUL, which Postgres can't hold: container logs and error messages may carry it, and a job must not
/// fail to end because its reason is odd.
pub(super) fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

/// An unsigned count into a signed column.
pub(super) fn column<T: TryFrom<V>, V: Copy + Into<u64>>(what: &'static str, value: V) -> Result<T, DatabaseError> {
    T::try_from(value).map_err(|_| DatabaseError::Range { what, value: value.into() })
}
