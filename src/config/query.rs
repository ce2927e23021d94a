//! One query of a set: its template, quantiles, labels and limits.

use std::collections::BTreeMap;

use serde_saphyr::Spanned;

use super::error::{ConfigError, Problem};
use super::excerpt::shortened;
use super::nearest::suggest;
use super::query_raw::{OwnLimit, RawQuery};
use super::shape::{Entries, TextOrBlock};
use super::source::Source;
use super::{name, promql};
use crate::domain::limit::Limit;
use crate::domain::query::Query;
use crate::domain::template::{PLACEHOLDERS, Template, TemplateError, substitute};

/// Labels that differ from run to run: with them, no two runs would have a series in common. `q` is the quantile's.
const RESERVED_LABELS: [&str; 6] = ["__name__", "arm", "q", "revision", "round", "run"];

/// What the queries of one set have in common.
pub(super) struct Checker<'a> {
    pub(super) set: &'a Source,
    pub(super) config: &'a Source,
    pub(super) variables: &'a BTreeMap<String, String>,
}

/// A query's limits: for the whole, and for single quantiles in place of it.
struct Limits {
    whole: Option<Limit>,
    quantiles: Vec<(f64, Limit)>,
}

impl Checker<'_> {
    /// `own` is what the benchmark says of the query's limit, if it does.
    pub(super) fn check(&self, raw: &RawQuery, own: Option<OwnLimit<'_>>) -> Result<Query, ConfigError> {
        let name = name::QUERY.check(self.set, &raw.name)?;
        let promql = self.template(raw)?;
        let quantiles = self.quantiles(raw, promql.has_quantile())?;
        self.parse_filled(raw, &promql, quantiles.first().copied())?;
        let labels = self.labels(raw)?;
        let limits = self.limits(raw, &quantiles, own)?;
        Ok(Query {
            name,
            help: raw.help.trim().to_owned(),
            unit: raw.unit,
            direction: raw.direction,
            promql,
            quantiles,
            labels,
            primary: raw.primary.as_ref().map(|primary| primary.value),
            limit: limits.whole,
            quantile_limits: limits.quantiles,
            warn: None,
            improvement: None,
            required: false,
            nullable: false,
            muted: None,
            total: None,
            series: Vec::new(),
        })
    }

    fn template(&self, raw: &RawQuery) -> Result<Template, ConfigError> {
        let parsed = self.with_variables(&raw.promql.value).and_then(|text| Template::parse(&text));
        parsed.map_err(|error| {
            let query = raw.name.value.clone();
            let problem = match error {
                TemplateError::Unknown(name) => {
                    let known = PLACEHOLDERS.into_iter().chain(self.variables.keys().map(String::as_str));
                    Problem::UnknownPlaceholder { query, hint: suggest(&name, known), name: shortened(&name) }
                }
                error => Problem::Template { query, error },
            };
            self.set.error(raw.promql.referenced, problem)
        })
    }

    fn with_variables(&self, text: &str) -> Result<String, TemplateError> {
        substitute(text, |name| self.variables.get(name).cloned())
    }

    /// Parses the PromQL as it will be asked, with a sample window.
    fn parse_filled(&self, raw: &RawQuery, template: &Template, quantile: Option<f64>) -> Result<(), ConfigError> {
        promql::check_template(template, quantile).map_err(|(error, promql)| {
            let problem = Problem::PromQl { query: raw.name.value.clone(), error, promql };
            self.set.error(raw.promql.referenced, problem)
        })
    }

    fn quantiles(&self, raw: &RawQuery, has_placeholder: bool) -> Result<Vec<f64>, ConfigError> {
        let query = || raw.name.value.clone();
        let reason = match (has_placeholder, raw.quantiles.is_empty()) {
            (true, true) => Some("has the placeholder `{{quantile}}` and no `quantiles`: add them, as in [0.5, 0.99]"),
            (false, false) => Some("has `quantiles`, and its PromQL no placeholder `{{quantile}}` to put them"),
            _ => None,
        };
        if let Some(reason) = reason {
            let problem = Problem::Quantiles { query: query(), reason };
            return Err(self.set.error(raw.promql.referenced, problem));
        }
        let mut quantiles = Vec::with_capacity(raw.quantiles.len());
        for Spanned { value, referenced, .. } in &raw.quantiles {
            if !(0.0..=1.0).contains(value) {
                let problem = Problem::Value(format!("`{value}` is no quantile; expected 0 to 1, such as 0.99"));
                return Err(self.set.error(*referenced, problem));
            }
            if quantiles.contains(value) {
                let problem = Problem::DuplicateName { kind: "quantile", name: value.to_string() };
                return Err(self.set.error(*referenced, problem));
            }
            quantiles.push(*value);
        }
        Ok(quantiles)
    }

    /// The labels to keep. A variable may stand for several, separated by commas, so that it fits `by (...)` too.
    fn labels(&self, raw: &RawQuery) -> Result<Vec<String>, ConfigError> {
        let mut labels: Vec<String> = Vec::new();
        for written in &raw.labels {
            let text = self.with_variables(&written.value).map_err(|error| {
                let problem = Problem::Template { query: raw.name.value.clone(), error };
                self.set.error(written.referenced, problem)
            })?;
            for label in text.split(',').map(str::trim) {
                let spanned = Spanned::new(label.to_owned(), written.referenced, written.defined);
                let label = name::LABEL.check(self.set, &spanned)?;
                if RESERVED_LABELS.contains(&label.as_str()) {
                    let message =
                        format!("the label `{label}` is different in every run, or Loadmark's own; leave it out");
                    return Err(self.set.error(written.referenced, Problem::Value(message)));
                }
                if labels.contains(&label) {
                    let problem = Problem::DuplicateName { kind: "label", name: label };
                    return Err(self.set.error(written.referenced, problem));
                }
                labels.push(label);
            }
        }
        Ok(labels)
    }

    /// The set's limits, with the benchmark's in their place: a text replaces them all, a block those of its
    /// quantiles, and null takes them away.
    fn limits(&self, raw: &RawQuery, quantiles: &[f64], own: Option<OwnLimit<'_>>) -> Result<Limits, ConfigError> {
        let whole = raw.limit.as_ref().map(|limit| parse_limit(self.set, raw, &limit.value, limit)).transpose()?;
        let set = Limits { whole, quantiles: quantile_limits(self.set, raw, quantiles, &raw.quantile_limits)? };
        if let Some(primary) = raw.primary.as_ref().filter(|primary| primary.value)
            && set.whole.is_none()
            && set.quantiles.is_empty()
        {
            let problem = Problem::PrimaryWithoutLimit { query: raw.name.value.clone() };
            return Err(self.set.error(primary.referenced, problem));
        }
        let Some(own) = own else { return Ok(set) };
        let Some(limit) = own else { return Ok(Limits { whole: None, quantiles: Vec::new() }) };
        match &limit.value {
            TextOrBlock::Text(text) => {
                let whole = Some(parse_limit(self.config, raw, text, limit)?);
                Ok(Limits { whole, quantiles: Vec::new() })
            }
            TextOrBlock::Block(entries) => {
                let mut merged = quantile_limits(self.config, raw, quantiles, entries)?;
                let untouched = |(of, _): &(f64, Limit)| merged.iter().all(|(own, _)| own != of);
                let kept: Vec<_> = set.quantiles.into_iter().filter(untouched).collect();
                merged.extend(kept);
                Ok(Limits { whole: set.whole, quantiles: merged })
            }
        }
    }
}

