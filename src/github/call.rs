//! One call of the API: what is asked, as whom, and what came back.

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::GithubError;

/// As whom we ask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Identity {
    /// As the app itself, by a JWT; with a plain token, as its user.
    App,
    /// As the app's installation on the repository; with a plain token, as its user.
    Repository,
}

/// What is asked.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// Completes "failed to ...".
    pub(super) operation: String,
    pub(super) method: Method,
    /// Below the API's address, with its query; begins with a slash.
    pub(super) path: String,
    pub(super) body: Option<Value>,
    pub(super) identity: Identity,
    /// The tag of an answer that we still have.
    pub(super) known: Option<String>,
}

impl Call {
    pub(super) fn read(operation: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            operation: operation.into(),
            method: Method::GET,
            path: path.into(),
            body: None,
            identity: Identity::Repository,
            known: None,
        }
    }

    pub(super) fn write(operation: impl Into<String>, method: Method, path: impl Into<String>) -> Self {
        Self { method, ..Self::read(operation, path) }
    }

    pub(super) fn with(mut self, body: &impl Serialize) -> Result<Self, GithubError> {
        let body = serde_json::to_value(body);
        self.body = Some(body.map_err(|error| GithubError::Setup { problem: error.to_string() })?);
        Ok(self)
    }

    pub(super) fn by_app(self) -> Self {
        Self { identity: Identity::App, ..self }
    }

    pub(super) fn is_read(&self) -> bool {
        self.method == Method::GET
    }
}

/// What came back, whatever its status.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) etag: Option<String>,
    /// The query of the next page, where there is one.
    pub(super) next: Option<String>,
    /// GitHub's clock, seconds since the Unix epoch.
    pub(super) date: Option<i64>,
    /// Calls left in GitHub's current hour.
    pub(super) left: Option<u64>,
    /// How long it wants no more calls.
    pub(super) limit: Option<Duration>,
    /// Where it sends us.
    pub(super) location: Option<String>,
    pub(super) body: Bytes,
}

impl Answer {
    /// The answer, where GitHub did as asked; else the error that its status means.
    pub(super) fn accepted(self, call: &Call) -> Result<Self, GithubError> {
        let operation = call.operation.clone();
        let status = self.status;
        if (200..300).contains(&status) || status == 304 {
            return Ok(self);
        }
        let message = self.message();
        Err(match (status, self.limit) {
            (_, Some(wait)) => GithubError::Limited { operation, wait, message },
            (401, None) => GithubError::Unauthorized { operation, message },
            (403, None) => GithubError::Forbidden { operation, message },
            (500.., None) => GithubError::Failing { operation, status, message },
            (_, None) => GithubError::Refused { operation, status, message },
        })
    }

    /// What GitHub says in an error: its message, and which fields it means.
    fn message(&self) -> String {
        let Ok(Value::Object(body)) = serde_json::from_slice(&self.body) else {
            let text = String::from_utf8_lossy(&self.body);
            return if text.trim().is_empty() { "no reason given".to_owned() } else { brief(&text) };
        };
        let message = body.get("message").and_then(Value::as_str).unwrap_or("no reason given");
        match body.get("errors") {
            Some(errors) => brief(&format!("{message}: {errors}")),
            None => brief(message),
        }
    }

    /// The answer as a type of ours; unknown fields are ignored.
    pub(super) fn parse<T: DeserializeOwned>(&self, operation: &str) -> Result<T, GithubError> {
        serde_json::from_slice(&self.body).map_err(|error| GithubError::Unreadable {
            operation: operation.to_owned(),
            cause: brief(&error.to_string()),
        })
    }
}

/// A text as one segment of a path, or as a value of a query.
pub(super) fn segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String can't fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    // A server may resolve dots, and then asks for something else.
    if encoded.bytes().all(|byte| byte == b'.') { encoded.replace('.', "%2E") } else { encoded }
}

/// The first characters of a foreign text, on one line.
pub(super) fn brief(text: &str) -> String {
    const MOST: usize = 300;
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST).collect();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_leaves_its_segment() {
        for (text, encoded) in [
            ("octo-cat", "octo-cat"),
            ("loadmark[bot]", "loadmark%5Bbot%5D"),
            ("a/../b?c#d", "a%2F..%2Fb%3Fc%23d"),
            ("..", "%2E%2E"),
            ("é %", "%C3%A9%20%25"),
        ] {
            assert_eq!(segment(text), encoded);
        }
    }
}
