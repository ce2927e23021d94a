//! What is configured for GitHub, for people to see before anything is sent there.

use std::fmt;

use crate::domain::rules::Credentials;
use crate::domain::settings::Settings;

/// A project's side on GitHub, without its secrets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remote {
    /// The repository.
    pub repository: String,
    /// The API's address.
    pub api: String,
    /// Who we are there: `app 12345`, or `token`.
    pub credentials: String,
    /// How many secrets a webhook may be signed with.
    pub webhook_secrets: usize,
}

impl Remote {
    /// That of a project; none where there is none, or our credentials are not set here.
    pub(super) fn of(settings: &Settings) -> Option<Self> {
        settings.github.as_ref().map(|github| Self {
            repository: github.repository.to_string(),
            api: github.api.clone(),
            credentials: match &github.credentials {
                Credentials::App { id, .. } => format!("app {id}"),
                Credentials::Token(_) => "token".to_owned(),
            },
            webhook_secrets: github.webhook_secrets.len(),
        })
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { repository, api, credentials, webhook_secrets } = self;
        let secrets = match webhook_secrets {
            0 => "no webhook secret: no delivery is believed".to_owned(),
            1 => "webhook secret set".to_owned(),
            more => format!("{more} webhook secrets set"),
        };
        write!(f, "{repository} at {api}, as {credentials}, {secrets}")
    }
}
