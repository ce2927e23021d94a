//! One query of a set: its templates, quantiles and labels; its terms are in `terms`.

use std::collections::BTreeMap;

use serde_saphyr::Spanned;

use super::error::{ConfigError, Problem};
use super::excerpt::shortened;
use super::nearest::suggest;
use super::query_raw::{Own, RawQuery};
use super::source::Source;
use super::terms::{self, About};
use super::{name, promql};
use crate::domain::limit::Unit;
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

impl Checker<'_> {
    /// `own` is what the benchmark says of the query.
    pub(super) fn check(&self, raw: &RawQuery, own: Own<'_>) -> Result<Query, ConfigError> {
        let name = name::QUERY.check(self.set, &raw.name)?;
        let promql = self.template(raw, &raw.promql)?;
        let quantiles = self.quantiles(raw, promql.has_quantile())?;
        self.parse_filled(raw, &raw.promql, &promql, quantiles.first().copied())?;
        let labels = self.labels(raw)?;
        let total = raw.total.as_ref().map(|text| self.total(raw, text)).transpose()?;
        let about = About { raw, quantiles: &quantiles, labels: &labels, set: self.set, config: self.config };
        let terms = terms::read(&about, own)?;
        Ok(Query {
            name,
            help: raw.help.trim().to_owned(),
            unit: raw.unit,
            direction: raw.direction,
            promql,
            quantiles,
            labels,
            primary: terms.primary.map(|primary| primary.value),
            limit: terms.limit.map(|limit| limit.value),
            quantile_limits: terms.quantile_limits.into_iter().map(|(of, limit)| (of, limit.value)).collect(),
            warn: terms.warn.map(|warn| warn.value),
            improvement: terms.improvement.map(|limit| limit.value),
            required: terms.required,
            nullable: terms.nullable,
            muted: terms.muted,
            total,
            series: terms.series.into_iter().map(Into::into).collect(),
            decidable: Vec::new(),
        })
    }

    fn template(&self, raw: &RawQuery, written: &Spanned<String>) -> Result<Template, ConfigError> {
        let parsed = self.with_variables(&written.value).and_then(|text| Template::parse(&text));
        parsed.map_err(|error| {
            let query = raw.name.value.clone();
            let problem = match error {
                TemplateError::Unknown(name) => {
                    let known = PLACEHOLDERS.into_iter().chain(self.variables.keys().map(String::as_str));
                    Problem::UnknownPlaceholder { query, hint: suggest(&name, known), name: shortened(&name) }
                }
                error => Problem::Template { query, error },
            };
            self.set.error(written.referenced, problem)
        })
    }

    /// How many events a ratio is of: asked once a stage, so for no quantile.
    fn total(&self, raw: &RawQuery, text: &Spanned<String>) -> Result<Template, ConfigError> {
        let total = self.template(raw, text)?;
        let reason = match () {
            () if raw.unit != Unit::Ratio => {
                "has `total`, and is no ratio: only a share is of so many; leave `total` out"
            }
            () if total.has_quantile() => {
                "has `{{quantile}}` in its `total`: how many events there are, no quantile tells"
            }
            () => {
                self.parse_filled(raw, text, &total, None)?;
                return Ok(total);
            }
        };
        Err(self.set.error(text.referenced, Problem::Query { query: raw.name.value.clone(), reason }))
    }

    fn with_variables(&self, text: &str) -> Result<String, TemplateError> {
        substitute(text, |name| self.variables.get(name).cloned())
    }

    /// Parses the PromQL as it will be asked, with a sample window.
    fn parse_filled(
        &self,
        raw: &RawQuery,
        written: &Spanned<String>,
        template: &Template,
        quantile: Option<f64>,
    ) -> Result<(), ConfigError> {
        promql::check_template(template, quantile).map_err(|(error, promql)| {
            let problem = Problem::PromQl { query: raw.name.value.clone(), error, promql };
            self.set.error(written.referenced, problem)
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
            let problem = Problem::Query { query: query(), reason };
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
}
