//! How git shows who we are to a private repository: by an askpass program that says a token, which is in the
//! environment of that one git command and nowhere else. Never in a URL, an argument, or a file.

use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::fs;

use super::error::CheckoutError;
use super::git::Git;
use crate::domain::settings::{Repository, Secret};

/// Why a token can't be had.
pub type TokenError = Box<dyn std::error::Error + Send + Sync>;

/// Gives a token that may read the repository, fresh enough for one fetch; none: ask without.
#[derive(Clone)]
pub struct TokenSource(Arc<dyn Fn() -> BoxFuture<'static, Result<Option<Secret>, TokenError>> + Send + Sync>);

impl TokenSource {
    /// One that asks `give` before each fetch.
    pub fn new<F>(give: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Option<Secret>, TokenError>> + Send + 'static,
    {
        Self(Arc::new(move || Box::pin(give())))
    }

    async fn token(&self) -> Result<Option<Secret>, CheckoutError> {
        (self.0)().await.map_err(CheckoutError::Token)
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSource")
    }
}

/// Answers git's questions with what its environment says, and only those for the configured host: a redirect to
/// another one learns nothing.
const ASKPASS: &str = r#"#!/bin/sh
# Written by Loadmark: tells git the token of one fetch. It holds no secret itself.
case "$1" in
    "Username for 'https://$LOADMARK_GIT_HOST'"* | "Username for 'https://$LOADMARK_GIT_HOST/"*)
        echo x-access-token ;;
    "Password for 'https://"*"@$LOADMARK_GIT_HOST'"* | "Password for 'https://"*"@$LOADMARK_GIT_HOST/"*)
        printf '%s\n' "$LOADMARK_GIT_TOKEN" ;;
    *) exit 1 ;;
esac
"#;

/// Who we are to one repository.
#[derive(Clone, Debug)]
pub(super) struct Access {
    tokens: Option<TokenSource>,
    host: Option<String>,
    askpass: PathBuf,
}

impl Access {
    /// To that repository, with our program in the data folder.
    pub(super) fn new(tokens: Option<TokenSource>, source: &Repository, data: &Path) -> Self {
        Self { tokens, host: host(source), askpass: data.join("askpass.sh") }
    }

    /// The command as one that may read the repository.
    pub(super) async fn given_to(&self, git: Git) -> Result<Git, CheckoutError> {
        let (Some(tokens), Some(host)) = (&self.tokens, &self.host) else { return Ok(git) };
        let Some(token) = tokens.token().await? else { return Ok(git) };
        self.write_askpass().await?;
        Ok(git
            // No credential helper, the empty one says: one of this host's user would keep the token on disk.
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", "credential.helper")
            .env("GIT_CONFIG_VALUE_0", "")
            .env("GIT_ASKPASS", &self.askpass)
            .env("LOADMARK_GIT_HOST", host)
            .env("LOADMARK_GIT_TOKEN", token.0))
    }

    /// Beside its place and moved there whole: another process may be about to run it.
    async fn write_askpass(&self) -> Result<(), CheckoutError> {
        if fs::read(&self.askpass).await.is_ok_and(|there| there == ASKPASS.as_bytes()) {
            return Ok(());
        }
        let io = |operation| {
            let path = self.askpass.clone();
            move |source| CheckoutError::Io { operation, path, source }
        };
        let new = self.askpass.with_extension(format!("{}.new", std::process::id()));
        fs::write(&new, ASKPASS).await.map_err(io("write"))?;
        fs::set_permissions(&new, std::fs::Permissions::from_mode(0o700)).await.map_err(io("make executable"))?;
        fs::rename(&new, &self.askpass).await.map_err(io("write"))
    }
}

/// The host of an https repository, as git names it when it asks, with its port; none of others, which need no token.
fn host(source: &Repository) -> Option<String> {
    let Repository::Url(url) = source else { return None };
    let authority = url.strip_prefix("https://")?.split('/').next()?;
    let host = authority.rsplit('@').next()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
    (!host.is_empty() && host.bytes().all(is_plain)).then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn only_https_takes_a_token() {
        let of = |url: &str| host(&Repository::Url(url.to_owned()));
        assert_eq!(of("https://github.com/team/shop.git").as_deref(), Some("github.com"));
        assert_eq!(of("https://bot@git.example:8443/shop").as_deref(), Some("git.example:8443"));
        assert_eq!([of("git@github.com:team/shop"), of("ssh://github.com/x"), of("https://a'b/x")], [None, None, None]);
        assert_eq!(host(&Repository::Folder(PathBuf::from("/srv/shop"))), None);
    }

    #[tokio::test]
    async fn the_token_is_told_to_the_configured_host_alone() {
        let folder = tempfile::tempdir().unwrap();
        let source = Repository::Url("https://github.com/team/shop".to_owned());
        let access = Access::new(None, &source, folder.path());
        access.write_askpass().await.unwrap();
        access.write_askpass().await.unwrap();
        let ask = |prompt: &str| {
            let mut command = Command::new(&access.askpass);
            command.arg(prompt).env("LOADMARK_GIT_HOST", "github.com").env("LOADMARK_GIT_TOKEN", "c4n4ry");
            String::from_utf8(command.output().unwrap().stdout).unwrap()
        };
        assert_eq!(ask("Username for 'https://github.com': "), "x-access-token\n");
        assert_eq!(ask("Password for 'https://x-access-token@github.com': "), "c4n4ry\n");
        for prompt in [
            "Password for 'https://x-access-token@github.com.evil.example': ",
            "Password for 'https://x-access-token@evil.example': ",
            "Password for 'http://x-access-token@github.com': ",
            "Username for 'https://evil.example': ",
            "",
        ] {
            assert_eq!(ask(prompt), "", "{prompt}");
        }
        let mode = std::fs::metadata(&access.askpass).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert!(!std::fs::read_to_string(&access.askpass).unwrap().contains("c4n4ry"));
    }
}
