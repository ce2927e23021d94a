//! Which texts name a repository, and which git must not be asked for.

use std::path::Path;

use serde_saphyr::Spanned;

use super::error::{ConfigError, Problem};
use super::source::Source;
use super::value::normal;
use crate::domain::settings::Repository;

/// A folder is relative to `folder`. Of URLs only those that fetch over an authenticated, encrypted channel are
/// taken: `ext::` runs commands, `file://` and `git://` go around what a folder and https promise.
pub(super) fn check(source: &Source, folder: &Path, text: &Spanned<String>) -> Result<Repository, ConfigError> {
    let refuse = |reason: &str| Problem::Repository { reason: reason.to_owned() };
    match classify(&text.value) {
        Ok(Kind::Folder) => Ok(Repository::Folder(normal(&folder.join(&text.value)))),
        Ok(Kind::Url) => Ok(Repository::Url(text.value.clone())),
        // The line holds the password or token.
        Err(Refusal::Credentials) => Err(source.secret_error(
            text.referenced,
            refuse("has a password or token in its URL, which ends in logs and process lists"),
        )),
        Err(Refusal::Because(reason)) => Err(source.error(text.referenced, refuse(&reason))),
    }
}

#[derive(PartialEq, Eq, Debug)]
enum Kind {
    Folder,
    Url,
}

#[derive(PartialEq, Eq, Debug)]
enum Refusal {
    Credentials,
    Because(String),
}

fn classify(text: &str) -> Result<Kind, Refusal> {
    let because = |reason: &str| Err(Refusal::Because(reason.to_owned()));
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return because("is empty or has control characters");
    }
    if text.starts_with('-') {
        return because("looks like an option of git");
    }
    if let Some((scheme, rest)) = text.split_once("://") {
        return classify_url(scheme, rest);
    }
    match text.split_once(':') {
        None => Ok(Kind::Folder),
        Some((before, _)) if before.contains('/') => Ok(Kind::Folder),
        Some((_, after)) if after.starts_with(':') => {
            because("asks for a remote helper of git, which may run anything")
        }
        Some((login, path)) => match login.split_once('@') {
            Some((user, host)) if is_host(host) && is_host(user) && !path.is_empty() && !path.starts_with('-') => {
                Ok(Kind::Url)
            }
            _ => because("is neither a folder nor a URL (write a folder with a colon as `./NAME`)"),
        },
    }
}

fn classify_url(scheme: &str, rest: &str) -> Result<Kind, Refusal> {
    if !matches!(scheme, "https" | "ssh") {
        return Err(Refusal::Because(format!("has the scheme `{}`", super::excerpt::shortened(scheme))));
    }
    let authority = rest.split('/').next().unwrap_or_default();
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    // A user name alone is a token with https, and a login with ssh.
    if user.is_some_and(|user| scheme == "https" || user.contains(':')) {
        return Err(Refusal::Credentials);
    }
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    let bad = !is_host(name) || user.is_some_and(|user| !is_host(user)) || rest.contains(char::is_whitespace);
    if bad { Err(Refusal::Because("has no sound host or path".to_owned())) } else { Ok(Kind::Url) }
}

/// Hosts and logins: nothing that could be read as an option.
fn is_host(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    !text.is_empty() && !text.starts_with('-') && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_safe_urls_are_told_apart() {
        for text in [".demo/shop", "/srv/git/shop.git", "shop", "./a:b", "../x"] {
            assert_eq!(classify(text), Ok(Kind::Folder), "{text}");
        }
        for text in ["https://example.com/shop.git", "ssh://git@example.com:22/shop", "git@example.com:team/shop.git"] {
            assert_eq!(classify(text), Ok(Kind::Url), "{text}");
        }
    }

    #[test]
    fn what_could_run_commands_or_leak_is_refused() {
        let refused = [
            "",
            " ",
            "--upload-pack=touch x",
            "ext::sh -c id",
            "file:///etc",
            "git://example.com/x",
            "http://x/y",
            "ssh://-oProxyCommand=id/x",
            "git@-oProxyCommand=id:x",
            "git@example.com:-x",
            "host:path",
            "https:///x",
            "https://example.com/a b",
            "a\nb",
        ];
        for text in refused {
            assert!(matches!(classify(text), Err(Refusal::Because(_))), "{text}");
        }
        for text in ["https://user:token@example.com/x", "https://token@example.com/x", "ssh://git:pw@example.com/x"] {
            assert_eq!(classify(text), Err(Refusal::Credentials), "{text}");
        }
    }
}
