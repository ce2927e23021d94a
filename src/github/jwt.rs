//! Shows that we are the app: a token that the app's key signs, good for minutes.

use octocrab::jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Serialize;

use super::error::GithubError;
use crate::domain::settings::Secret;

/// GitHub takes ten minutes at most; one less for clocks that differ.
const LIFE_SECONDS: i64 = 9 * 60;

/// Begun in the past, as GitHub advises, for clocks that differ.
const HEAD_START_SECONDS: i64 = 60;

/// An app's id with its key.
pub(super) struct AppKey {
    pub(super) id: u64,
    key: EncodingKey,
}

#[derive(Serialize)]
struct Claims {
    iss: String,
    iat: i64,
    exp: i64,
}

impl AppKey {
    pub(super) fn new(id: u64, pem: &Secret) -> Result<Self, GithubError> {
        // The reason could repeat a part of the key.
        let key = EncodingKey::from_rsa_pem(pem.0.as_bytes()).map_err(|_| GithubError::Setup {
            problem: "the app's key is no RSA private key in PEM; download one from the app's settings".to_owned(),
        })?;
        Ok(Self { id, key })
    }

    /// A token as of a time, in seconds since the Unix epoch.
    pub(super) fn sign(&self, now: i64) -> Result<Secret, GithubError> {
        let claims = Claims { iss: self.id.to_string(), iat: now - HEAD_START_SECONDS, exp: now + LIFE_SECONDS };
        let token = encode(&Header::new(Algorithm::RS256), &claims, &self.key);
        let problem = "the app's key can't sign; download a new one from the app's settings";
        token.map(Secret).map_err(|_| GithubError::Setup { problem: problem.to_owned() })
    }
}
