//! Stored runs that were asked more than once: which of their values answer the queries of now.

use std::collections::{BTreeMap, BTreeSet};

use super::collect::definition;
use crate::domain::query::Query;
use crate::domain::run::StoredRun;
use crate::domain::series::{Measurement, SeriesInfo};

/// Leaves, of a query that a run was asked in several forms, only the values in the form of `queries`. One that was
/// not asked in this form stays as it is: that it was edited is for the comparison to say.
pub fn keep_asked(run: &mut StoredRun, queries: &[Query]) {
    let now: BTreeMap<&str, SeriesInfo> = queries.iter().map(|query| (query.name.as_str(), form(query))).collect();
    let is_now = |one: &Measurement| now.get(one.key.query.as_str()) == Some(&one.info);
    let measurements = run.rounds.iter().flat_map(|round| &round.measurements);
    let answered: BTreeSet<String> = measurements.filter(|one| is_now(one)).map(|one| one.key.query.clone()).collect();
    for round in &mut run.rounds {
        round.measurements.retain(|one| is_now(one) || !answered.contains(&one.key.query));
    }
}

fn form(query: &Query) -> SeriesInfo {
    SeriesInfo { unit: query.unit, direction: query.direction, definition: definition(query) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn query(promql: &str) -> Query {
        let rest = json!({
            "name": "latency", "help": "", "unit": "seconds", "direction": "lower", "promql": promql,
            "quantiles": [], "labels": [], "primary": true, "limit": null, "quantile_limits": [],
        });
        serde_json::from_value(rest).unwrap()
    }

    /// A run of two rounds, asked in these forms.
    fn asked(forms: &[&Query]) -> StoredRun {
        let measurement = |query: &&Query| json!({"key": {"query": "latency", "labels": {}, "stage": 0}, "info": form(query), "value": 1.0});
        let measurements: Vec<_> = forms.iter().map(measurement).collect();
        let round = |number| json!({"number": number, "measurements": measurements, "missing": [], "load": [], "invalid": null});
        let summary = json!({
            "id": "00000000-0000-0000-0000-000000000001", "job": 1, "project": "p", "benchmark": "b",
            "revision": "a".repeat(40), "is_master": true, "measurement_hash": "f", "class": "c", "state": "complete",
            "rounds": [2, 2], "started_at": "2026-03-04T05:06:07Z",
        });
        serde_json::from_value(json!({"summary": summary, "rounds": [round(1), round(2)]})).unwrap()
    }

    fn left(run: &StoredRun) -> Vec<SeriesInfo> {
        run.rounds.iter().flat_map(|round| &round.measurements).map(|one| one.info).collect()
    }

    #[test]
    fn of_several_forms_the_one_that_is_asked_now_is_left() {
        let (old, new) = (query("up"), query("up + 0"));
        let mut run = asked(&[&old, &new]);
        keep_asked(&mut run, std::slice::from_ref(&old));
        assert_eq!(left(&run), [form(&old), form(&old)]);
    }

    #[test]
    fn what_was_not_asked_in_this_form_stays() {
        let (old, new) = (query("up"), query("up + 0"));
        for queries in [vec![new], vec![]] {
            let mut run = asked(&[&old]);
            keep_asked(&mut run, &queries);
            assert_eq!(left(&run), [form(&old), form(&old)]);
        }
    }
}
