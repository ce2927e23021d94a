//! A report as it is stored with its job, `loadmark.result/1`, and read again by whoever shows it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use super::model::ReportModel;

/// What changes incompatibly raises the number; a reader knows exactly one.
const SCHEMA: &str = "loadmark.result/1";

/// A stored document that can't be shown. Fits "failed to ...".
#[derive(Debug, Error)]
pub enum DocumentError {
    /// Another Loadmark's.
    #[error(
        "read a stored result: its schema is {found}, and this Loadmark knows `{SCHEMA}`; update the older of the two \
         (`loadmark --version` on the worker and on the manager)"
    )]
    Schema {
        /// As it calls itself.
        found: String,
    },
    /// It does not hold what its schema promises.
    #[error("read a stored result of `{SCHEMA}`; measure again, `loadmark jobs retry` does")]
    Shape(#[source] serde_json::Error),
}

#[derive(Serialize)]
struct Written<'a> {
    schema: &'static str,
    report: &'a ReportModel,
}

#[derive(Deserialize)]
struct Head {
    schema: Option<String>,
}

#[derive(Deserialize)]
struct Read {
    report: ReportModel,
}

impl ReportModel {
    /// The document that is stored with the job's end: everything but what depends on where it is read.
    pub fn to_document(&self) -> Value {
        let document = serde_json::to_value(Written { schema: SCHEMA, report: self });
        // Keys are strings, and no serializer of ours fails. If one did, the document would say so when it is read.
        document.map_or_else(|error| Value::String(error.to_string()), without_nul)
    }

    /// What a stored document says. The program is called `loadmark` in it, and there are no folders.
    ///
    /// # Errors
    /// It is of another version, or damaged.
    pub fn from_document(document: Value) -> Result<Self, DocumentError> {
        let schema = Head::deserialize(&document).ok().and_then(|head| head.schema);
        match schema.as_deref() {
            Some(SCHEMA) => Ok(Read::deserialize(document).map_err(DocumentError::Shape)?.report),
            Some(other) => Err(DocumentError::Schema { found: format!("`{}`", super::clean::short_line(other, 60)) }),
            None => Err(DocumentError::Schema { found: "not told".to_owned() }),
        }
    }
}

/// Postgres takes no NUL in its JSON, and logs and labels may hold one.
fn without_nul(value: Value) -> Value {
    let clean = |text: String| if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text };
    match value {
        Value::String(text) => Value::String(clean(text)),
        Value::Array(items) => items.into_iter().map(without_nul).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (clean(name), without_nul(value))).collect(),
        other => other,
    }
}
