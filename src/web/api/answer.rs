//! Answers of the API: JSON of the command line's shapes, and errors.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::database::DatabaseError;
use crate::manager::ManagerError;
use crate::queue::QueueError;
use crate::web::error::Refusal;

/// An error as JSON.
pub(crate) struct ApiRefusal(pub(crate) Refusal);

impl IntoResponse for ApiRefusal {
    fn into_response(self) -> Response {
        let Refusal { status, code, message } = self.0;
        (status, Json(json!({ "error": { "code": code, "message": message } }))).into_response()
    }
}

impl From<Refusal> for ApiRefusal {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl From<DatabaseError> for ApiRefusal {
    fn from(error: DatabaseError) -> Self {
        Self(error.into())
    }
}

impl From<ManagerError> for ApiRefusal {
    fn from(error: ManagerError) -> Self {
        Self(error.into())
    }
}

impl From<QueueError> for ApiRefusal {
    fn from(error: QueueError) -> Self {
        Self(error.into())
    }
}

/// What handlers of the API return.
pub(super) type Answer = Result<Response, ApiRefusal>;

/// A report of `report` with further fields of the API.
pub(super) fn shaped(report: &str, further: Value) -> Answer {
    let shape: Result<Map<String, Value>, _> = serde_json::from_str(report);
    let mut shape = shape.map_err(|error| Refusal::internal(&error))?;
    if let Value::Object(further) = further {
        shape.extend(further);
    }
    Ok(Json(shape).into_response())
}

/// An answer that says no more than a status and an object.
pub(super) fn told(status: StatusCode, value: Value) -> Response {
    (status, Json(value)).into_response()
}
