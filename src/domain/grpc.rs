//! A gRPC call of a load, and the status codes that it may end with.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::units::Span;

/// A unary call, as the generator is told of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrpcCall {
    /// `PACKAGE.SERVICE/METHOD`.
    pub method: String,
    /// The message, as JSON in the mapping of proto3.
    #[serde(default = "empty_message")]
    pub message: String,
    /// Sent as given; the values of keys that end with `-bin` are base64.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// From the intended send, and told to the service; absent: the load's time-out.
    #[serde(default)]
    pub deadline: Option<Span>,
    /// A `google.protobuf.FileDescriptorSet` with the method and all that it needs, in base64; absent: the service is
    /// asked, by server reflection.
    #[serde(default)]
    pub descriptors: Option<String>,
    /// Codes that count as ok; empty: OK alone.
    #[serde(default)]
    pub expect_code: Vec<GrpcCode>,
}

fn empty_message() -> String {
    "{}".to_owned()
}

/// A status code of gRPC, by its name there: `NOT_FOUND`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "gRPC's own documentation says what each of them means")]
pub enum GrpcCode {
    Ok,
    Cancelled,
    Unknown,
    InvalidArgument,
    DeadlineExceeded,
    NotFound,
    AlreadyExists,
    PermissionDenied,
    ResourceExhausted,
    FailedPrecondition,
    Aborted,
    OutOfRange,
    Unimplemented,
    Internal,
    Unavailable,
    DataLoss,
    Unauthenticated,
}

impl GrpcCode {
    /// All codes, each at the place of its number.
    pub const ALL: [Self; 17] = [
        Self::Ok,
        Self::Cancelled,
        Self::Unknown,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::OutOfRange,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
        Self::DataLoss,
        Self::Unauthenticated,
    ];

    /// The code with this number; as gRPC demands, `UNKNOWN` for one that has no name.
    pub fn from_number(number: usize) -> Self {
        Self::ALL.get(number).copied().unwrap_or(Self::Unknown)
    }
}

impl fmt::Display for GrpcCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_their_numbers_and_names() {
        for (number, code) in GrpcCode::ALL.into_iter().enumerate() {
            assert_eq!((GrpcCode::from_number(number), code as usize), (code, number));
        }
        assert_eq!(GrpcCode::from_number(99), GrpcCode::Unknown);
        assert_eq!(GrpcCode::ALL[5].to_string(), "NOT_FOUND");
        assert_eq!(GrpcCode::ALL[0].to_string(), "OK");
    }
}
