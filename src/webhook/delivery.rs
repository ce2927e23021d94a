//! A webhook's delivery, read: the event's name, its id, its payload.

use serde::de::DeserializeOwned;
use thiserror::Error;

use super::depth::too_deep;
use super::payload::{self, Envelope};
use crate::domain::event::{Delivery, Event};

/// The longest id and the longest names that are taken.
const LONGEST_ID: usize = 100;
const LONGEST_NAME: usize = 60;
/// How much of a reader's complaint is told: it may quote the payload.
const LONGEST_REASON: usize = 200;

/// A delivery that can't be read. What it quotes of the payload is short, and without control characters.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum PayloadError {
    /// Not what GitHub counts deliveries with.
    #[error("`X-GitHub-Delivery` is no id: expected 1 to 100 printable ASCII characters without spaces")]
    Id,
    /// Not what GitHub calls events.
    #[error("`X-GitHub-Event` is no name of an event: expected a to z and _, at most 60")]
    EventName,
    /// The body is no text.
    #[error("the payload is not UTF-8 (from byte {offset_bytes} on)")]
    NotText {
        /// Of the first byte that is none.
        offset_bytes: usize,
    },
    /// The body is a form, as GitHub's older content type has it.
    #[error("the payload is a form: set the webhook's content type to `application/json`")]
    Form,
    /// Brackets in brackets, beyond what GitHub sends.
    #[error("the payload nests too deep (at byte {offset_bytes})")]
    TooDeep {
        /// Of the first bracket that is too many.
        offset_bytes: usize,
    },
    /// No JSON, or without what the event has.
    #[error("the payload is no `{event}`: {reason}")]
    Unreadable {
        /// The event.
        event: String,
        /// What is missing or wrong, with line and column.
        reason: String,
    },
}

/// Reads a delivery: `event` and `id` are its headers `X-GitHub-Event` and `X-GitHub-Delivery`.
///
/// Events and actions that mean nothing to us are [`Event::Other`]. Memory is bounded by a few times the body.
///
/// # Errors
/// It is not what GitHub sends.
pub fn read(event: &str, id: &str, body: &[u8]) -> Result<Delivery, PayloadError> {
    if !(1..=LONGEST_ID).contains(&id.len()) || !id.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(PayloadError::Id);
    }
    if !is_name(event) {
        return Err(PayloadError::EventName);
    }
    let text = match std::str::from_utf8(body) {
        Ok(text) => text,
        Err(error) => return Err(PayloadError::NotText { offset_bytes: error.valid_up_to() }),
    };
    if text.starts_with("payload=") {
        return Err(PayloadError::Form);
    }
    if let Some(offset_bytes) = too_deep(body) {
        return Err(PayloadError::TooDeep { offset_bytes });
    }
    let payload = Payload { event, text };
    let envelope: Envelope = payload.read()?;
    let action = envelope.action.as_deref().filter(|action| is_name(action));
    let happened = payload::event(&payload, action)?;
    // Nothing can be done about an event of a repository that is not told.
    if envelope.repository.is_none() && !matches!(happened, Event::Ping | Event::Other) {
        return Err(payload.unreadable("it has no `repository`"));
    }
    Ok(Delivery {
        id: id.to_owned(),
        name: action.map_or_else(|| event.to_owned(), |action| format!("{event}.{action}")),
        repository: envelope.repository.map(|repository| repository.full_name),
        sender: envelope.sender.map(|sender| sender.login.into()).unwrap_or_default(),
        event: happened,
    })
}

/// What GitHub calls events and actions.
fn is_name(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

/// A payload that is a text of bearable depth, with its event's name.
pub(super) struct Payload<'a> {
    pub(super) event: &'a str,
    text: &'a str,
}

impl Payload<'_> {
    /// Those parts of it that `T` has.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, PayloadError> {
        serde_json::from_str(self.text).map_err(|error| self.unreadable(&error.to_string()))
    }

    fn unreadable(&self, reason: &str) -> PayloadError {
        // The place, `at line 1 column 2`, stands at the end.
        let (what, place) = reason.rsplit_once(" at line ").unwrap_or((reason, ""));
        let mut reason: String =
            what.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(LONGEST_REASON).collect();
        if !place.is_empty() {
            reason = format!("{reason} at line {place}");
        }
        PayloadError::Unreadable { event: self.event.to_owned(), reason }
    }
}
