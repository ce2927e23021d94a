//! Whether a delivery is GitHub's: an HMAC over the bytes as they came, never over what was read from them.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use thiserror::Error;

use crate::domain::settings::Secret;

/// What the header `X-Hub-Signature-256` begins with. The older `X-Hub-Signature`, with SHA-1, is not looked at.
const SCHEME: &str = "sha256=";

/// A delivery that is not shown to be GitHub's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum SignatureError {
    /// There is no signature.
    #[error("the delivery has no `X-Hub-Signature-256`: give the webhook a secret on GitHub")]
    Absent,
    /// What is there is none.
    #[error("`X-Hub-Signature-256` is not `sha256=` and 64 hexadecimal digits")]
    Malformed,
    /// It was made with another secret, or over another body.
    #[error("the signature fits none of our secrets: compare the webhook's secret with `github.webhook_secret`")]
    Wrong,
}

impl SignatureError {
    /// Whether the request makes no sense, rather than coming from somebody who does not know the secret.
    pub fn is_malformed(self) -> bool {
        self == Self::Malformed
    }
}

/// Checks a delivery's signature against each secret, in constant time. Without secrets nothing fits.
///
/// # Errors
/// It has none, it is none, or it fits no secret.
pub fn verify(secrets: &[Secret], signature: Option<&str>, body: &[u8]) -> Result<(), SignatureError> {
    let digits = signature.ok_or(SignatureError::Absent)?.strip_prefix(SCHEME).ok_or(SignatureError::Malformed)?;
    let mut told = [0; 32];
    hex::decode_to_slice(digits, &mut told).map_err(|_| SignatureError::Malformed)?;
    // Every secret is tried, so that the time tells nothing of which one fits.
    let fits = secrets.iter().filter(|secret| is_made_with(secret, body, &told)).count();
    if fits > 0 { Ok(()) } else { Err(SignatureError::Wrong) }
}

fn is_made_with(secret: &Secret, body: &[u8], told: &[u8]) -> bool {
    // Anybody can sign with an empty secret. The configuration has none; this does not rely on it.
    let key = Some(secret.0.as_bytes()).filter(|key| !key.is_empty());
    let Some(mut mac) = key.and_then(|key| Hmac::<Sha256>::new_from_slice(key).ok()) else { return false };
    mac.update(body);
    mac.verify_slice(told).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"Hello, World!";
    /// GitHub's own example, for the secret below.
    const SIGNED: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn secret(text: &str) -> Secret {
        Secret(text.to_owned())
    }

    fn ours() -> Vec<Secret> {
        vec![secret("It's a Secret to Everybody")]
    }

    #[test]
    fn githubs_own_example_fits() {
        assert_eq!(verify(&ours(), Some(SIGNED), BODY), Ok(()));
    }

    #[test]
    fn either_of_two_secrets_fits_while_they_are_changed() {
        for secrets in [[ours(), vec![secret("new")]].concat(), [vec![secret("old")], ours()].concat()] {
            assert_eq!(verify(&secrets, Some(SIGNED), BODY), Ok(()));
        }
        assert_eq!(verify(&[secret("old"), secret("new")], Some(SIGNED), BODY), Err(SignatureError::Wrong));
    }

    #[test]
    fn what_is_absent_malformed_or_wrong_is_told_apart() {
        let sha1 = "sha1=757107ea0eb2509fc211221cce984b8a37570b6d";
        let digits = SIGNED.strip_prefix(SCHEME).unwrap();
        let malformed = [
            "",
            "sha256=",
            sha1,
            digits,
            &SIGNED[..SIGNED.len() - 2],
            &format!("{SIGNED}00"),
            &SIGNED.replace('7', "x"),
            &format!(" {SIGNED}"),
            "sha256=é",
        ];
        assert_eq!(verify(&ours(), None, BODY), Err(SignatureError::Absent));
        for signature in malformed {
            assert_eq!(verify(&ours(), Some(signature), BODY), Err(SignatureError::Malformed), "{signature}");
        }
        let other = SIGNED.replacen('7', "8", 1);
        assert_eq!(verify(&ours(), Some(&other), BODY), Err(SignatureError::Wrong));
        assert_eq!(verify(&[], Some(SIGNED), BODY), Err(SignatureError::Wrong));
    }

    #[test]
    fn the_bytes_count_and_not_what_they_mean() {
        let sign = |body: &[u8]| {
            let mut mac = Hmac::<Sha256>::new_from_slice(b"secret").unwrap();
            mac.update(body);
            format!("{SCHEME}{}", hex::encode(mac.finalize().into_bytes()))
        };
        let (sent, written_again) = (br#"{"a": 1}"#, br#"{"a":1}"#);
        assert_eq!(verify(&[secret("secret")], Some(&sign(sent)), sent), Ok(()));
        assert_eq!(verify(&[secret("secret")], Some(&sign(sent)), written_again), Err(SignatureError::Wrong));
    }

    #[test]
    fn an_empty_secret_opens_nothing() {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"").unwrap();
        mac.update(BODY);
        let signature = format!("{SCHEME}{}", hex::encode(mac.finalize().into_bytes()));
        assert_eq!(verify(&[secret("")], Some(&signature), BODY), Err(SignatureError::Wrong));
    }
}
