//! What holds for single series of a query, chosen by their labels.

use std::collections::BTreeMap;

use serde_saphyr::{Location, Spanned};

use super::error::{ConfigError, Problem};
use super::excerpt::shortened;
use super::nearest::suggest;
use super::query_raw::RawSeriesRule;
use super::terms::{About, Origin, Terms, Written, written};
use crate::domain::limit::Limit;
use crate::domain::query::{Muted, QUANTILE, SeriesRule};

/// A rule, with the places of what may contradict something.
pub(super) struct Rule {
    labels: BTreeMap<String, String>,
    quantile: Option<f64>,
    primary: Option<Written<bool>>,
    pub(super) limit: Option<Written<Limit>>,
    warn: Option<Written<Limit>>,
    improvement: Option<Written<Limit>>,
    required: Option<bool>,
    nullable: Option<bool>,
    muted: Option<Muted>,
}

/// The rules of one file, in their order: the first that fits a series holds for it.
pub(super) fn read_all(
    about: &About<'_>,
    origin: Origin,
    raw: &[Spanned<RawSeriesRule>],
) -> Result<Vec<Rule>, ConfigError> {
    let mut rules: Vec<Rule> = Vec::with_capacity(raw.len());
    for one in raw {
        let rule = read(about, origin, one)?;
        let fits_too =
            |earlier: &&Rule| earlier.labels.iter().all(|(name, value)| rule.labels.get(name) == Some(value));
        if let Some(earlier) = rules.iter().find(fits_too) {
            let problem = Problem::Shadowed { query: about.name(), by: shown(&earlier.labels) };
            return Err(about.error(origin, one.value.labels.referenced, problem));
        }
        rules.push(rule);
    }
    Ok(rules)
}

fn read(about: &About<'_>, origin: Origin, raw: &Spanned<RawSeriesRule>) -> Result<Rule, ConfigError> {
    let Spanned { value: raw, referenced: at, .. } = raw;
    let (labels, quantile) = labels(about, origin, raw)?;
    let rule = Rule {
        labels,
        quantile,
        primary: raw.primary.as_ref().map(|primary| written(primary.value, origin, primary)),
        limit: raw.limit.as_ref().map(|limit| about.limit(origin, limit)).transpose()?,
        warn: raw.warn.as_ref().map(|warn| about.limit(origin, warn)).transpose()?,
        improvement: raw.improvement.as_ref().map(|limit| about.improvement(origin, limit)).transpose()?,
        required: raw.required,
        nullable: raw.nullable,
        muted: raw.muted.as_ref().map(|muted| about.muted(origin, muted)).transpose()?,
    };
    if rule.says_nothing() {
        return Err(says_nothing(about, origin, *at));
    }
    Ok(rule)
}

fn says_nothing(about: &About<'_>, origin: Origin, at: Location) -> ConfigError {
    let message = "nothing is said of these series: add `primary`, `limit`, `warn`, `improvement`, `required`, `nullable` \
                   or `muted`";
    about.error(origin, at, Problem::Value(message.to_owned()))
}

/// Labels that the query keeps, and its quantile as series carry it.
fn labels(
    about: &About<'_>,
    origin: Origin,
    raw: &RawSeriesRule,
) -> Result<(BTreeMap<String, String>, Option<f64>), ConfigError> {
    let (mut labels, mut quantile) = (BTreeMap::new(), None);
    if raw.labels.value.0.is_empty() {
        let message = "expected the labels of the series that are meant, such as {endpoint: /buy}".to_owned();
        return Err(about.error(origin, raw.labels.referenced, Problem::Value(message)));
    }
    for (name, value) in &raw.labels.value.0 {
        if name.value == QUANTILE && !about.quantiles.is_empty() {
            let found = about.quantile(origin, value)?;
            quantile = Some(found);
            labels.insert(QUANTILE.to_owned(), found.to_string());
        } else if about.labels.contains(&name.value) {
            labels.insert(name.value.clone(), value.value.clone());
        } else {
            let own = about.labels.iter().map(String::as_str);
            let known = own.chain((!about.quantiles.is_empty()).then_some(QUANTILE));
            let hint = match suggest(&name.value, known) {
                hint if hint.is_empty() => "its one series has no labels".to_owned(),
                hint => hint,
            };
            let problem = Problem::UnknownLabel { query: about.name(), label: shortened(&name.value), hint };
            return Err(about.error(origin, name.referenced, problem));
        }
    }
    Ok((labels, quantile))
}

fn shown(labels: &BTreeMap<String, String>) -> String {
    let each: Vec<String> = labels.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    format!("{{{}}}", shortened(&each.join(", ")))
}

impl Rule {
    fn says_nothing(&self) -> bool {
        let has_tier = self.limit.is_some() || self.warn.is_some() || self.improvement.is_some();
        let has_flag = self.primary.is_some() || self.required.is_some() || self.nullable.is_some();
        !has_tier && !has_flag && self.muted.is_none()
    }

    /// Nothing contradicts another, given what holds for the query.
    pub(super) fn check(&self, about: &About<'_>, query: &Terms) -> Result<(), ConfigError> {
        let limits = match self.limit {
            Some(limit) => vec![limit],
            None => query.limits(about, self.quantile),
        };
        if limits.is_empty() {
            about.refuse_without_limit(self.primary.as_ref(), self.warn.as_ref(), self.improvement.as_ref())?;
        }
        let warn = self.warn.as_ref().or(query.warn.as_ref());
        limits.iter().try_for_each(|limit| about.check_tiers(warn, limit))
    }
}

impl From<Rule> for SeriesRule {
    fn from(rule: Rule) -> Self {
        Self {
            labels: rule.labels,
            primary: rule.primary.map(|primary| primary.value),
            limit: rule.limit.map(|limit| limit.value),
            warn: rule.warn.map(|warn| warn.value),
            improvement: rule.improvement.map(|limit| limit.value),
            required: rule.required,
            nullable: rule.nullable,
            muted: rule.muted,
        }
    }
}
