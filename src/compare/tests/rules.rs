//! What is told of rules for single series that are for none.

use crate::compare::{compare, compare_pairs};
use crate::domain::comparison::{Comparison, Sides};
use crate::domain::query::{Muted, Query, SeriesRule};
use crate::domain::recorded::Looks;
use crate::domain::run::StoredRun;

use super::fixture::{TODAY, key, measure, query, relative, run};

fn rule(labels: &[(&str, &str)]) -> SeriesRule {
    let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    SeriesRule { labels, required: Some(true), ..SeriesRule::default() }
}

/// A run in which these endpoints have a series.
fn endpoints(names: &[&str]) -> StoredRun {
    let mut run = run(2);
    for name in names {
        measure(&mut run, &key("x", name), &[Some(1.0), Some(1.0)]);
    }
    run
}

/// What is told of these rules, as stored sets and in pairs.
fn told(baseline: Option<&StoredRun>, candidate: &StoredRun, rules: &[SeriesRule]) -> Vec<String> {
    let queries = [Query { series: rules.to_vec(), ..query("x", Some(relative(0.1))) }];
    let sides = Sides { baseline, candidate, queries: &queries, today: TODAY };
    let looks = Looks { at: vec![8], error: 0.05, seed: 1 };
    let of = |comparison: Comparison| {
        comparison.notes.into_iter().filter(|note| note.starts_with("no series of")).collect::<Vec<_>>()
    };
    let [stored, paired] = [compare(sides), compare_pairs(sides, &looks).comparison].map(of);
    assert_eq!(stored, paired);
    stored
}

#[test]
fn a_rule_that_fits_no_series_is_told_with_the_nearest_that_there_are() {
    let (baseline, candidate) = (endpoints(&["/search"]), endpoints(&["/buy", "/bulk", "/list"]));
    let told = |rules: &[SeriesRule]| told(Some(&baseline), &candidate, rules);
    let expected = "no series of `x` has endpoint=\"/bui\", so its rule holds for nothing; there are \
                    endpoint=\"/buy\", endpoint=\"/bulk\", endpoint=\"/list\" and 1 more";
    assert_eq!(told(&[rule(&[("endpoint", "/bui")])]), [expected]);
    // The benchmark and the set may say something of the same; a series of one side is enough.
    let twice = [("endpoint", "/bui"), ("endpoint", "/search"), ("endpoint", "/bui")].map(|label| rule(&[label]));
    assert_eq!(told(&twice), [expected]);
    let other = told(&[rule(&[("code", "200")])]);
    assert_eq!(other, ["no series of `x` has code=\"200\", so its rule holds for nothing"]);
}

#[test]
fn all_labels_of_a_rule_are_told() {
    let mut median = key("x", "/buy");
    median.labels.insert("q".to_owned(), "0.5".to_owned());
    let mut candidate = run(2);
    measure(&mut candidate, &median, &[Some(1.0), Some(1.0)]);
    let found = told(None, &candidate, &[rule(&[("endpoint", "/buy"), ("q", "0.99")])]);
    let expected = "no series of `x` has endpoint=\"/buy\",q=\"0.99\", so its rule holds for nothing; there is \
                    endpoint=\"/buy\",q=\"0.5\"";
    assert_eq!(found, [expected]);
}

#[test]
fn what_is_nobodys_mistake_is_not_told() {
    let misspelt = || rule(&[("endpoint", "/bui")]);
    let candidate = endpoints(&["/buy"]);
    let count = |rule: SeriesRule| told(None, &candidate, &[rule]).len();
    assert_eq!(count(misspelt()), 1);
    assert_eq!(told(None, &run(2), &[misspelt()]), Vec::<String>::new(), "there is no series at all");
    let muted = |until| SeriesRule { muted: Some(Muted { reason: "known".to_owned(), until }), ..misspelt() };
    let yesterday = TODAY.previous_day().unwrap();
    assert_eq!(count(SeriesRule { required: None, ..muted(TODAY) }), 1);
    assert_eq!(count(SeriesRule { required: None, ..muted(yesterday) }), 0);
    assert_eq!(count(muted(yesterday)), 1, "it says more than that");
}
