//! Bodies of requests: bounded in length, in time, and in the memory that all of them hold together.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::error::Refusal;

/// What GitHub sends at most.
pub(super) const MOST_BYTES: usize = 25 * 1024 * 1024;
/// All bodies at once. Webhooks have some ten KiB: thousands of them fit, and two of the longest.
pub(super) const BODY_BUDGET_KIB: u32 = 64 * 1024;
/// How long a body may take; GitHub itself gives up after 10 s.
const WITHIN: Duration = Duration::from_secs(8);
/// Of a body that is too long, so much is read and thrown away: a client that is cut off while it sends sees a broken
/// connection instead of our answer.
const MOST_DISCARDED: usize = 2 * MOST_BYTES;
const KIB: usize = 1024;

/// A body that was read; its part of the memory is given back when it is dropped.
pub(super) struct Read {
    pub(super) bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

/// Reads a body of at most so many bytes.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    most: usize,
    budget: &Arc<Semaphore>,
) -> Result<Read, Refusal> {
    let deadline = Instant::now() + WITHIN;
    if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        let message = "compressed bodies are not taken; send it as it is";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "compressed", message));
    }
    let told = headers.get(header::CONTENT_LENGTH).and_then(|text| text.to_str().ok()?.parse::<usize>().ok());
    if told.is_some_and(|told| told > most) {
        return Err(discard(body, deadline, most).await);
    }
    // Who does not say how long it is gets room for the longest.
    let room = u32::try_from(told.unwrap_or(most) / KIB + 1).unwrap_or(BODY_BUDGET_KIB);
    let room = timeout_at(deadline, Arc::clone(budget).acquire_many_owned(room)).await;
    // The semaphore is never closed.
    let room = room.map_err(|_| busy())?.ok();
    let bytes = collect(body, deadline, told.unwrap_or_default(), most).await?;
    Ok(Read { bytes, _room: room })
}

async fn collect(mut body: Body, deadline: Instant, told: usize, most: usize) -> Result<Bytes, Refusal> {
    let mut bytes = BytesMut::with_capacity(told);
    while let Some(frame) = timeout_at(deadline, body.frame()).await.map_err(|_| late())? {
        let Ok(data) = frame.map_err(|_| broken())?.into_data() else { continue };
        if bytes.len() + data.len() > most {
            return Err(discard(body, deadline, most).await);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}

/// Reads on without keeping anything, and says that it was too long.
async fn discard(mut body: Body, deadline: Instant, most: usize) -> Refusal {
    let mut discarded = 0;
    while discarded < MOST_DISCARDED {
        match timeout_at(deadline, body.frame()).await {
            Ok(Some(Ok(frame))) => discarded += frame.data_ref().map_or(0, Bytes::len),
            Ok(Some(Err(_)) | None) | Err(_) => break,
        }
    }
    let message = format!("the body is longer than {most} bytes");
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too-long", message)
}

fn late() -> Refusal {
    let message = format!("the body did not arrive within {} s", WITHIN.as_secs());
    Refusal::new(StatusCode::REQUEST_TIMEOUT, "late", message)
}

fn busy() -> Refusal {
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "too many long bodies at once; send it again")
}

fn broken() -> Refusal {
    Refusal::bad_request("the body broke off")
}
