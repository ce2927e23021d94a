//! Where Postgres is.

use serde_saphyr::Spanned;

use super::error::{ConfigError, Problem};
use super::raw::RawDatabase;
use super::secret::Secrets;
use super::{defaults, name};
use crate::domain::settings::DatabaseSettings;

const KEY: &str = "database.url";

pub(super) fn check(
    secrets: &Secrets<'_>,
    database: Option<Spanned<RawDatabase>>,
) -> Result<DatabaseSettings, ConfigError> {
    let source = secrets.source;
    let Some(Spanned { value: raw, referenced, .. }) = database else {
        return Ok(DatabaseSettings::Embedded { name: defaults::EMBEDDED_DATABASE.to_owned() });
    };
    match (raw.embedded, raw.url) {
        (Some(embedded), None) => {
            Ok(DatabaseSettings::Embedded { name: name::slug("embedded database").check(source, &embedded)? })
        }
        (None, Some(named)) => {
            let (url, location) = secrets.required(KEY, &named)?;
            if !url.0.starts_with("postgres://") && !url.0.starts_with("postgresql://") {
                return Err(source.error(location, Problem::DatabaseUrl { key: KEY }));
            }
            Ok(DatabaseSettings::Url(url))
        }
        // Not quoted: with both given, the line may hold a URL.
        _ => Err(source.secret_error(referenced, Problem::ExactlyOne("`embedded` and `url`"))),
    }
}
