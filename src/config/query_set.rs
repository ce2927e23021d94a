//! The queries of a benchmark, read from its sets: what the benchmark says of them goes in.

use std::collections::BTreeMap;

use serde_saphyr::Spanned;

use super::error::{ConfigError, Place, Problem};
use super::excerpt::shortened;
use super::nearest::suggest;
use super::query_raw::{self, Own, RawSet};
use super::raw::RawQueries;
use super::shape::Entries;
use super::source::Source;
use super::{name, query, yaml};
use crate::domain::query::Query;
use crate::domain::template::PLACEHOLDERS;

/// Reads the sets in their order. A query's name occurs once over all of them.
pub(super) fn read_all(config: &Source, sets: &Spanned<Vec<RawQueries>>) -> Result<Vec<Query>, ConfigError> {
    let mut queries: Vec<Query> = Vec::new();
    let mut places: BTreeMap<String, Place> = BTreeMap::new();
    for wanted in &sets.value {
        let source = config.read_named(&wanted.file.value, wanted.file.referenced)?;
        let set: RawSet = yaml::parse(&source, query_raw::REQUIRED)?;
        let variables = variables(config, &source, set.variables, &wanted.with)?;
        let own = own(config, &set.queries, wanted)?;
        for raw in &set.queries {
            let place = source.place(raw.name.referenced);
            if let Some(first) = places.get(&raw.name.value) {
                let (name, first) = (shortened(&raw.name.value), first.clone());
                let problem = Problem::QueryClash { name, first, second: place };
                return Err(source.error(raw.name.referenced, problem));
            }
            let own = own.get(raw.name.value.as_str()).copied().unwrap_or_default();
            queries.push(query::Checker { set: &source, config, variables: &variables }.check(raw, own)?);
            places.insert(raw.name.value.clone(), place);
        }
    }
    if queries.is_empty() {
        return Err(config.error(sets.referenced, Problem::Value("expected at least one query".to_owned())));
    }
    Ok(queries)
}

/// The set's variables, with the benchmark's values in place of the set's.
fn variables(
    config: &Source,
    set: &Source,
    defined: Entries<String>,
    given: &Entries<String>,
) -> Result<BTreeMap<String, String>, ConfigError> {
    let mut variables = BTreeMap::new();
    for (name, value) in defined.0 {
        name::VARIABLE.check(set, &name)?;
        if PLACEHOLDERS.contains(&name.value.as_str()) {
            let message = format!("`{}` is a placeholder of every query and can't be a variable", name.value);
            return Err(set.error(name.referenced, Problem::Value(message)));
        }
        variables.insert(name.value, value);
    }
    for (name, value) in &given.0 {
        let Some(variable) = variables.get_mut(&name.value) else {
            let hint = suggest(&name.value, variables.keys().map(String::as_str));
            let problem = Problem::UnknownVariable { name: shortened(&name.value), hint };
            return Err(config.error(name.referenced, problem));
        };
        variable.clone_from(value);
    }
    Ok(variables)
}

/// What the benchmark says of the set's queries, by their names. `limits` is short for rules that say nothing else.
fn own<'a>(
    config: &Source,
    queries: &[query_raw::RawQuery],
    wanted: &'a RawQueries,
) -> Result<BTreeMap<&'a str, Own<'a>>, ConfigError> {
    let known = || queries.iter().map(|query| query.name.value.as_str());
    let check = |name: &Spanned<String>| {
        if known().any(|query| query == name.value) {
            return Ok(());
        }
        let problem = Problem::UnknownQuery { name: shortened(&name.value), hint: suggest(&name.value, known()) };
        Err(config.error(name.referenced, problem))
    };
    let mut own: BTreeMap<&str, Own<'_>> = BTreeMap::new();
    for (name, limit) in &wanted.limits.0 {
        check(name)?;
        own.entry(&name.value).or_default().limit = Some(limit.as_ref());
    }
    for (name, rule) in &wanted.rules.0 {
        check(name)?;
        let own = own.entry(&name.value).or_default();
        own.rule = Some(rule);
        if let Some(limit) = &rule.limit
            && own.limit.replace(limit.as_ref()).is_some()
        {
            let message = format!("the limit of `{}` stands under `limits` as well; remove one", name.value);
            return Err(config.error(name.referenced, Problem::Value(message)));
        }
    }
    Ok(own)
}
