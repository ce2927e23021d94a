//! Single values that several parts of the settings have: bounded numbers and paths.

use std::path::{Path, PathBuf};

use serde_saphyr::{Location, Spanned};

use super::error::{ConfigError, Problem};
use super::source::Source;

/// A number within its bounds, or the default.
pub(super) fn bounded<T: TryFrom<u64>>(
    source: &Source,
    key: &'static str,
    number: Option<Spanned<u64>>,
    default: u64,
    min: u64,
    max: u64,
) -> Result<T, ConfigError> {
    let (value, location) = number.map_or((default, Location::UNKNOWN), |n| (n.value, n.referenced));
    let wrong = || source.error(location, Problem::Range { key, value, min, max });
    if value < min || value > max {
        return Err(wrong());
    }
    T::try_from(value).map_err(|_| wrong())
}

/// A path, relative to the configuration's folder.
pub(super) fn resolve(source: &Source, folder: &Path, text: &Spanned<String>) -> Result<PathBuf, ConfigError> {
    if text.value.trim().is_empty() {
        return Err(source.error(text.referenced, Problem::Value("expected a path, found an empty text".to_owned())));
    }
    // Components leave `.` out, so that messages show `/srv/shop` and not `/srv/./shop`.
    Ok(folder.join(&text.value).components().collect())
}
