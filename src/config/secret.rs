//! Secrets: the one place that looks up environment variables and secret files, those that are named.
//!
//! A secret of the manager or of GitHub that is not set here is no mistake: the same configuration serves developers,
//! who measure without it. It is remembered, and [`require_secrets`] refuses where it is needed.

use std::cell::RefCell;

use serde_saphyr::{Location, Spanned};

use super::error::{ConfigError, Problem};
use super::raw::RawSecret;
use super::shape::TextOrBlock;
use super::source::Source;
use crate::domain::settings::{Secret, Settings, UnsetSecret};

/// The environment, by name.
pub(super) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Refuses settings that name a secret which is not set here: `serve` needs all of them.
///
/// # Errors
/// The first one that is named and not set.
pub fn require_secrets(settings: &Settings) -> Result<(), ConfigError> {
    refuse_first(settings.unset.iter())
}

/// Refuses settings that name credentials for GitHub which are not set here. `worker` needs no more: they clone
/// private repositories.
///
/// # Errors
/// They are named and not set.
pub fn require_credentials(settings: &Settings) -> Result<(), ConfigError> {
    refuse_first(settings.unset.iter().filter(|unset| [APP_KEY, TOKEN].contains(&unset.key)))
}

fn refuse_first<'a>(mut unset: impl Iterator<Item = &'a UnsetSecret>) -> Result<(), ConfigError> {
    match unset.next() {
        Some(unset) => Err(ConfigError::Unset(unset.why.clone())),
        None => Ok(()),
    }
}

/// The keys that show GitHub who we are.
pub(super) const APP_KEY: &str = "github.app.key";
pub(super) const TOKEN: &str = "github.token";

/// Looks secrets up, and remembers which are not set.
pub(super) struct Secrets<'a> {
    pub(super) source: &'a Source,
    environment: Environment<'a>,
    unset: RefCell<Vec<UnsetSecret>>,
}

impl<'a> Secrets<'a> {
    pub(super) fn new(source: &'a Source, environment: Environment<'a>) -> Self {
        Self { source, environment, unset: RefCell::default() }
    }

    /// Those that were optional, and not set.
    pub(super) fn unset(self) -> Vec<UnsetSecret> {
        self.unset.into_inner()
    }

    /// A secret that must be set, with its place.
    pub(super) fn required(
        &self,
        key: &'static str,
        named: &Spanned<RawSecret>,
    ) -> Result<(Secret, Location), ConfigError> {
        self.look_up(key, named)?
    }

    /// A secret that may be left unset. `fits` tells whether it can be one, and `what` it should be.
    pub(super) fn optional(
        &self,
        key: &'static str,
        named: Option<&Spanned<RawSecret>>,
        fits: fn(&str) -> bool,
        what: &str,
    ) -> Result<Option<Secret>, ConfigError> {
        let Some(named) = named else { return Ok(None) };
        match self.look_up(key, named)? {
            Ok((secret, _)) if fits(&secret.0) => Ok(Some(secret)),
            Ok((_, location)) => {
                let message = format!("the value that `{key}` names is no {what}");
                Err(self.source.error(location, Problem::Value(message)))
            }
            Err(error) => {
                self.unset.borrow_mut().push(UnsetSecret { key, why: error.to_string() });
                Ok(None)
            }
        }
    }

    /// The outer error is a mistake, the inner one tells that it is not set.
    fn look_up(
        &self,
        key: &'static str,
        named: &Spanned<RawSecret>,
    ) -> Result<Result<(Secret, Location), ConfigError>, ConfigError> {
        let named_by = match &named.value {
            TextOrBlock::Block(named_by) => named_by,
            TextOrBlock::Text(_) => {
                return Err(self.source.secret_error(named.referenced, Problem::InlineSecret { key }));
            }
        };
        let sound = |text: String, location| {
            let text = text.trim();
            (!text.is_empty()).then(|| (Secret(text.to_owned()), location))
        };
        match (&named_by.env, &named_by.file) {
            (Some(variable), None) => {
                let found = (self.environment)(&variable.value).and_then(|text| sound(text, variable.referenced));
                let unset = || Problem::EnvironmentUnset { key, variable: variable.value.clone() };
                Ok(found.ok_or_else(|| self.source.error(variable.referenced, unset())))
            }
            (None, Some(file)) => Ok(self.source.read_named(&file.value, file.referenced).and_then(|read| {
                let empty = || Problem::Value(format!("the file that `{key}` names is empty"));
                sound(read.text, file.referenced).ok_or_else(|| self.source.error(file.referenced, empty()))
            })),
            _ => Err(self.source.error(named.referenced, Problem::ExactlyOne("`env` and `file`"))),
        }
    }
}
