//! YAML into raw types, within bounds; the parser's errors in our words.

use serde::de::DeserializeOwned;
use serde_saphyr::{Error, Location, MessageFormatter, UserMessageFormatter};

use super::error::{ConfigError, Problem};
use super::excerpt::shortened;
use super::nearest::suggest;
use super::source::Source;

/// Reads a file's text as `T`; `required` are the keys that an empty file lacks.
pub(super) fn parse<T: DeserializeOwned>(source: &Source, required: &str) -> Result<T, ConfigError> {
    // Ours is the quoting of lines; and far tighter than the parser's are the bounds: a configuration repeats itself
    // through an alias a few times, a bomb does it exponentially.
    let options = serde_saphyr::options! {
        with_snippet: false,
        budget: serde_saphyr::budget! { max_depth: 32, flow_nesting_limit: 32, max_aliases: 1_000, max_anchors: 1_000 },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 50_000, max_replay_stack_depth: 16 },
    };
    serde_saphyr::from_str_with_options(&source.text, options).map_err(|error| {
        let location = error.location().unwrap_or(Location::UNKNOWN);
        let problem = if is_empty(&source.text) {
            Problem::Empty(required.to_owned())
        } else {
            translate(error.without_snippet(), source)
        };
        source.error(location, problem)
    })
}

fn is_empty(text: &str) -> bool {
    text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#') || line == "---")
}

fn translate(error: &Error, source: &Source) -> Problem {
    match error {
        Error::AliasError { error, .. } => translate(error, source),
        Error::SerdeUnknownField { field, expected, .. } => {
            Problem::UnknownKey { key: shortened(field), hint: suggest(field, expected.iter().copied()) }
        }
        Error::SerdeUnknownVariant { variant, expected, .. } => {
            Problem::UnknownValue { value: shortened(variant), hint: suggest(variant, expected.iter().copied()) }
        }
        Error::SerdeMissingField { field, .. } => Problem::MissingKey { key: (*field).to_owned() },
        Error::DuplicateMappingKey { key, .. } => {
            Problem::DuplicateKey(shortened(key.as_deref().unwrap_or("(not a text)")))
        }
        Error::Message { msg, .. } => Problem::Value(shortened(msg)),
        Error::ExpectedMappingEndAfterEnumVariantValue { .. } => {
            Problem::Value("one key too many: each entry of this list has exactly one".to_owned())
        }
        Error::InvalidScalar { ty, .. } => shape(number(ty), error, source),
        Error::Unexpected { expected, .. } => shape(in_our_words(expected), error, source),
        Error::NullIntoString { .. } => shape("a text", error, source),
        Error::SerdeInvalidType { expected, .. } | Error::SerdeInvalidValue { expected, .. } => {
            shape(expected, error, source)
        }
        Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::RecursiveReferencesRequireWeakTypes { .. }
        | Error::Budget { .. } => Problem::TooComplex(message(error)),
        other => Problem::Syntax(message(other)),
    }
}

/// The parser's own message, without its place.
fn message(error: &Error) -> String {
    shortened(&UserMessageFormatter.format_message(error))
}

fn shape(expected: &str, error: &Error, source: &Source) -> Problem {
    let word = error.location().and_then(|location| source.word(location));
    let found = word.map(|word| format!(", found `{word}`")).unwrap_or_default();
    Problem::Shape { expected: expected.to_owned(), found }
}

fn number(ty: &str) -> &'static str {
    match ty {
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" => "a whole number, 0 or more",
        "f64" => "a number",
        "bool" => "`true` or `false`",
        _ => "another kind of value",
    }
}

fn in_our_words(expected: &str) -> &str {
    match expected {
        "string scalar" => "a text",
        "mapping start" => "a block of `key: value`",
        "sequence start" => "a list, one `- ` a line or in [ ]",
        other => other,
    }
}
