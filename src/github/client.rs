//! The client: one repository's, cheap to clone; clones share limits, tokens and kept answers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::accounts::Account;
use super::cache::Cache;
use super::call::{Answer, Call};
use super::credentials::{Keys, Purpose};
use super::error::GithubError;
use super::gate::{Gate, Gates, Pace};
use super::wire::Wire;
use crate::domain::github::RepositoryName;
use crate::domain::rules::GithubSettings;
use crate::domain::settings::Secret;

/// GitHub, as far as it is about one repository.
#[derive(Clone)]
pub struct Github(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) repository: RepositoryName,
    /// The id of the repository's webhook, without an app.
    pub(super) hook: Option<i64>,
    wire: Wire,
    pub(super) keys: Keys,
    cache: Cache,
    pub(super) ourselves: OnceCell<Account>,
    pub(super) repository_id: OnceCell<i64>,
}

impl fmt::Debug for Github {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Github").field(&self.0.repository).finish_non_exhaustive()
    }
}

impl Github {
    /// A client by a project's settings; nothing is sent yet.
    ///
    /// # Errors
    /// The address or the app's key is none.
    pub fn new(settings: &GithubSettings) -> Result<Self, GithubError> {
        Self::with_pace(settings, Pace::default())
    }

    /// A client that shares GitHub's limits with all others of these gates whom GitHub takes for the same.
    ///
    /// # Errors
    /// The address or the app's key is none.
    pub fn among(settings: &GithubSettings, gates: &Gates) -> Result<Self, GithubError> {
        Self::build(settings, Pace::default(), gates.of(settings))
    }

    /// A client that goes as fast as told.
    ///
    /// # Errors
    /// The address or the app's key is none.
    pub fn with_pace(settings: &GithubSettings, pace: Pace) -> Result<Self, GithubError> {
        Self::build(settings, pace, Arc::default())
    }

    fn build(settings: &GithubSettings, pace: Pace, gate: Arc<Gate>) -> Result<Self, GithubError> {
        Ok(Self(Arc::new(Inner {
            repository: settings.repository.clone(),
            hook: settings.hook,
            wire: Wire::new(&settings.api, pace, gate)?,
            keys: Keys::new(settings)?,
            cache: Cache::default(),
            ourselves: OnceCell::new(),
            repository_id: OnceCell::new(),
        })))
    }

    /// The repository that it is about.
    pub fn repository(&self) -> &RepositoryName {
        &self.0.repository
    }

    /// Whether we may write check runs; with a plain token there are commit statuses.
    pub fn uses_checks(&self) -> bool {
        matches!(self.0.keys, Keys::App(_))
    }

    /// How long GitHub wants no calls from us; none: go on.
    pub fn closed_for(&self) -> Option<Duration> {
        self.0.wire.gate.closed_for(Instant::now())
    }

    /// Calls that are left in GitHub's current hour, as of the last answer.
    pub fn rate_left(&self) -> Option<u64> {
        self.0.wire.gate.left()
    }

    /// A token that git may clone the repository with.
    ///
    /// # Errors
    /// GitHub gives none.
    pub async fn clone_token(&self) -> Result<Option<Secret>, GithubError> {
        match &self.0.keys {
            Keys::Token(token) => Ok(Some(token.clone())),
            Keys::App(app) => app.token(&self.0.wire, Purpose::Clone).await.map(Some),
        }
    }

    /// A path below the repository's.
    pub(super) fn path(&self, rest: impl fmt::Display) -> String {
        format!("/repos/{}/{rest}", self.0.repository)
    }

    /// What completes "failed to ...", with the repository.
    pub(super) fn operation(&self, what: impl fmt::Display) -> String {
        format!("{what} of {}", self.0.repository)
    }

    /// Makes a call; a read that fails by GitHub's fault is made once more. An answer that is no success is an error.
    pub(super) async fn call(&self, call: &Call) -> Result<Answer, GithubError> {
        match self.attempt(call).await {
            Err(error) if call.is_read() && error.is_brief() => {
                tokio::time::sleep(self.0.wire.pace.again).await;
                self.attempt(call).await
            }
            settled => settled,
        }
    }

