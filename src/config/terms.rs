//! What holds for the series of a query: limits and tiers, what decides, what is muted. The set says it, and the
//! benchmark in its place.

use serde_saphyr::{Location, Spanned};
use time::Date;
use time::macros::format_description;

use super::error::{ConfigError, Problem};
use super::excerpt::shortened;
use super::query_raw::{Own, RawMuted, RawQuery, RawRule};
use super::series_rule::{self, Rule};
use super::shape::{Entries, TextOrBlock};
use super::source::Source;
use crate::domain::limit::{Limit, LimitError, LimitText};
use crate::domain::query::Muted;

/// A query, as far as terms are read by it.
pub(super) struct About<'a> {
    pub(super) raw: &'a RawQuery,
    pub(super) quantiles: &'a [f64],
    pub(super) labels: &'a [String],
    pub(super) set: &'a Source,
    pub(super) config: &'a Source,
}

/// Which of the two files says something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Origin {
    Set,
    Benchmark,
}

/// A value with its place, for what it may contradict.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written<T> {
    pub(super) value: T,
    pub(super) origin: Origin,
    pub(super) at: Location,
}

/// What holds for the series of a query.
#[derive(Default)]
pub(super) struct Terms {
    pub(super) primary: Option<Written<bool>>,
    pub(super) limit: Option<Written<Limit>>,
    pub(super) quantile_limits: Vec<(f64, Written<Limit>)>,
    pub(super) warn: Option<Written<Limit>>,
    pub(super) improvement: Option<Written<Limit>>,
    pub(super) required: bool,
    pub(super) nullable: bool,
    pub(super) muted: Option<Muted>,
    pub(super) series: Vec<Rule>,
}

/// The set's terms, checked by themselves, and with the benchmark's in their place.
pub(super) fn read(about: &About<'_>, own: Own<'_>) -> Result<Terms, ConfigError> {
    let mut terms = Terms::of_set(about)?;
    terms.check(about)?;
    if let Some(limit) = own.limit {
        terms.set_limit(about, limit)?;
    }
    if let Some(rule) = own.rule {
        terms.set(about, rule)?;
    }
    terms.check(about)?;
    Ok(terms)
}

impl Terms {
    fn of_set(about: &About<'_>) -> Result<Self, ConfigError> {
        let (raw, set) = (about.raw, Origin::Set);
        Ok(Self {
            primary: raw.primary.as_ref().map(|primary| written(primary.value, set, primary)),
            limit: raw.limit.as_ref().map(|limit| about.limit(set, limit)).transpose()?,
            quantile_limits: about.quantile_limits(set, &raw.quantile_limits)?,
            warn: raw.warn.as_ref().map(|warn| about.limit(set, warn)).transpose()?,
            improvement: raw.improvement.as_ref().map(|limit| about.improvement(set, limit)).transpose()?,
            required: raw.required,
            nullable: raw.nullable,
            muted: raw.muted.as_ref().map(|muted| about.muted(set, muted)).transpose()?,
            series: series_rule::read_all(about, set, &raw.series)?,
        })
    }

    /// The benchmark's limit in place of the set's: a text replaces them all, a block those of its quantiles, and null
    /// takes them away with all that rests on them.
    fn set_limit(
        &mut self,
        about: &About<'_>,
        limit: Option<&Spanned<super::raw::RawLimit>>,
    ) -> Result<(), ConfigError> {
        let own = Origin::Benchmark;
        match limit.map(|limit| (limit, &limit.value)) {
            None => {
                let Self { required, nullable, .. } = *self;
                *self = Self { required, nullable, muted: self.muted.take(), ..Self::default() };
            }
            Some((limit, TextOrBlock::Text(text))) => {
                let text = Spanned::new(text.clone(), limit.referenced, limit.defined);
                self.limit = Some(about.limit(own, &text)?);
                self.quantile_limits.clear();
            }
            Some((_, TextOrBlock::Block(entries))) => {
                let mut merged = about.quantile_limits(own, entries)?;
                let untouched = |(of, _): &(f64, Written<Limit>)| merged.iter().all(|(own, _)| own != of);
                let kept: Vec<_> = self.quantile_limits.drain(..).filter(untouched).collect();
                merged.extend(kept);
                self.quantile_limits = merged;
            }
        }
        Ok(())
    }

    /// The rest of the benchmark's rule in place of the set's terms; its rules for single series come before the set's.
    fn set(&mut self, about: &About<'_>, rule: &RawRule) -> Result<(), ConfigError> {
        let own = Origin::Benchmark;
        if let Some(primary) = &rule.primary {
            self.primary = Some(written(primary.value, own, primary));
        }
        if let Some(warn) = &rule.warn {
            self.warn = warn.as_ref().map(|warn| about.limit(own, warn)).transpose()?;
        }
        if let Some(improvement) = &rule.improvement {
            self.improvement = improvement.as_ref().map(|limit| about.improvement(own, limit)).transpose()?;
        }
        self.required = rule.required.unwrap_or(self.required);
        self.nullable = rule.nullable.unwrap_or(self.nullable);
        if let Some(muted) = &rule.muted {
            self.muted = muted.as_ref().map(|muted| about.muted(own, muted)).transpose()?;
        }
        let mut series = series_rule::read_all(about, own, &rule.series)?;
        series.append(&mut self.series);
        self.series = series;
        Ok(())
    }

    /// Nothing contradicts another, and nothing needs a limit that is not there.
    fn check(&self, about: &About<'_>) -> Result<(), ConfigError> {
        let is_limited = !self.limits(about, None).is_empty() || self.series.iter().any(|rule| rule.limit.is_some());
        if !is_limited {
            about.refuse_without_limit(self.primary.as_ref(), self.warn.as_ref(), self.improvement.as_ref())?;
        }
        for limit in self.limits(about, None) {
            about.check_tiers(self.warn.as_ref(), &limit)?;
        }
        self.series.iter().try_for_each(|rule| rule.check(about, self))
    }

