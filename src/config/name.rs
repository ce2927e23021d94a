//! Names that become parts of containers, volumes, labels and series, each by its pattern.

use serde_saphyr::Spanned;

use super::error::{ConfigError, Problem};
use super::excerpt::shortened;
use super::source::Source;

/// What a kind of name may look like.
pub(super) struct NameKind {
    kind: &'static str,
    pattern: &'static str,
    fits: fn(&str) -> bool,
}

/// Projects, benchmarks, the embedded database: they become parts of names in Docker.
pub(super) const fn slug(kind: &'static str) -> NameKind {
    NameKind { kind, pattern: "a-z, 0-9 and -, at most 40, the first not -", fits: is_slug }
}

/// Queries: their names are the names of series.
pub(super) const QUERY: NameKind =
    NameKind { kind: "query", pattern: "a-z, 0-9 and _, at most 60, the first a letter", fits: is_query_name };

/// Labels and variables, as Prometheus has them.
pub(super) const LABEL: NameKind =
    NameKind { kind: "label", pattern: "letters, digits and _, the first not a digit", fits: is_label };

/// Variables of query sets, which look like labels.
pub(super) const VARIABLE: NameKind = NameKind { kind: "variable", ..LABEL };

/// Requests of a load: label values, to be read by people.
pub(super) const REQUEST: NameKind =
    NameKind { kind: "request", pattern: "1 to 60 characters without control characters", fits: is_title };

/// The operator's label for a machine class.
pub(super) const MACHINE_CLASS: NameKind = NameKind { kind: "machine class", ..REQUEST };

/// What commands in comments begin with. No character of it means anything to Markdown.
pub(super) const COMMAND: NameKind =
    NameKind { kind: "command", pattern: "`/` and then a-z, 0-9 and -, at most 40", fits: is_command };

/// Labels of pull requests.
pub(super) const GITHUB_LABEL: NameKind = NameKind {
    kind: "label of GitHub",
    pattern: "1 to 50 characters without control characters",
    fits: is_github_label,
};

/// Compose services.
pub(super) const SERVICE: NameKind =
    NameKind { kind: "compose service", pattern: "letters, digits, `.`, `_` and -", fits: is_service };

impl NameKind {
    /// Whether a name fits.
    pub(super) fn fits(&self, name: &str) -> bool {
        (self.fits)(name)
    }

    /// The name, if it fits.
    pub(super) fn check(&self, source: &Source, name: &Spanned<String>) -> Result<String, ConfigError> {
        if (self.fits)(&name.value) {
            return Ok(name.value.clone());
        }
        let problem = Problem::Name { name: shortened(&name.value), kind: self.kind, pattern: self.pattern };
        Err(source.error(name.referenced, problem))
    }
}

fn is_slug(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=40).contains(&name.len()) && name.bytes().all(allowed) && !name.starts_with('-')
}

fn is_query_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    name.len() <= 60 && name.bytes().all(allowed) && name.starts_with(|c: char| c.is_ascii_lowercase())
}

fn is_label(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    !name.is_empty() && name.len() <= 100 && name.bytes().all(allowed) && !name.as_bytes()[0].is_ascii_digit()
}

fn is_title(name: &str) -> bool {
    (1..=60).contains(&name.chars().count()) && !name.chars().any(char::is_control) && name.trim() == name
}

fn is_command(name: &str) -> bool {
    name.strip_prefix('/').is_some_and(is_slug)
}

fn is_github_label(name: &str) -> bool {
    is_title(name) && name.chars().count() <= 50
}

fn is_service(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    (1..=100).contains(&name.len()) && name.bytes().all(allowed) && name.as_bytes()[0].is_ascii_alphanumeric()
}
