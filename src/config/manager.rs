//! The manager: where it listens, where people reach it, what it takes on.

use std::path::Path;

use serde_saphyr::Spanned;

use super::error::{ConfigError, Problem};
use super::excerpt::shortened;
use super::raw::RawManager;
use super::secret::Secrets;
use super::source::Source;
use super::value::{bounded, resolve};
use super::{defaults, url};
use crate::domain::rules::ManagerSettings;
use crate::domain::units::BYTES;

const API_TOKEN: &str = "manager.api_token";
/// A token that nobody guesses: as many characters as 64 random bits have in hexadecimal.
const SHORTEST_TOKEN: usize = 16;

pub(super) fn check(secrets: &Secrets<'_>, folder: &Path, raw: RawManager) -> Result<ManagerSettings, ConfigError> {
    let source = secrets.source;
    let default = defaults::manager();
    let is_token = |text: &str| text.len() >= SHORTEST_TOKEN && text.bytes().all(|b| b.is_ascii_graphic());
    let what = "token: expected at least 16 printable ASCII characters without spaces";
    Ok(ManagerSettings {
        listen: raw.listen.map_or(Ok(default.listen), |address| listen(source, &address))?,
        url: raw.url.map(|text| url::of_ours(source, "manager.url", &text)).transpose()?,
        concurrency: bounded(source, "concurrency", raw.concurrency, default.concurrency.into(), 1, 64)?,
        projects: raw.projects.iter().map(|path| resolve(source, folder, path)).collect::<Result<_, _>>()?,
        api_token: secrets.optional(API_TOKEN, raw.api_token.as_ref(), is_token, what)?,
        drain: raw.drain.unwrap_or(default.drain),
        reconcile: match raw.reconcile {
            Some(span) if span.value.0.is_zero() => {
                return Err(source.error(span.referenced, Problem::Value("`reconcile` is 0; expected more".to_owned())));
            }
            span => span.map_or(default.reconcile, |span| span.value),
        },
        min_free_bytes: raw.min_free_space.map_or(Ok(default.min_free_bytes), |text| bytes(source, &text))?,
    })
}

fn listen(source: &Source, address: &Spanned<String>) -> Result<std::net::SocketAddr, ConfigError> {
    address.value.parse().map_err(|_| {
        let found = shortened(&address.value);
        let message = format!(
            "`{found}` is no address to listen on: expected ADDRESS:PORT, such as `127.0.0.1:8080` or `[::]:8080`"
        );
        source.error(address.referenced, Problem::Value(message))
    })
}

fn bytes(source: &Source, size: &Spanned<String>) -> Result<u64, ConfigError> {
    match BYTES.parse(&size.value) {
        // More than any disk has is as good as the most there is.
        Ok(bytes) => Ok(bytes as u64),
        Err(error) => Err(source.error(size.referenced, Problem::Value(shortened(&error.to_string())))),
    }
}
