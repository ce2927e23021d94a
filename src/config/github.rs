//! The repository on GitHub: who we are there, what starts a measurement, what is posted.

use std::collections::BTreeMap;

use globset::GlobBuilder;
use serde_saphyr::Spanned;

use super::error::{ConfigError, Problem};
use super::excerpt::shortened;
use super::raw::RawGithub;
use super::secret::{APP_KEY, Secrets, TOKEN};
use super::source::Source;
use super::value::bounded;
use super::{defaults, name, nearest, url};
use crate::domain::rules::{Credentials, GithubSettings};
use crate::domain::settings::{Benchmark, Secret};

const WEBHOOK_SECRET: &str = "github.webhook_secret";
const PREVIOUS_WEBHOOK_SECRET: &str = "github.previous_webhook_secret";
/// GitHub counts with positive numbers of 64 bits, signed.
const LARGEST_ID: u64 = i64::MAX as u64;

/// The settings; none where our credentials are not set here.
pub(super) fn check(
    secrets: &Secrets<'_>,
    raw: Spanned<RawGithub>,
    benchmarks: &BTreeMap<String, Benchmark>,
) -> Result<Option<GithubSettings>, ConfigError> {
    let source = secrets.source;
    let credentials = credentials(secrets, &raw)?;
    let raw = raw.value;
    let webhook_secrets = webhook_secrets(secrets, &raw)?;
    let repository = raw.repository.value.parse().map_err(|_| {
        let found = shortened(&raw.repository.value);
        let message = format!("`{found}` is no repository of GitHub; expected OWNER/NAME");
        source.error(raw.repository.referenced, Problem::Value(message))
    })?;
    let hook: Option<i64> = raw.hook.map(|hook| bounded(source, "hook", Some(hook), 1, 1, LARGEST_ID)).transpose()?;
    let api = raw.api.map(|api| url::of_api(source, "github.api", &api)).transpose()?;
    let command = raw.command.map(|command| name::COMMAND.check(source, &command)).transpose()?;
    let label = raw.label.map(|label| name::GITHUB_LABEL.check(source, &label)).transpose()?;
    let ignore = raw.ignore.iter().map(|pattern| glob(source, pattern)).collect::<Result<_, _>>()?;
    let chosen = raw.benchmarks.iter().map(|name| known_benchmark(source, name, benchmarks));
    let chosen = chosen.collect::<Result<_, _>>()?;
    Ok(credentials.map(|credentials| GithubSettings {
        repository,
        api: api.unwrap_or_else(|| defaults::GITHUB_API.to_owned()),
        credentials,
        webhook_secrets,
        hook,
        command: command.unwrap_or_else(|| defaults::COMMAND.to_owned()),
        tests: raw.tests,
        label: label.unwrap_or_else(|| defaults::LABEL.to_owned()),
        drafts: raw.drafts,
        ignore,
        benchmarks: chosen,
        missing_baseline: raw.missing_baseline,
        regression_issue: raw.regression_issue,
    }))
}

fn credentials(secrets: &Secrets<'_>, raw: &Spanned<RawGithub>) -> Result<Option<Credentials>, ConfigError> {
    let source = secrets.source;
    match (&raw.value.app, &raw.value.token) {
        (Some(app), None) => {
            let id = bounded(source, "id", Some(app.id.clone()), 1, 1, LARGEST_ID)?;
            let what = "private key: expected PEM, as GitHub gives it";
            let key = secrets.optional(APP_KEY, Some(&app.key), is_private_key, what)?;
            Ok(key.map(|key| Credentials::App { id, key: with_lines(key) }))
        }
        (None, Some(token)) => {
            let what = "token: it has spaces or other characters that no token has";
            Ok(secrets.optional(TOKEN, Some(token), is_printable, what)?.map(Credentials::Token))
        }
        // Not quoted: the line may hold a token.
        _ => Err(source.secret_error(raw.referenced, Problem::ExactlyOne("`app` and `token`"))),
    }
}

fn webhook_secrets(secrets: &Secrets<'_>, raw: &RawGithub) -> Result<Vec<Secret>, ConfigError> {
    if let (None, Some(previous)) = (&raw.webhook_secret, &raw.previous_webhook_secret) {
        let message = "`previous_webhook_secret` stands beside `webhook_secret`, which is missing".to_owned();
        return Err(secrets.source.secret_error(previous.referenced, Problem::Value(message)));
    }
    let both = [(WEBHOOK_SECRET, &raw.webhook_secret), (PREVIOUS_WEBHOOK_SECRET, &raw.previous_webhook_secret)];
    let mut set = Vec::new();
    for (key, named) in both {
        set.extend(secrets.optional(key, named.as_ref(), is_secret, "secret: it is shorter than 8 characters")?);
    }
    Ok(set)
}

fn is_secret(text: &str) -> bool {
    text.chars().count() >= 8
}

fn is_printable(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic())
}

fn is_private_key(text: &str) -> bool {
    text.starts_with("-----BEGIN ") && text.contains("PRIVATE KEY-----")
}

/// Variables often hold a key on one line, its line breaks as `\n`.
fn with_lines(key: Secret) -> Secret {
    if key.0.contains('\n') { key } else { Secret(key.0.replace("\\n", "\n")) }
}

fn glob(source: &Source, pattern: &Spanned<String>) -> Result<String, ConfigError> {
    let text = &pattern.value;
    let wrong = |reason: &str| {
        let message = format!("`{}` is no pattern of files: {reason}", shortened(text));
        Err(source.error(pattern.referenced, Problem::Value(message)))
    };
    if text.is_empty() || text.starts_with(['/', '!']) {
        return wrong("expected one that is relative to the repository, such as `docs/**` or `*.md`");
    }
    match GlobBuilder::new(text).literal_separator(true).build() {
        Ok(_) => Ok(text.clone()),
        Err(error) => wrong(&shortened(&error.kind().to_string())),
    }
}

/// A benchmark of this configuration.
pub(super) fn known_benchmark(
    source: &Source,
    name: &Spanned<String>,
    benchmarks: &BTreeMap<String, Benchmark>,
) -> Result<String, ConfigError> {
    if benchmarks.contains_key(&name.value) {
        return Ok(name.value.clone());
    }
    let hint = nearest::suggest(&name.value, benchmarks.keys().map(String::as_str));
    let message = format!("there is no benchmark `{}`: {hint}", shortened(&name.value));
    Err(source.error(name.referenced, Problem::Value(message)))
}
