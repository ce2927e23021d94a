//! Where Postgres is; the one place that looks up environment variables and secret files, those that are named.

use serde_saphyr::{Location, Spanned};

use super::error::{ConfigError, Problem};
use super::raw::{RawDatabase, RawSecretSource};
use super::shape::TextOrBlock;
use super::source::Source;
use super::{defaults, name};
use crate::domain::settings::{DatabaseSettings, Secret};

const KEY: &str = "database.url";

/// The environment, by name.
pub(super) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

pub(super) fn check(
    source: &Source,
    database: Option<Spanned<RawDatabase>>,
    environment: Environment<'_>,
) -> Result<DatabaseSettings, ConfigError> {
    let Some(Spanned { value: raw, referenced, .. }) = database else {
        return Ok(DatabaseSettings::Embedded { name: defaults::EMBEDDED_DATABASE.to_owned() });
    };
    match (raw.embedded, raw.url) {
        (Some(embedded), None) => {
            Ok(DatabaseSettings::Embedded { name: name::slug("embedded database").check(source, &embedded)? })
        }
        (None, Some(Spanned { value: TextOrBlock::Block(named), referenced, .. })) => {
            url(source, &named, referenced, environment).map(DatabaseSettings::Url)
        }
        (None, Some(Spanned { value: TextOrBlock::Text(_), referenced, .. })) => {
            Err(source.secret_error(referenced, Problem::InlineSecret { key: KEY }))
        }
        // Not quoted: with both given, the line may hold a URL.
        _ => Err(source.secret_error(referenced, Problem::ExactlyOne("`embedded` and `url`"))),
    }
}

fn url(
    source: &Source,
    named: &RawSecretSource,
    location: Location,
    environment: Environment<'_>,
) -> Result<Secret, ConfigError> {
    let (text, location) = match (&named.env, &named.file) {
        (Some(variable), None) => {
            let unset = || Problem::EnvironmentUnset { key: KEY, variable: variable.value.clone() };
            let value = environment(&variable.value).filter(|value| !value.trim().is_empty());
            (value.ok_or_else(|| source.error(variable.referenced, unset()))?, variable.referenced)
        }
        (None, Some(file)) => (source.read_named(&file.value, file.referenced)?.text, file.referenced),
        _ => return Err(source.error(location, Problem::ExactlyOne("`env` and `file`"))),
    };
    let url = text.trim();
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(source.error(location, Problem::DatabaseUrl { key: KEY }));
    }
    Ok(Secret(url.to_owned()))
}
