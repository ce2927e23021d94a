//! Rules for single series that are for none: a label's value that is misspelt makes no error, only silence.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::comparison::Sides;
use crate::domain::query::{Query, SeriesRule};

/// Labels with their values.
type Labels = BTreeMap<String, String>;

/// So many of the series that there are get named.
const NAMED: usize = 3;
/// Longer texts are not compared: the distance takes time that is quadratic in their length.
const LONGEST: usize = 100;

/// One note a rule that fits no series of either side, where its query has any. What says nothing any more is nobody's
/// mistake.
pub(super) fn without_series(sides: Sides<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    for query in sides.queries.iter().filter(|query| !query.series.is_empty()) {
        let series = series_of(query, sides);
        let is_idle = |rule: &&SeriesRule| !series.is_empty() && !series.iter().any(|labels| rule.fits(labels));
        for rule in query.series.iter().filter(is_idle).filter(|rule| rule.says_anything(sides.today)) {
            let note = note(query, rule, &series);
            // The benchmark and the set may both have it.
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
    }
    notes
}

/// The labels of a query's series in valid rounds of either side.
fn series_of<'a>(query: &Query, sides: Sides<'a>) -> BTreeSet<&'a Labels> {
    let rounds = sides.baseline.into_iter().chain([sides.candidate]).flat_map(|run| &run.rounds);
    let measured = rounds.filter(|round| round.invalid.is_none()).flat_map(|round| &round.measurements);
    measured.filter(|one| one.key.query == query.name).map(|one| &one.key.labels).collect()
}

fn note(query: &Query, rule: &SeriesRule, series: &BTreeSet<&Labels>) -> String {
    let wanted = shown(&rule.labels);
    let of_rule = |labels: &&Labels| shown(labels.iter().filter(|(name, _)| rule.labels.contains_key(*name)));
    let others: BTreeSet<String> = series.iter().map(of_rule).filter(|shown| !shown.is_empty()).collect();
    let mut others: Vec<String> = others.into_iter().collect();
    others.sort_by_cached_key(|other| distance(&wanted, other));
    let are = if others.len() == 1 { "is" } else { "are" };
    let more = match others.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    others.truncate(NAMED);
    let there = if others.is_empty() { String::new() } else { format!("; there {are} {}{more}", others.join(", ")) };
    format!("no series of `{}` has {wanted}, so its rule holds for nothing{there}", query.name)
}

/// As Prometheus writes labels: `endpoint="/buy",q="0.99"`.
fn shown<'a>(labels: impl IntoIterator<Item = (&'a String, &'a String)>) -> String {
    let each: Vec<String> = labels.into_iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    each.join(",")
}

/// How many letters differ, whatever their case.
fn distance(wanted: &str, other: &str) -> usize {
    if wanted.len().max(other.len()) > LONGEST {
        return usize::MAX;
    }
    strsim::damerau_levenshtein(&wanted.to_lowercase(), &other.to_lowercase())
}
