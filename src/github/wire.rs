//! Sends a call over HTTP: headers, time-outs, redirects, limits. Nothing is asked a second time here.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Client, Response, Url, redirect};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use tokio::time::Instant;
use tracing::debug;

use super::call::{Answer, Call, Identity, brief};
use super::error::GithubError;
use super::gate::{Gate, Pace, Turn};
use super::link::next_query;
use crate::domain::settings::Secret;
use crate::telemetry::{GithubOutcome, metrics};

/// GitHub's largest answers, pages of a hundred pull requests, have about 3 MiB.
const MOST_BYTES: usize = 16 << 20;

/// A renamed repository costs one.
const MOST_REDIRECTS: usize = 3;

/// What GitHub says to wait when it names no time.
const UNNAMED_WAIT: Duration = Duration::from_secs(60);

/// The connection to one API, with its limits.
pub(super) struct Wire {
    client: Client,
    api: Url,
    pub(super) pace: Pace,
    pub(super) gate: Arc<Gate>,
}

impl Wire {
    pub(super) fn new(api: &str, pace: Pace, gate: Arc<Gate>) -> Result<Self, GithubError> {
        let problem = |problem: String| GithubError::Setup { problem };
        let api = api.trim_end_matches('/');
        let url = Url::parse(api).map_err(|error| problem(format!("`{api}` is no address: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() || url.query().is_some() {
            return Err(problem(format!(
                "`{api}` is no address of an API; expected https://HOST or https://HOST/PATH"
            )));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(problem("the API's address holds a user or password; take them out".to_owned()));
        }
        // Redirects are ours to judge, and so is asking again: a POST that is sent twice posts twice.
        let mut client = Client::builder()
            .user_agent(concat!("loadmark/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .timeout(pace.timeout);
        if is_loopback(&url) {
            client = client.no_proxy();
        }
        let client = client.build().map_err(|error| problem(error.without_url().to_string()))?;
        Ok(Self { client, api: url, pace, gate })
    }

    /// The API's host, for messages.
    pub(super) fn host(&self) -> String {
        self.api.host_str().unwrap_or_default().to_owned()
    }

    /// Sends a call once and reads the answer, whatever its status; redirects of reads are followed.
    pub(super) async fn exchange(&self, call: &Call, bearer: &Secret) -> Result<Answer, GithubError> {
        let mut url = self.url(call)?;
        for _ in 0..=MOST_REDIRECTS {
            let _turn = self.pass(call).await?;
            let response = self.send(call, bearer, url.clone()).await?;
            let answer = self.receive(call, response, bearer).await?;
            let Some(location) = answer.location.as_deref().filter(|_| is_redirect(answer.status)) else {
                self.learn(call, &answer);
                return Ok(answer);
            };
            url = self.follow(call, &url, location)?;
        }
        Err(self.redirected(call, url.as_str(), "there are too many in a row; try again later"))
    }

    fn url(&self, call: &Call) -> Result<Url, GithubError> {
        let text = format!("{}{}", self.api.as_str().trim_end_matches('/'), call.path);
        Url::parse(&text).map_err(|error| GithubError::Setup { problem: format!("`{text}` is no address: {error}") })
    }

    /// Waits for a write's turn, which lasts until it is dropped; fails at once while GitHub wants no calls.
    async fn pass(&self, call: &Call) -> Result<Option<Turn<'_>>, GithubError> {
        self.open(call)?;
        if call.is_read() {
            return Ok(None);
        }
        let turn = self.gate.turn(self.pace.write_gap).await;
        // Another's answer may have closed the gate meanwhile.
        self.open(call)?;
        Ok(Some(turn))
    }

    fn open(&self, call: &Call) -> Result<(), GithubError> {
        let Some(wait) = self.gate.closed_for(Instant::now()) else { return Ok(()) };
        let message = "we wait for the end of a limit".to_owned();
        Err(GithubError::Limited { operation: call.operation.clone(), wait, message })
    }

    async fn send(&self, call: &Call, bearer: &Secret, url: Url) -> Result<Response, GithubError> {
        let value = HeaderValue::from_str(&format!("Bearer {}", bearer.0));
        let mut value = value.map_err(|_| GithubError::Setup {
            problem: "the token holds characters that no token has; check for a line break".to_owned(),
        })?;
        value.set_sensitive(true);
        let mut request = self
            .client
            .request(call.method.clone(), url)
            .header("authorization", value)
            .header("accept", "application/vnd.github+json")
            .header("x-github-api-version", "2022-11-28");
        if let Some(tag) = &call.known {
            request = request.header("if-none-match", tag);
        }
        if let Some(body) = &call.body {
            request = request.json(body);
        }
        debug!(method = %call.method, path = %call.path, "a call to GitHub");
        request.send().await.map_err(|error| self.unreachable(call, error))
    }

    async fn receive(&self, call: &Call, mut response: Response, bearer: &Secret) -> Result<Answer, GithubError> {
        let mut body = BytesMut::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() > MOST_BYTES => {
                    let cause = format!("it is longer than {MOST_BYTES} bytes");
                    return Err(GithubError::Unreadable { operation: call.operation.clone(), cause });
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => return Err(self.unreachable(call, error)),
            }
        }
        let status = response.status().as_u16();
        let headers = response.headers();
        // Whoever answers may repeat what we sent; it must not reach a log.
        let is_error = !(200..300).contains(&status);
        let body = if is_error { without(&body, bearer) } else { body.freeze() };
        let date = text(headers, "date").and_then(|date| OffsetDateTime::parse(date, &Rfc2822).ok());
        let date = date.map(OffsetDateTime::unix_timestamp);
        Ok(Answer {
            status,
            etag: text(headers, "etag").map(str::to_owned),
            next: text(headers, "link").and_then(next_query),
            date,
            left: number(headers, "x-ratelimit-remaining"),
            limit: limit(status, headers, &body, date),
            location: text(headers, "location").map(str::to_owned),
            body,
        })
    }

    fn learn(&self, call: &Call, answer: &Answer) {
        let outcome = match answer.status {
            304 => GithubOutcome::NotModified,
            _ if answer.limit.is_some() && !(200..300).contains(&answer.status) => GithubOutcome::RateLimited,
            200..300 => GithubOutcome::Ok,
            500.. => GithubOutcome::ServerError,
            _ => GithubOutcome::Refused,
        };
        metrics().github_call(outcome);
        if let Some(wait) = answer.limit {
            self.gate.close(Instant::now(), wait);
        }
        // As the app itself we have a limit of its own, that nothing of ours comes near to.
        if let Some(left) = answer.left.filter(|_| call.identity == Identity::Repository) {
            self.gate.note_left(left);
            metrics().github_rate_left(left);
        }
        debug!(path = %call.path, status = answer.status, "GitHub answered");
    }

    /// Where a redirect leads, if we go there: reads only, on the same host, by the same scheme and port.
    fn follow(&self, call: &Call, from: &Url, location: &str) -> Result<Url, GithubError> {
        metrics().github_call(GithubOutcome::Refused);
        let Ok(target) = from.join(location) else {
            return Err(self.redirected(call, "an address that is none", "check the API's address"));
        };
        let shown = format!("{}{}", target.host_str().unwrap_or_default(), target.path());
        if target.origin() != from.origin() || !target.username().is_empty() {
            return Err(self.redirected(
                call,
                &shown,
                "it is another host; our token stays here. Check the API's address",
            ));
        }
        if !call.is_read() {
            return Err(self.redirected(
                call,
                &shown,
                "writes are not; where the repository was renamed, configure its new name",
            ));
        }
        Ok(target)
    }

    fn redirected(&self, call: &Call, target: &str, problem: &'static str) -> GithubError {
        GithubError::Redirected { operation: call.operation.clone(), target: brief(target), problem }
    }

    fn unreachable(&self, call: &Call, error: reqwest::Error) -> GithubError {
        metrics().github_call(GithubOutcome::Unreachable);
        let cause = if error.is_timeout() {
            format!("it took longer than {} s", self.pace.timeout.as_secs_f64())
        } else {
            // The innermost cause says it: connection refused, certificate unknown.
            let error = error.without_url();
            let mut cause: &dyn std::error::Error = &error;
            while let Some(deeper) = cause.source() {
                cause = deeper;
            }
            cause.to_string()
        };
        GithubError::Unreachable { operation: call.operation.clone(), host: self.host(), cause }
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    text(headers, name)?.trim().parse().ok()
}

/// How long GitHub wants no more calls, by an answer's headers and words.
fn limit(status: u16, headers: &HeaderMap, body: &[u8], date: Option<i64>) -> Option<Duration> {
    if let Some(seconds) = number(headers, "retry-after").filter(|_| matches!(status, 403 | 429 | 503)) {
        return Some(Duration::from_secs(seconds));
    }
    if number(headers, "x-ratelimit-remaining") == Some(0) {
        // By GitHub's clock where it tells it: ours may be off.
        let now = date.unwrap_or_else(our_clock);
        let reset = number(headers, "x-ratelimit-reset").and_then(|reset| i64::try_from(reset).ok());
        let rest = reset.map_or(UNNAMED_WAIT.as_secs(), |reset| u64::try_from(reset - now).unwrap_or(0) + 1);
        return Some(Duration::from_secs(rest));
    }
    let is_limited = status == 429 || (status == 403 && says_limit(body));
    is_limited.then_some(UNNAMED_WAIT)
}

/// GitHub's secondary limits are told by words alone.
fn says_limit(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body).to_lowercase();
    text.contains("rate limit") || text.contains("abuse detection")
}

pub(super) fn our_clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// A text without a secret in it.
fn without(body: &[u8], secret: &Secret) -> Bytes {
    let text = String::from_utf8_lossy(body);
    if secret.0.is_empty() || !text.contains(&secret.0) {
        return Bytes::copy_from_slice(body);
    }
    Bytes::from(text.replace(&secret.0, "***"))
}
