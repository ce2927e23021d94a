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
/// All bodies at once, beyond what each has free: two of the longest fit.
pub(super) const BODY_BUDGET_KIB: u32 = 64 * 1024;
/// Of every body so much is read without asking for room: webhooks have some ten KiB, and must not wait for those who
/// send long bodies that nobody has signed. Connections are bounded, and so is what these come to.
const FREE: usize = 128 * KIB;
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
    collect(body, deadline, most, budget).await
}

/// Room is taken as bytes arrive: a length that is only told holds nobody up.
async fn collect(mut body: Body, deadline: Instant, most: usize, budget: &Arc<Semaphore>) -> Result<Read, Refusal> {
    let mut bytes = BytesMut::new();
    let mut room: Option<OwnedSemaphorePermit> = None;
    while let Some(frame) = timeout_at(deadline, body.frame()).await.map_err(|_| late())? {
        let Ok(data) = frame.map_err(|_| broken())?.into_data() else { continue };
        if bytes.len() + data.len() > most {
            return Err(discard(body, deadline, most).await);
        }
        let held = room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let needed = (bytes.len() + data.len()).saturating_sub(FREE).div_ceil(KIB).saturating_sub(held);
        if needed > 0 {
            let needed = u32::try_from(needed).unwrap_or(BODY_BUDGET_KIB);
            let more = timeout_at(deadline, Arc::clone(budget).acquire_many_owned(needed)).await;
            // The semaphore is never closed.
            let Ok(more) = more.map_err(|_| busy())? else { return Err(busy()) };
            match &mut room {
                Some(room) => room.merge(more),
                None => room = Some(more),
            }
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Read { bytes: bytes.freeze(), _room: room })
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

/// Whether a body says that it is JSON.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
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
