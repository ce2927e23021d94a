//! Who may do more than look: whoever shows the manager's API token.

use axum::http::{HeaderMap, StatusCode, header};
use sha2::{Digest, Sha256};

use super::error::Refusal;
use super::state::App;

/// Refuses a request that changes something, unless it shows the token and is no form of a foreign page.
pub(super) fn may_write(app: &App, headers: &HeaderMap) -> Result<(), Refusal> {
    let token = app.projects.first().and_then(|project| project.manager.api_token.as_ref());
    let Some(token) = token else {
        let message = "this manager takes no requests: set manager.api_token in its configuration to allow them";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "not-enabled", message));
    };
    let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown.and_then(|text| text.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, shown)) = shown else {
        let message = "send the manager's token as `Authorization: Bearer TOKEN`";
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "no-token", message));
    };
    if !is_equal(shown.trim(), &token.0) {
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "wrong-token", "this is not the manager's token"));
    }
    Ok(())
}

/// Compares digests without stopping early: the time tells neither where two tokens differ nor how long ours is.
fn is_equal(one: &str, other: &str) -> bool {
    let (one, other) = (Sha256::digest(one), Sha256::digest(other));
    one.iter().zip(other.iter()).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_equal_tokens_are_equal() {
        assert!(is_equal("canary", "canary"));
        for other in ["", "canar", "canary ", "Canary", "canarz"] {
            assert!(!is_equal("canary", other), "{other}");
        }
    }
}