fn parse_limit<T>(source: &Source, raw: &RawQuery, text: &str, place: &Spanned<T>) -> Result<Limit, ConfigError> {
    Limit::parse(text, raw.unit, raw.direction).map_err(|error| {
        let problem = Problem::Limit { query: raw.name.value.clone(), error };
        source.error(place.referenced, problem)
    })
}

fn quantile_limits(
    source: &Source,
    raw: &RawQuery,
    quantiles: &[f64],
    entries: &Entries<Spanned<String>>,
) -> Result<Vec<(f64, Limit)>, ConfigError> {
    let check = |(quantile, limit): &(Spanned<String>, Spanned<String>)| {
        let known = quantile.value.parse().ok().filter(|value| quantiles.contains(value));
        let of = known.ok_or_else(|| {
            let names: Vec<String> = quantiles.iter().map(|known| format!("`{known}`")).collect();
            let problem = Problem::UnknownQuantile {
                query: raw.name.value.clone(),
                quantile: shortened(&quantile.value),
                // Not the nearest spelling: 0.9 is no slip for 0.5.
                hint: format!("expected one of {}", names.join(", ")),
            };
            source.error(quantile.referenced, problem)
        })?;
        Ok((of, parse_limit(source, raw, &limit.value, limit)?))
    };
    entries.0.iter().map(check).collect()
}
