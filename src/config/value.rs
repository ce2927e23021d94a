//! Single values that several parts of the settings have: bounded numbers and paths.

use std::path::{Component, Path, PathBuf};

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

/// A path, relative to the configuration's folder, without `.` and `..`.
pub(super) fn resolve(source: &Source, folder: &Path, text: &Spanned<String>) -> Result<PathBuf, ConfigError> {
    if text.value.trim().is_empty() {
        return Err(source.error(text.referenced, Problem::Value("expected a path, found an empty text".to_owned())));
    }
    Ok(normal(&folder.join(&text.value)))
}

/// A path without `.` and `..`, as the compose tool cleans those that it is given: its answers are compared with
/// ours. Like a shell's `cd`, it takes `link/..` for the folder that holds the link. A `..` that leads out of a
/// relative path stays.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut kept = PathBuf::new();
    for part in path.components() {
        match (part, kept.components().next_back()) {
            (Component::CurDir, _) | (Component::ParentDir, Some(Component::RootDir)) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                kept.pop();
            }
            _ => kept.push(part),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_left_out_and_what_leads_out_of_a_relative_path_stays() {
        let cases = [
            ("/srv/./shop", "/srv/shop"),
            ("/srv/shop/../data", "/srv/data"),
            ("/srv/../../data", "/data"),
            ("a/b/../../c", "c"),
            ("a/../..", ".."),
            ("../../a", "../../a"),
        ];
        for (path, expected) in cases {
            assert_eq!(normal(Path::new(path)), Path::new(expected), "{path}");
        }
    }
}
