//! What we show with each call: the operator's token, or tokens that GitHub makes for the app's installation, which are
//! kept until shortly before their end.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::call::{Answer, Call, Identity};
use super::error::GithubError;
use super::jwt::AppKey;
use super::wire::{Wire, our_clock};
use crate::domain::github::RepositoryName;
use crate::domain::rules::{Credentials, GithubSettings};
use crate::domain::settings::Secret;

/// What a token of an installation is for; each may do no more than it needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// Calls of the API.
    Api,
    /// Cloning.
    Clone,
}

/// Who we are, as far as it can be shown.
pub(super) enum Keys {
    Token(Secret),
    App(Box<App>),
}

/// An app with what it was given so far.
pub(super) struct App {
    key: AppKey,
    repository: RepositoryName,
    with_issues: bool,
    /// GitHub's clock before ours, in seconds.
    ahead: AtomicI64,
    installation: Mutex<Option<i64>>,
    api: Mutex<Option<Held>>,
    clone: Mutex<Option<Held>>,
}

/// A token with the time from which a new one is taken.
struct Held {
    token: Secret,
    good_until: Instant,
}

#[derive(Deserialize)]
struct Installation {
    id: i64,
}

#[derive(Serialize)]
struct Wish<'a> {
    repositories: [&'a str; 1],
    permissions: BTreeMap<&'static str, &'static str>,
}

#[derive(Deserialize)]
struct Minted {
    token: String,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

impl Keys {
    pub(super) fn new(settings: &GithubSettings) -> Result<Self, GithubError> {
        Ok(match &settings.credentials {
            Credentials::Token(token) => Self::Token(token.clone()),
            Credentials::App { id, key } => Self::App(Box::new(App {
                key: AppKey::new(*id, key)?,
                repository: settings.repository.clone(),
                with_issues: settings.regression_issue,
                ahead: AtomicI64::new(0),
                installation: Mutex::new(None),
                api: Mutex::new(None),
                clone: Mutex::new(None),
            })),
        })
    }

    /// Sends a call with what it needs shown. A 401 means that nothing was done: then it is sent once more, with a new
    /// token.
    pub(super) async fn exchange(&self, wire: &Wire, call: &Call) -> Result<Answer, GithubError> {
        match self {
            Self::Token(token) => wire.exchange(call, token).await,
            Self::App(app) if call.identity == Identity::App => app.exchange_as_app(wire, call).await,
            Self::App(app) => {
                let token = app.token(wire, Purpose::Api).await?;
                let answer = wire.exchange(call, &token).await?;
                if answer.status != 401 {
                    return Ok(answer);
                }
                app.forget(Purpose::Api, &token).await;
                let token = app.token(wire, Purpose::Api).await?;
                wire.exchange(call, &token).await
            }
        }
    }
}

impl App {
    /// Its id on GitHub.
    pub(super) fn id(&self) -> u64 {
        self.key.id
    }

    async fn exchange_as_app(&self, wire: &Wire, call: &Call) -> Result<Answer, GithubError> {
        let ahead = self.ahead.load(Ordering::Relaxed);
        let answer = wire.exchange(call, &self.key.sign(our_clock() + ahead)?).await?;
        let Some(date) = answer.date.filter(|_| answer.status == 401) else { return Ok(answer) };
        // GitHub refuses what is signed by a clock that is off; then its own clock counts.
        self.ahead.store(date - our_clock(), Ordering::Relaxed);
        wire.exchange(call, &self.key.sign(date)?).await
    }

    /// A token for a purpose: the one at hand, or a new one. Whoever comes meanwhile waits for it.
    pub(super) async fn token(&self, wire: &Wire, purpose: Purpose) -> Result<Secret, GithubError> {
        let mut held = self.held(purpose).lock().await;
        if let Some(held) = held.as_ref().filter(|held| Instant::now() < held.good_until) {
            return Ok(held.token.clone());
        }
        let minted = self.mint(wire, purpose).await?;
        let token = minted.token.clone();
        *held = Some(minted);
        Ok(token)
    }

    /// Forgets a token that was refused, unless it was replaced already.
    async fn forget(&self, purpose: Purpose, token: &Secret) {
        let mut held = self.held(purpose).lock().await;
        if held.as_ref().is_some_and(|held| held.token == *token) {
            *held = None;
        }
    }

    fn held(&self, purpose: Purpose) -> &Mutex<Option<Held>> {
        match purpose {
            Purpose::Api => &self.api,
            Purpose::Clone => &self.clone,
        }
    }

    async fn mint(&self, wire: &Wire, purpose: Purpose) -> Result<Held, GithubError> {
        let installation = self.installation(wire).await?;
        let operation = format!("take a token for {}", self.repository);
        let wish = Wish { repositories: [self.repository.name()], permissions: self.permissions(purpose) };
        let path = format!("/app/installations/{installation}/access_tokens");
        let call = Call::write(&operation, Method::POST, path).by_app().with(&wish)?;
        let asked = Instant::now();
        let answer = self.exchange_as_app(wire, &call).await?;
        if answer.status == 404 {
            // It may have been installed anew, under another id.
            *self.installation.lock().await = None;
            return Err(GithubError::NotInstalled { operation, repository: self.repository.to_string() });
        }
        let answer = answer.accepted(&call)?;
        // A parser's error could repeat the token.
        let minted: Minted = serde_json::from_slice(&answer.body).map_err(|_| GithubError::Unreadable {
            operation: operation.clone(),
            cause: "it holds no token with its end".to_owned(),
        })?;
        // Its life is counted by GitHub's clock alone, and from when we asked.
        let life = minted.expires_at.unix_timestamp() - answer.date.unwrap_or_else(our_clock);
        let life = Duration::from_secs(u64::try_from(life).unwrap_or(0));
        Ok(Held { token: Secret(minted.token), good_until: asked + life.saturating_sub(wire.pace.refresh) })
    }

    async fn installation(&self, wire: &Wire) -> Result<i64, GithubError> {
        let mut known = self.installation.lock().await;
        if let Some(id) = *known {
            return Ok(id);
        }
        let operation = format!("find the app's installation on {}", self.repository);
        let path = format!("/repos/{}/installation", self.repository);
        let call = Call::read(&operation, path).by_app();
        let answer = self.exchange_as_app(wire, &call).await?;
        if answer.status == 404 {
            return Err(GithubError::NotInstalled { operation, repository: self.repository.to_string() });
        }
        let found: Installation = answer.accepted(&call)?.parse(&operation)?;
        *known = Some(found.id);
        Ok(found.id)
    }

    /// The least that is enough.
    fn permissions(&self, purpose: Purpose) -> BTreeMap<&'static str, &'static str> {
        let mut permissions = BTreeMap::from([("contents", "read"), ("metadata", "read")]);
        if purpose == Purpose::Api {
            permissions.extend([("checks", "write"), ("pull_requests", "write")]);
            if self.with_issues {
                permissions.insert("issues", "write");
            }
        }
        permissions
    }
}
