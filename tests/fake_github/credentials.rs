//! Who asks, and what they may.

use std::collections::BTreeMap;
use std::fmt;

use axum::http::HeaderMap;
use octocrab::jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::Value;

use super::state::{Grant, State};
use super::{APP_ID, bot};

const PUBLIC_KEY: &str = include_str!("app.pub.pem");

/// Who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Who {
    Nobody,
    App,
    Installation { repositories: Vec<String>, permissions: BTreeMap<String, String> },
    User(String),
    Workflow,
}

impl Who {
    /// The account that what they write is by.
    pub fn login(&self) -> String {
        match self {
            Self::User(login) => login.clone(),
            Self::Workflow => "github-actions[bot]".to_owned(),
            Self::Nobody | Self::App | Self::Installation { .. } => bot(),
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("nobody"),
            Self::App => f.write_str("app"),
            Self::Installation { .. } => f.write_str("installation"),
            Self::User(login) => write!(f, "user {login}"),
            Self::Workflow => f.write_str("workflow"),
        }
    }
}

pub fn who(state: &State, headers: &HeaderMap) -> Who {
    let shown = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let Some(token) = shown.strip_prefix("Bearer ").or_else(|| shown.strip_prefix("token ")) else {
        return Who::Nobody;
    };
    if token.starts_with("ey") {
        return if is_signed_by_app(state.now(), token) { Who::App } else { Who::Nobody };
    }
    match state.tokens.get(token) {
        Some(Grant::User(login)) => Who::User(login.clone()),
        Some(Grant::Workflow) => Who::Workflow,
        Some(Grant::Installation { ends, repositories, permissions }) if state.now() < *ends => {
            Who::Installation { repositories: repositories.clone(), permissions: permissions.clone() }
        }
        Some(Grant::Installation { .. }) | None => Who::Nobody,
    }
}

/// GitHub's rules for an app's JWT: signed by its key, begun in the past, over soon, and for ten minutes at most.
fn is_signed_by_app(now: i64, token: &str) -> bool {
    let key = DecodingKey::from_rsa_pem(PUBLIC_KEY.as_bytes()).expect("the fake's own key");
    let mut rules = Validation::new(Algorithm::RS256);
    // Times are held against the fake's clock below.
    rules.required_spec_claims.clear();
    rules.validate_exp = false;
    let Ok(found) = decode::<Value>(token, &key, &rules) else { return false };
    let claim = |name: &str| found.claims[name].as_i64();
    let (Some(begun), Some(ends)) = (claim("iat"), claim("exp")) else { return false };
    let is_ours = found.claims["iss"].as_str() == Some(&APP_ID.to_string());
    is_ours && begun <= now && now < ends && ends <= now + 600
}