    async fn attempt(&self, call: &Call) -> Result<Answer, GithubError> {
        self.0.keys.exchange(&self.0.wire, call).await?.accepted(call)
    }

    /// Reads a thing; where GitHub says that it did not change, from what is kept.
    pub(super) async fn read<T: DeserializeOwned>(&self, mut call: Call) -> Result<Page<T>, GithubError> {
        let kept = self.0.cache.answer(&call.path);
        call.known = kept.as_ref().and_then(|answer| answer.etag.clone());
        let answer = self.call(&call).await?;
        let answer = match (answer.status, kept) {
            (304, Some(kept)) => kept,
            _ => answer,
        };
        let content = answer.parse(&call.operation)?;
        self.0.cache.keep(&call.path, &answer);
        Ok(Page { content, next: answer.next })
    }

    /// Writes a thing and reads the answer.
    pub(super) async fn write<T: DeserializeOwned>(&self, call: &Call) -> Result<T, GithubError> {
        self.call(call).await?.parse(&call.operation)
    }

    /// Goes through a list, page by page, until `visit` has found something or the list ends.
    pub(super) async fn search<T: DeserializeOwned, F>(
        &self,
        list: Call,
        most_pages: usize,
        mut visit: impl FnMut(T) -> Option<F>,
    ) -> Result<Option<F>, GithubError> {
        let place = list.path.split('?').next().unwrap_or_default().to_owned();
        let mut call = list;
        for _ in 0..most_pages {
            let page = self.read::<T>(call.clone()).await?;
            if let Some(found) = visit(page.content) {
                return Ok(Some(found));
            }
            let Some(next) = page.next else { return Ok(None) };
            call.path = format!("{place}?{next}");
        }
        // To go on as if there were no more could post a second time what stands on a later page.
        let cause = format!("the list goes on after {most_pages} pages");
        Err(GithubError::Unreadable { operation: call.operation, cause })
    }

    /// Creates a thing, or changes it where it has an id.
    pub(super) fn upsert(&self, what: &str, list: &str, one: Option<String>) -> Call {
        match one {
            None => Call::write(self.operation(format!("create {what}")), Method::POST, self.path(list)),
            Some(one) => Call::write(self.operation(format!("change {what}")), Method::PATCH, self.path(one)),
        }
    }
}

/// A part of a list, or a whole thing.
pub(super) struct Page<T> {
    pub(super) content: T,
    /// The query of the next one.
    pub(super) next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rules::Credentials;

    #[test]
    fn who_is_the_same_to_github_shares_its_limits() {
        let settings = |repository: &str, api: &str, token: &str| GithubSettings {
            repository: repository.parse().unwrap(),
            api: api.to_owned(),
            credentials: Credentials::Token(Secret(token.to_owned())),
            webhook_secrets: Vec::new(),
            hook: None,
            command: "/loadmark".to_owned(),
            tests: Default::default(),
            label: "bench".to_owned(),
            drafts: false,
            ignore: Vec::new(),
            benchmarks: Vec::new(),
            missing_baseline: Default::default(),
            regression_issue: false,
        };
        let gates = Gates::default();
        let client = |settings: GithubSettings| Github::among(&settings, &gates).unwrap();
        let shop = client(settings("team/shop", "https://api.github.com", "one"));
        shop.0.wire.gate.close(Instant::now(), Duration::from_secs(60));
        let is_closed = |client: &Github| client.0.wire.gate.closed_for(Instant::now()).is_some();
        assert!(is_closed(&client(settings("team/blog", "https://api.github.com", "one"))));
        assert!(!is_closed(&client(settings("team/blog", "https://api.github.com", "two"))));
        assert!(!is_closed(&client(settings("team/blog", "https://github.team.example/api/v3", "one"))));
    }
}
