//! The HTTP side: what every call goes through, whatever it asks for.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request as HttpRequest, State as Held};
use axum::http::{HeaderMap, Response, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::credentials::{Who, who};
use super::reply::Reply;
use super::route;
use super::state::{Request, Shared};
use super::trouble::{How, take};

/// A call, read.
pub struct Call {
    pub method: String,
    /// The path's segments, decoded.
    pub segments: Vec<String>,
    pub query: BTreeMap<String, String>,
    pub body: Value,
    pub by: Who,
}

pub async fn serve(Held(shared): Held<Arc<Shared>>, request: HttpRequest) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let bytes = to_bytes(body, 4 << 20).await.unwrap_or_default();
    let (trouble, by, number) = {
        let mut state = shared.state();
        let trouble = take(&mut state.troubles, parts.method.as_str(), &path);
        let by = who(&state, &parts.headers);
        let request = Request {
            method: parts.method.to_string(),
            path: path.clone(),
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
            by: by.to_string(),
            status: None,
            at: std::time::Instant::now(),
        };
        state.requests.push(request);
        (trouble, by, state.requests.len() - 1)
    };
    let call = Call {
        method: parts.method.to_string(),
        segments: parts.uri.path().split('/').filter(|part| !part.is_empty()).map(decoded).collect(),
        query: pairs(parts.uri.query().unwrap_or_default()),
        body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        by,
    };
    let reply = match trouble.as_ref().and_then(|how| refusal(how, &parts.headers)) {
        Some(reply) => reply,
        None if trouble == Some(How::Silence) => pending().await,
        None => answer(&shared, &call, &parts.headers, &bytes),
    };
    let reply = match trouble {
        Some(How::DoneThenSilence) => pending().await,
        Some(How::DoneThenStatus(status)) => Reply::message(status, "Server Error"),
        Some(How::Malformed) => reply.malformed(),
        Some(How::Slow(time)) => {
            tokio::time::sleep(time).await;
            reply
        }
        _ => reply,
    };
    let response = write(&shared, &call, &parts.headers, reply);
    shared.state().requests[number].status = Some(response.status().as_u16());
    response
}

/// What a trouble answers before anything is done.
fn refusal(how: &How, headers: &HeaderMap) -> Option<Reply> {
    let secondary = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
    Some(match how {
        How::Status(status) => Reply::message(*status, "Told to fail"),
        How::Secondary(None) => Reply::message(403, secondary),
        How::Secondary(Some(seconds)) => Reply::message(403, secondary).header("retry-after", seconds),
        How::TooMany(seconds) => Reply::message(429, "Too Many Requests").header("retry-after", seconds),
        How::Spent(seconds) => Reply::message(403, "API rate limit exceeded for installation ID 1.").spent(*seconds),
        How::Redirect(status, target) => Reply::message(*status, "Moved").header("location", target),
        How::Echo(status) => {
            let shown = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
            Reply::message(*status, &format!("you sent {shown}"))
        }
        How::Silence | How::DoneThenSilence | How::DoneThenStatus(_) | How::Malformed | How::Slow(_) => return None,
    })
}

fn answer(shared: &Arc<Shared>, call: &Call, headers: &HeaderMap, bytes: &[u8]) -> Reply {
    if let Some(reply) = ill_mannered(headers, bytes) {
        return reply;
    }
    if let Some(schema) = &shared.schema {
        let breaches = schema.request(call, !bytes.is_empty());
        shared.state().note(breaches);
    }
    let left = shared.state().calls_left;
    if left == Some(0) {
        return Reply::message(403, "API rate limit exceeded for installation ID 1.").spent(60);
    }
    let reply = match &call.by {
        Who::Nobody => Reply::message(401, "Bad credentials"),
        _ => route::answer(shared, call),
    };
    if let Some(schema) = &shared.schema {
        let breaches = schema.answer(call, &reply);
        shared.state().note(breaches);
    }
    reply
}

/// What GitHub asks of every client.
fn ill_mannered(headers: &HeaderMap, bytes: &[u8]) -> Option<Reply> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if text("user-agent").is_empty() {
        return Some(Reply::message(403, "Request forbidden by administrative rules. A User-Agent is required."));
    }
    if text("accept") != "application/vnd.github+json" {
        return Some(Reply::message(415, "Unsupported 'Accept' header"));
    }
    if text("x-github-api-version") != "2022-11-28" {
        return Some(Reply::message(400, "This version of the API is not supported"));
    }
    let is_json = bytes.is_empty() || serde_json::from_slice::<Value>(bytes).is_ok_and(|body| body.is_object());
    (!is_json).then(|| Reply::message(400, "Problems parsing JSON"))
}

fn write(shared: &Shared, call: &Call, headers: &HeaderMap, reply: Reply) -> Response<Body> {
    let reply = reply.page(&shared.api, call);
    let body = reply.text();
    let tag = format!("W/\"{}\"", hex::encode(&Sha256::digest(&body)[..16]));
    let is_tagged = call.method == "GET" && reply.status == 200;
    let is_known = headers.get("if-none-match").is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let is_unchanged = is_tagged && is_known;
    let mut state = shared.state();
    if let Some(left) = state.calls_left.as_mut().filter(|_| !is_unchanged) {
        *left = left.saturating_sub(1);
    }
    let status = if is_unchanged { 304 } else { reply.status };
    let mut response = Response::builder()
        .status(StatusCode::from_u16(status).expect("a status"))
        .header("content-type", "application/json; charset=utf-8")
        .header("date", imf(state.now()))
        .header("x-ratelimit-limit", "5000")
        .header("x-ratelimit-reset", (state.now() + reply.reset.unwrap_or(3600)).to_string())
        .header("x-ratelimit-remaining", if reply.reset.is_some() { 0 } else { state.calls_left.unwrap_or(4999) });
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    if is_tagged {
        response = response.header("etag", tag);
    }
    let body = if status == 304 || status == 204 { Body::empty() } else { Body::from(body) };
    response.body(body).expect("a response")
}

/// A time as HTTP writes it.
fn imf(seconds: i64) -> String {
    let time = time::OffsetDateTime::from_unix_timestamp(seconds).expect("a time of this century");
    let format = time::macros::format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    time.format(format).expect("a time that can be written")
}

fn pairs(query: &str) -> BTreeMap<String, String> {
    let pair = |text: &str| {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        (decoded(name), decoded(value))
    };
    query.split('&').filter(|text| !text.is_empty()).map(pair).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = after
            .get(..2)
            .filter(|_| *first == b'%')
            .and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl super::state::State {
    fn note(&mut self, found: super::schema::Found) {
        self.breaches.extend(found.breaches);
        if let Some(path) = found.undescribed {
            *self.undescribed.entry(path).or_default() += 1;
        }
    }
}

/// The body of a validation error.
pub fn invalid(field: &str, problem: &str) -> Reply {
    Reply::of(422, json!({ "message": "Validation Failed", "errors": [{ "field": field, "code": problem }] }))
}