    /// The limits that hold for the series of a quantile, or of any.
    pub(super) fn limits(&self, about: &About<'_>, quantile: Option<f64>) -> Vec<Written<Limit>> {
        let limit_of =
            |q: f64| self.quantile_limits.iter().find(|(of, _)| *of == q).map(|(_, limit)| *limit).or(self.limit);
        match (quantile, about.quantiles) {
            (Some(quantile), _) => limit_of(quantile).into_iter().collect(),
            (None, []) => self.limit.into_iter().collect(),
            (None, quantiles) => quantiles.iter().filter_map(|quantile| limit_of(*quantile)).collect(),
        }
    }
}

pub(super) fn written<T, S>(value: T, origin: Origin, place: &Spanned<S>) -> Written<T> {
    Written { value, origin, at: place.referenced }
}

impl About<'_> {
    pub(super) fn error(&self, origin: Origin, at: Location, problem: Problem) -> ConfigError {
        match origin {
            Origin::Set => self.set.error(at, problem),
            Origin::Benchmark => self.config.error(at, problem),
        }
    }

    pub(super) fn name(&self) -> String {
        self.raw.name.value.clone()
    }

    pub(super) fn limit(&self, origin: Origin, text: &Spanned<String>) -> Result<Written<Limit>, ConfigError> {
        self.parsed(origin, text, Limit::parse(&text.value, self.raw.unit, self.raw.direction))
    }

    pub(super) fn improvement(&self, origin: Origin, text: &Spanned<String>) -> Result<Written<Limit>, ConfigError> {
        self.parsed(origin, text, Limit::parse_improvement(&text.value, self.raw.unit, self.raw.direction))
    }

    fn parsed(
        &self,
        origin: Origin,
        text: &Spanned<String>,
        parsed: Result<Limit, LimitError>,
    ) -> Result<Written<Limit>, ConfigError> {
        match parsed {
            Ok(limit) => Ok(written(limit, origin, text)),
            Err(error) => Err(self.error(origin, text.referenced, Problem::Limit { query: self.name(), error })),
        }
    }

    fn quantile_limits(
        &self,
        origin: Origin,
        entries: &Entries<Spanned<String>>,
    ) -> Result<Vec<(f64, Written<Limit>)>, ConfigError> {
        entries.0.iter().map(|(of, limit)| Ok((self.quantile(origin, of)?, self.limit(origin, limit)?))).collect()
    }

    /// One of the quantiles that the query is asked for.
    pub(super) fn quantile(&self, origin: Origin, text: &Spanned<String>) -> Result<f64, ConfigError> {
        let known = text.value.parse().ok().filter(|value| self.quantiles.contains(value));
        known.ok_or_else(|| {
            let names: Vec<String> = self.quantiles.iter().map(|known| format!("`{known}`")).collect();
            let problem = Problem::UnknownQuantile {
                query: self.name(),
                quantile: shortened(&text.value),
                // Not the nearest spelling: 0.9 is no slip for 0.5.
                hint: format!("expected one of {}", names.join(", ")),
            };
            self.error(origin, text.referenced, problem)
        })
    }

    pub(super) fn muted(&self, origin: Origin, raw: &RawMuted) -> Result<Muted, ConfigError> {
        let refuse = |place: &Spanned<String>, message: String| {
            Err(self.error(origin, place.referenced, Problem::Value(message)))
        };
        let reason = raw.reason.value.trim();
        if reason.is_empty() {
            return refuse(&raw.reason, "`reason` is empty: say why it decides nothing".to_owned());
        }
        match Date::parse(raw.until.value.trim(), format_description!("[year]-[month]-[day]")) {
            Ok(until) => Ok(Muted { reason: reason.to_owned(), until }),
            Err(_) => {
                let text = shortened(&raw.until.value);
                refuse(&raw.until, format!("`{text}` is no day: expected year, month and day, such as `2026-12-31`"))
            }
        }
    }

    /// What needs a limit, where there is none.
    pub(super) fn refuse_without_limit(
        &self,
        primary: Option<&Written<bool>>,
        warn: Option<&Written<Limit>>,
        improvement: Option<&Written<Limit>>,
    ) -> Result<(), ConfigError> {
        if let Some(primary) = primary.filter(|primary| primary.value) {
            return Err(self.error(primary.origin, primary.at, Problem::PrimaryWithoutLimit { query: self.name() }));
        }
        for (key, tier) in [("warn", warn), ("improvement", improvement)] {
            if let Some(tier) = tier {
                let problem = Problem::TierWithoutLimit { query: self.name(), key };
                return Err(self.error(tier.origin, tier.at, problem));
            }
        }
        Ok(())
    }

    /// What is beyond the limit must be beyond what warns. Told at the later of the two, for the benchmark's comes
    /// after the set's.
    pub(super) fn check_tiers(&self, warn: Option<&Written<Limit>>, limit: &Written<Limit>) -> Result<(), ConfigError> {
        let Some(warn) = warn.filter(|warn| warn.value.is_wider_than(&limit.value)) else { return Ok(()) };
        let shown = |limit: &Limit| LimitText(limit, self.raw.unit, self.raw.direction).to_string();
        let problem = Problem::Tiers { query: self.name(), warn: shown(&warn.value), limit: shown(&limit.value) };
        let at = if warn.origin == Origin::Set { limit } else { warn };
        Err(self.error(at.origin, at.at, problem))
    }
}
