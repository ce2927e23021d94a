//! Webhooks that did not reach us: GitHub keeps them for some days, and sends them again when asked.

use std::collections::HashMap;

use reqwest::Method;
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::call::Call;
use super::client::Github;
use super::credentials::Keys;
use super::error::GithubError;

/// Two thousand deliveries; GitHub keeps them for three days.
const MOST_PAGES: usize = 20;

/// What failed so often since the time that is looked back to will fail again.
const MOST_ATTEMPTS: u32 = 3;

/// A delivery of which no attempt succeeded, and that is worth another one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FailedDelivery {
    /// The number of its newest attempt, by which it is sent again.
    pub id: i64,
    /// The delivery's own id, the same in each attempt (`X-GitHub-Delivery`).
    pub guid: String,
    /// The event.
    pub event: String,
    /// When the newest attempt was made, as GitHub writes times.
    pub delivered_at: String,
}

#[derive(Deserialize)]
struct Attempt {
    id: i64,
    guid: String,
    #[serde(with = "time::serde::rfc3339")]
    delivered_at: OffsetDateTime,
    status_code: u16,
    event: String,
    /// None for events of no repository.
    repository_id: Option<i64>,
}

#[derive(Deserialize)]
struct Repository {
    id: i64,
}

impl Github {
    /// Deliveries about the repository that failed, the oldest first: those with an attempt after a time (as GitHub
    /// writes times), or all that GitHub still knows. What we refused is not among them, nor what failed time and
    /// again. None without an app or a known webhook.
    ///
    /// # Errors
    /// GitHub does not say.
    pub async fn failed_deliveries(&self, since: Option<&str>) -> Result<Vec<FailedDelivery>, GithubError> {
        let Some(place) = self.deliveries_path() else { return Ok(Vec::new()) };
        let repository = self.repository_id().await?;
        let since = since.and_then(|since| OffsetDateTime::parse(since, &Rfc3339).ok());
        let mut seen: HashMap<String, Seen> = HashMap::new();
        let mut pages = 0;
        // The newest come first.
        let note = |attempts: Vec<Attempt>| {
            pages += 1;
            for attempt in attempts {
                if since.is_some_and(|since| attempt.delivered_at < since) {
                    return Some(());
                }
                if attempt.repository_id == Some(repository) {
                    let status = attempt.status_code;
                    let known = seen.entry(attempt.guid.clone()).or_insert_with(|| Seen::newest(attempt));
                    known.attempts += 1;
                    known.is_settled |= is_settled(status);
                }
            }
            // What is older is reconciled from the pull requests themselves.
            (pages == MOST_PAGES).then_some(())
        };
        let call = Call::read(self.operation("list the webhook deliveries"), format!("{place}?per_page=100"));
        self.search(call.by_app(), MOST_PAGES, note).await?;
        let failed = seen.into_values().filter(|seen| !seen.is_settled && seen.attempts < MOST_ATTEMPTS);
        let mut failed: Vec<_> = failed.map(|seen| seen.delivery).collect();
        failed.sort_by_key(|delivery| delivery.id);
        Ok(failed)
    }

    /// Has a delivery sent again.
    ///
    /// # Errors
    /// GitHub refuses, or does not answer: then it may be sent again; it has the same id.
    pub async fn redeliver(&self, id: i64) -> Result<(), GithubError> {
        let place = self.deliveries_path().ok_or_else(|| GithubError::Setup {
            problem: "redelivery needs an app, or the webhook's id in `github.hook`".to_owned(),
        })?;
        let what = self.operation(format_args!("have the webhook delivery {id} sent again, one"));
        let call = Call::write(what, Method::POST, format!("{place}/{id}/attempts"));
        self.call(&call.by_app()).await.map(drop)
    }

    fn deliveries_path(&self) -> Option<String> {
        match (&self.0.keys, self.0.hook) {
            (Keys::App(_), _) => Some("/app/hook/deliveries".to_owned()),
            (Keys::Token(_), Some(hook)) => Some(self.path(format_args!("hooks/{hook}/deliveries"))),
            (Keys::Token(_), None) => None,
        }
    }

    /// The repository's number: an app's deliveries are of all its repositories.
    async fn repository_id(&self) -> Result<i64, GithubError> {
        let known = self.0.repository_id.get_or_try_init(|| async {
            let call = Call::read(format!("read {}", self.0.repository), format!("/repos/{}", self.0.repository));
            Ok(self.read::<Repository>(call).await?.content.id)
        });
        known.await.copied()
    }
}

/// A delivery with what its attempts came to.
struct Seen {
    delivery: FailedDelivery,
    attempts: u32,
    is_settled: bool,
}

impl Seen {
    fn newest(attempt: Attempt) -> Self {
        let delivery = FailedDelivery {
            id: attempt.id,
            guid: attempt.guid,
            event: attempt.event,
            delivered_at: attempt.delivered_at.format(&Rfc3339).unwrap_or_default(),
        };
        Self { delivery, attempts: 0, is_settled: false }
    }
}

/// Whether another attempt would change nothing: it was taken, or our door refused it for what it is (no JSON, not
/// signed by us, too long). Other refusals may be a proxy's that is mended meanwhile.
fn is_settled(status: u16) -> bool {
    matches!(status, 200..=299 | 400 | 401 | 411 | 413 | 415)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_or_refused_is_not_asked_for_again() {
        for status in [200, 202, 400, 401, 411, 413, 415] {
            assert!(is_settled(status), "{status}");
        }
        // Nobody there, a time-out, a proxy without us, and our database away.
        for status in [0, 404, 408, 500, 502, 503] {
            assert!(!is_settled(status), "{status}");
        }
    }
}
