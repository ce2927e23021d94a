//! One kind of gRPC call, ready to send, and what its answer must be.

use std::sync::OnceLock;

use bytes::Bytes;
use hyper::Request;

use super::error::{LoadError, refuse};
use super::head::Head;
use super::message::{Wrong, read_descriptors, write_message};
use super::stream::Said;
use super::tally::End;
use super::target::read_url;
use crate::domain::grpc::{GrpcCall, GrpcCode};
use crate::domain::load::RequestSpec;
use crate::domain::units::Span;

/// One kind of unary call.
#[derive(Debug)]
pub(super) struct Rpc {
    head: Head,
    /// Empty until the service has told what the method takes, where it has to be asked.
    message: OnceLock<Bytes>,
    expect_code: Vec<GrpcCode>,
}

impl Rpc {
    /// Checks a call; `timeout` is the load's.
    pub(super) fn new(place: &str, request: &RequestSpec, call: &GrpcCall, timeout: Span) -> Result<Self, LoadError> {
        check_rest(place, request)?;
        let (_, path, authority) = read_url(&request.url).map_err(|reason| refuse(format!("{place}.url"), reason))?;
        if path != "/" {
            return Err(refuse(format!("{place}.url"), "has a path: the method of a gRPC call stands in `grpc`"));
        }
        let authority = authority.to_str().unwrap_or_default();
        let mut head =
            Head::new(authority, &call.method).map_err(|reason| refuse(format!("{place}.grpc.method"), reason))?;
        for (key, value) in &call.metadata {
            head.add(key, value).map_err(|reason| refuse(format!("{place}.grpc.metadata.{key}"), reason))?;
        }
        if call.deadline.is_some_and(|deadline| deadline.0.is_zero() || deadline.0 > timeout.0) {
            let reason = format!("has to be more than 0 and at most the load's `timeout`, {timeout}");
            return Err(refuse(format!("{place}.grpc.deadline"), reason));
        }
        let message = match &call.descriptors {
            None => OnceLock::new(),
            Some(descriptors) => {
                let pool = read_descriptors(descriptors)
                    .map_err(|reason| refuse(format!("{place}.grpc.descriptors"), reason))?;
                write_message(&pool, &call.method, &call.message).map_err(|wrong| refuse_call(place, wrong))?.into()
            }
        };
        let expect_code = if call.expect_code.is_empty() { vec![GrpcCode::Ok] } else { call.expect_code.clone() };
        Ok(Self { head, message, expect_code })
    }

    /// Whether the service has to be asked what the method takes.
    pub(super) fn lacks_message(&self) -> bool {
        self.message.get().is_none()
    }

    /// The message that was lacking.
    pub(super) fn set_message(&self, message: Bytes) {
        // Whoever was first had asked the same.
        let _ = self.message.set(message);
    }

    /// A fresh copy to send, with so much time left.
    pub(super) fn request(&self, left_ns: u64) -> (Request<()>, Bytes) {
        let message = self.message.get().expect("no phase begins before all messages are there");
        (self.head.request(left_ns), message.clone())
    }

    /// What kind of end an answer is, and the status that the service gave.
    pub(super) fn judge(&self, said: &Said) -> (End, Option<GrpcCode>) {
        match said {
            Said::NoGrpc(..) => (End::HttpError, None),
            Said::NoStatus => (End::ConnectionError, None),
            Said::TooLong => (End::WrongAnswer, None),
            Said::Status { code, .. } if !self.expect_code.contains(code) => (End::GrpcError, Some(*code)),
            Said::Status { code: GrpcCode::Ok, message, .. } if !message.is_one_message() => {
                (End::WrongAnswer, Some(GrpcCode::Ok))
            }
            Said::Status { code, .. } => (End::Ok, Some(*code)),
        }
    }
}

/// Refuses what only HTTP requests have.
fn check_rest(place: &str, request: &RequestSpec) -> Result<(), LoadError> {
    let given = [
        ("method", request.method != "GET" && request.method != "POST"),
        ("headers", !request.headers.is_empty()),
        ("body", request.body.is_some()),
        ("expect_status", !request.expect_status.is_empty()),
        ("expect_body", request.expect_body.is_some()),
    ];
    match given.into_iter().find(|(_, given)| *given) {
        Some((field, _)) => {
            Err(refuse(format!("{place}.{field}"), "is for HTTP requests: it can't stand beside `grpc`"))
        }
        None => Ok(()),
    }
}

/// Refuses a call whose method or message does not fit its descriptors.
pub(super) fn refuse_call(place: &str, wrong: Wrong) -> LoadError {
    match wrong {
        Wrong::Method(reason) => refuse(format!("{place}.grpc.method"), reason),
        Wrong::Message(reason) => refuse(format!("{place}.grpc.message"), reason),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::target::Targets;
    use super::super::target::tests::spec;

    /// What a call is refused with after changes to a good one: of the request, and of its `grpc`.
    fn refusal(request: serde_json::Value, grpc: serde_json::Value) -> String {
        let mut call = json!({ "name": "a", "url": "http://h:1", "grpc": { "method": "a.B/C" } });
        assert!(Targets::new(&spec(vec![serde_json::from_value(call.clone()).unwrap()])).is_ok());
        call["grpc"].as_object_mut().unwrap().extend(grpc.as_object().unwrap().clone());
        call.as_object_mut().unwrap().extend(request.as_object().unwrap().clone());
        Targets::new(&spec(vec![serde_json::from_value(call).unwrap()])).unwrap_err().to_string()
    }

    #[test]
    fn every_impossible_call_is_refused_with_its_place() {
        for (change, place) in [
            (json!({ "url": "http://h:1/x" }), "url"),
            (json!({ "method": "PUT" }), "method"),
            (json!({ "headers": { "a": "b" } }), "headers"),
            (json!({ "body": "x" }), "body"),
            (json!({ "expect_status": [200] }), "expect_status"),
            (json!({ "expect_body": "x" }), "expect_body"),
        ] {
            let said = refusal(change, json!({}));
            assert!(said.contains(&format!("`requests[0].{place}`")), "{said}");
        }
        for (change, place) in [
            (json!({ "method": "C" }), "method"),
            (json!({ "metadata": { "te": "x" } }), "metadata.te"),
            (json!({ "deadline": "2s" }), "deadline"),
            (json!({ "deadline": "0s" }), "deadline"),
            (json!({ "descriptors": "*" }), "descriptors"),
            (json!({ "descriptors": "AAAA" }), "descriptors"),
        ] {
            let said = refusal(json!({}), change);
            assert!(said.contains(&format!("`requests[0].grpc.{place}`")), "{said}");
        }
    }
}
