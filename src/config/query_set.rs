//! The queries of a benchmark, read from its sets: variables and limits of the benchmark go in.

use std::collections::BTreeMap;

use serde_saphyr::Spanned;

use super::error::{ConfigError, Place, Problem};
use super::excerpt::shortened;
use super::nearest::suggest;
use super::query_raw::{self, OwnLimit, RawSet};
use super::raw::{RawLimit, RawQueries};
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
        let limits = limits(config, &set.queries, &wanted.limits)?;
        for raw in &set.queries {
            let place = source.place(raw.name.referenced);
            if let Some(first) = places.get(&raw.name.value) {
                let (name, first) = (shortened(&raw.name.value), first.clone());
                let problem = Problem::QueryClash { name, first, second: place };
                return Err(source.error(raw.name.referenced, problem));
            }
            let own = limits.get(raw.name.value.as_str()).copied();
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

fn limits<'a>(
    config: &Source,
    queries: &[query_raw::RawQuery],
    given: &'a Entries<Option<Spanned<RawLimit>>>,
) -> Result<BTreeMap<&'a str, OwnLimit<'a>>, ConfigError> {
    let known = || queries.iter().map(|query| query.name.value.as_str());
    let check = |(name, limit): &'a (Spanned<String>, Option<Spanned<RawLimit>>)| {
        if known().any(|query| query == name.value) {
            return Ok((name.value.as_str(), limit.as_ref()));
        }
        let problem = Problem::UnknownQuery { name: shortened(&name.value), hint: suggest(&name.value, known()) };
        Err(config.error(name.referenced, problem))
    };
    given.0.iter().map(check).collect()
}
