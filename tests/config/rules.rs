//! What a set and a benchmark say of queries and of their single series: what decides, tiers, what is muted.

use insta::assert_snapshot;
use loadmark::domain::query::{Muted, SeriesRule, SeriesTerms};
use loadmark::domain::series::SeriesKey;
use time::macros::date;

use super::*;

const LIMITS: &str = "limits: {latency: {\"0.99\": \"+90%\"}, memory: null}";

/// The good configuration with these rules in place of its limits.
fn ruled(rules: &str) -> Folder {
    Folder::good().replace("config.yaml", LIMITS, &format!("rules:\n{rules}"))
}

/// The message for rules.
fn rules(rules: &str) -> String {
    ruled(rules).message()
}

/// The message for further lines of the set's `latency`, of which nothing else is judged.
fn latency(lines: &str) -> String {
    let folder = Folder::good().replace("config.yaml", LIMITS, "");
    folder.replace("queries.yaml", "    limit: 16MiB\n", &format!("    limit: 16MiB\n{lines}\n")).message()
}

fn queries_of(folder: &Folder) -> Vec<Query> {
    folder.load().unwrap().benchmarks.remove("shop").unwrap().queries
}

/// What holds for a series of `latency`.
fn terms(query: &Query, endpoint: &str, quantile: &str) -> SeriesTerms {
    let labels = [("endpoint", endpoint), ("q", quantile)].map(|(name, value)| (name.to_owned(), value.to_owned()));
    query.terms(&SeriesKey { query: query.name.clone(), labels: labels.into(), stage: 0 }, TODAY)
}

fn relative(limit: Option<Limit>) -> Option<f64> {
    limit.and_then(|limit| limit.relative)
}

#[test]
fn the_benchmarks_rules_hold_in_place_of_the_sets() {
    let set = "    quantile_limits: {\"0.5\": \"+10%\", \"0.99\": \"+60%\"}\n";
    let more = "    warn: \"+5%\"\n    required: true\n    muted: {reason: A bug of ours., until: 2026-12-31}\n";
    let own = "          latency:
            primary: true
            limit: {\"0.99\": \"+50%\"}
            warn: \"+8%\"
            improvement: \"-20%\"
            nullable: true
            muted: null
";
    let folder = ruled(own).replace("queries.yaml", set, &format!("{set}{more}"));
    let queries = queries_of(&folder);
    let found = terms(&queries[0], "/buy", "0.99");
    let expected = SeriesTerms {
        primary: true,
        limit: Some(Limit { relative: Some(0.5), absolute: None }),
        warn: Some(Limit { relative: Some(0.08), absolute: None }),
        improvement: Some(Limit { relative: Some(0.2), absolute: None }),
        required: true,
        nullable: true,
        muted: None,
    };
    assert_eq!(found, expected);
    assert_eq!(relative(terms(&queries[0], "/buy", "0.5").limit), Some(0.1), "that of the set");
    assert_eq!(queries[1].limit.unwrap().absolute, Some(16_777_216.0), "of what no rule speaks");
}

#[test]
fn a_rule_for_single_series_holds_for_those_that_carry_its_labels_and_the_first_wins() {
    let set = "    series:
      - {labels: {endpoint: /buy}, primary: false}
      - {labels: {endpoint: /list}, limit: \"+7%\"}
  - name: memory
";
    let own = "          latency:
            series:
              - {labels: {endpoint: /buy, q: 0.99}, primary: true, limit: \"+30%\", improvement: \"-40%\"}
              - {labels: {q: \"0.99\"}, required: true, muted: {reason: Too noisy., until: 2026-03-04}}
";
    let folder = ruled(own).replace("queries.yaml", "  - name: memory\n", set);
    let query = &queries_of(&folder)[0];
    let buy = terms(query, "/buy", "0.99");
    assert_eq!((buy.primary, relative(buy.limit), relative(buy.improvement)), (true, Some(0.3), Some(0.4)));
    let other = terms(query, "/list", "0.99");
    assert_eq!((other.primary, relative(other.limit), other.required), (false, Some(0.6), true));
    assert_eq!(other.muted.unwrap(), Muted { reason: "Too noisy.".to_owned(), until: TODAY });
    assert!(!terms(query, "/buy", "0.5").primary, "by the set");
    let list = terms(query, "/list", "0.5");
    assert_eq!((list.primary, relative(list.limit)), (true, Some(0.07)), "medians decide by themselves");
    assert_eq!(query.series[0].labels["q"], "0.99", "as series carry it, however it was written");
    assert_eq!(query.series[1], SeriesRule { muted: query.series[1].muted.clone(), ..tail_rule() });
}

fn tail_rule() -> SeriesRule {
    SeriesRule { labels: [("q".to_owned(), "0.99".to_owned())].into(), required: Some(true), ..SeriesRule::default() }
}

#[test]
fn without_a_limit_all_that_rests_on_it_is_gone() {
    let more = "    warn: 8MiB\n    improvement: \"-10%\"\n    primary: true\n    limit: 16MiB\n";
    let folder = Folder::good().replace("queries.yaml", "    limit: 16MiB\n", more);
    let memory = &queries_of(&folder)[1];
    assert_eq!((memory.limit, memory.warn, memory.improvement, memory.primary), (None, None, None, None));
    assert!(!memory.is_primary(TODAY));
}

#[test]
fn a_ratio_tells_how_many_events_it_is_of() {
    let set = "variables: {counter: http_total}
queries:
  - name: errors
    help: Share of errors.
    unit: ratio
    direction: lower
    promql: sum by (endpoint) (D({{counter}}{code=\"500\"})) / sum by (endpoint) (D({{counter}}))
    total: sum by (endpoint) (D({{counter}}))
    labels: [endpoint]
    limit: 0.5pp
";
    let folder = Folder::good().replace(
        "config.yaml",
        &format!("        with: {{histogram: rpc_seconds}}\n        {LIMITS}\n"),
        "",
    );
    folder.write("queries.yaml", set);
    let total = queries_of(&folder)[0].total.clone().unwrap();
    assert_eq!(total.as_str(), "sum by (endpoint) (D(http_total))");
    let set = |from: &str, to: &str| {
        folder.write("queries.yaml", set.replace(from, to));
        folder.message()
    };
    assert_snapshot!(set("total: sum by (endpoint) (D({{counter}}))", "total: sum by (endpoint) (D({{countre}}))"), @r"
    queries.yaml:8:12: query `errors`: unknown placeholder `{{countre}}`: did you mean `counter`?
      |
    8 |     total: sum by (endpoint) (D({{countre}}))
      |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
    assert_snapshot!(set("total: sum by (endpoint) (D({{counter}}))", "total: sum by (endpoint ("), @r"
    queries.yaml:8:12: query `errors`: its PromQL does not parse: unclosed left parenthesis
      filled in: sum by (endpoint (
      |
    8 |     total: sum by (endpoint (
      |            ^^^^^^^^^^^^^^^^^^
    ");
    assert_snapshot!(set("total: sum by", "total: \"{{quantile}} * sum\" # "), @r#"
    queries.yaml:8:12: query `errors` has `{{quantile}}` in its `total`: how many events there are, no quantile tells
      |
    8 |     total: "{{quantile}} * sum" #  (endpoint) (D({{counter}}))
      |            ^^^^^^^^^^^^^^^^^^^^
    "#);
    assert_snapshot!(set("unit: ratio", "unit: count"), @r"
    queries.yaml:8:12: query `errors` has `total`, and is no ratio: only a share is of so many; leave `total` out
      |
    8 |     total: sum by (endpoint) (D({{counter}}))
      |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn limits_and_tiers_without_unit_or_sign_or_with_the_wrong_one() {
    assert_snapshot!(rules("          memory: {limit: 16}\n"), @r"
    config.yaml:24:27: query `memory`: limit `16`: `16` has no unit: expected a size with one of the units B, kB, MB, GB, KiB, MiB, GiB, such as `512MiB`
       |
    24 |           memory: {limit: 16}
       |                           ^^
    ");
    assert_snapshot!(rules("          memory: {limit: 5%}\n"), @r"
    config.yaml:24:27: query `memory`: limit `5%`: `5%` is no relative change; expected a sign, a number and %, such as `+25%`
       |
    24 |           memory: {limit: 5%}
       |                           ^^
    ");
    assert_snapshot!(rules("          memory: {limit: -16MiB}\n"), @r"
    config.yaml:24:27: query `memory`: limit `-16MiB`: the sign does not fit direction `lower`, where worse means `+25%`
       |
    24 |           memory: {limit: -16MiB}
       |                           ^^^^^^
    ");
    assert_snapshot!(rules("          memory: {improvement: +20%}\n"), @r"
    config.yaml:24:33: query `memory`: limit `+20%`: the sign does not fit direction `lower`, where better means `-25%`
       |
    24 |           memory: {improvement: +20%}
       |                                 ^^^^
    ");
    assert_snapshot!(rules("          memory: {improvement: 20%}\n"), @r"
    config.yaml:24:33: query `memory`: limit `20%`: `20%` is no relative change; expected a sign, a number and %, such as `-25%`
       |
    24 |           memory: {improvement: 20%}
       |                                 ^^^
    ");
    assert_snapshot!(rules("          memory: {improvement: -100%}\n"), @r"
    config.yaml:24:33: query `memory`: limit `-100%`: nothing falls by all of itself or more; write less than 100%
       |
    24 |           memory: {improvement: -100%}
       |                                 ^^^^^
    ");
    let falls = |text: &str| {
        let folder = Folder::good().replace("config.yaml", LIMITS, &format!("limits: {{memory: {text}}}"));
        folder.replace("queries.yaml", "direction: lower\n    promql: max_", "direction: higher\n    promql: max_")
    };
    assert!(falls("-99%").load().is_ok());
    let refused = falls("-100%").message();
    assert!(refused.contains("query `memory`: limit `-100%`: nothing falls by all of itself"), "{refused}");
    assert_snapshot!(rules("          latency: {series: [{labels: {q: 0.99}, warn: 3}]}\n"), @r"
    config.yaml:24:56: query `latency`: limit `3`: `3` has no unit: expected a duration with one of the units ns, us, ms, s, m, h, such as `10s`
       |
    24 |           latency: {series: [{labels: {q: 0.99}, warn: 3}]}
       |                                                        ^
    ");
    assert_snapshot!(rules("          memory: {warn: -1MiB}\n"), @r"
    config.yaml:24:26: query `memory`: limit `-1MiB`: the sign does not fit direction `lower`, where worse means `+25%`
       |
    24 |           memory: {warn: -1MiB}
       |                          ^^^^^
    ");
}

#[test]
fn tiers_that_contradict_each_other() {
    assert_snapshot!(rules("          memory: {warn: 32MiB}\n"), @r"
    config.yaml:24:26: query `memory`: `warn` 32 MiB is wider than `limit` 16 MiB: give `warn` the same parts, each smaller, or none
       |
    24 |           memory: {warn: 32MiB}
       |                          ^^^^^
    ");
    assert_snapshot!(rules("          latency: {warn: +20%}\n"), @r"
    config.yaml:24:27: query `latency`: `warn` +20% is wider than `limit` +10%: give `warn` the same parts, each smaller, or none
       |
    24 |           latency: {warn: +20%}
       |                           ^^^^
    ");
    assert_snapshot!(latency("    warn: \"+1%\""), @r"
    queries.yaml:17:12: query `memory`: `warn` +1% is wider than `limit` 16 MiB: give `warn` the same parts, each smaller, or none
       |
    17 |     limit: 16MiB
       |            ^^^^^
    ");
    let narrower = "          latency: {limit: +4%, series: [{labels: {q: 0.99}, limit: +9%}]}\n";
    let folder =
        ruled(narrower).replace("queries.yaml", "    quantile_limits:", "    warn: \"+5%\"\n    quantile_limits:");
    assert_snapshot!(folder.message(), @r"
    config.yaml:24:28: query `latency`: `warn` +5% is wider than `limit` +4%: give `warn` the same parts, each smaller, or none
       |
    24 |           latency: {limit: +4%, series: [{labels: {q: 0.99}, limit: +9%}]}
       |                            ^^^
    ");
    let narrower = "          latency: {warn: +9%, series: [{labels: {endpoint: /buy}, limit: +8%}]}\n";
    assert_snapshot!(rules(narrower), @r"
    config.yaml:24:27: query `latency`: `warn` +9% is wider than `limit` +8%: give `warn` the same parts, each smaller, or none
       |
    24 |           latency: {warn: +9%, series: [{labels: {endpoint: /buy}, limit: +8%}]}
       |                           ^^^
    ");
    let both = "          latency: {series: [{labels: {endpoint: /buy}, warn: +9%, limit: +8%}]}\n";
    assert_snapshot!(rules(both), @r"
    config.yaml:24:63: query `latency`: `warn` +9% is wider than `limit` +8%: give `warn` the same parts, each smaller, or none
       |
    24 |           latency: {series: [{labels: {endpoint: /buy}, warn: +9%, limit: +8%}]}
       |                                                               ^^^
    ");
}

#[test]
fn what_rests_on_a_limit_that_is_not_there() {
    assert_snapshot!(rules("          memory: {limit: null, primary: true}\n"), @r"
    config.yaml:24:42: query `memory` is primary and has no limit: give it one, or leave `primary` out
       |
    24 |           memory: {limit: null, primary: true}
       |                                          ^^^^
    ");
    assert_snapshot!(rules("          memory: {limit: null, warn: 1MiB}\n"), @r"
    config.yaml:24:39: query `memory` has `warn` and no limit: give it one, or leave `warn` out
       |
    24 |           memory: {limit: null, warn: 1MiB}
       |                                       ^^^^
    ");
    assert_snapshot!(rules("          memory: {limit: null, improvement: -10%}\n"), @r"
    config.yaml:24:46: query `memory` has `improvement` and no limit: give it one, or leave `improvement` out
       |
    24 |           memory: {limit: null, improvement: -10%}
       |                                              ^^^^
    ");
    let single = "          latency: {limit: null, series: [{labels: {q: 0.5}, limit: +5%}, {labels: {q: 0.99}, primary: true}]}\n";
    assert_snapshot!(rules(single), @r"
    config.yaml:24:104: query `latency` is primary and has no limit: give it one, or leave `primary` out
       |
    24 |           latency: {limit: null, series: [{labels: {q: 0.5}, limit: +5%}, {labels: {q: 0.99}, primary: true}]}
       |                                                                                                        ^^^^
    ");
    assert!(ruled(&single.replace("primary: true", "primary: false")).load().is_ok());
}

#[test]
fn rules_for_what_is_not_there() {
    assert_snapshot!(rules("          latencies: {primary: true}\n"), @r"
    config.yaml:24:11: the set has no query `latencies`: did you mean `latency`?
       |
    24 |           latencies: {primary: true}
       |           ^^^^^^^^^
    ");
    assert_snapshot!(rules("          latency: {primry: true}\n"), @r"
    config.yaml:24:21: unknown key `primry`: did you mean `primary`?
       |
    24 |           latency: {primry: true}
       |                     ^^^^^^
    ");
    assert_snapshot!(rules("          latency: {series: [{labels: {endpont: /buy}, primary: true}]}\n"), @r"
    config.yaml:24:40: query `latency` keeps no label `endpont`: did you mean `endpoint`?
       |
    24 |           latency: {series: [{labels: {endpont: /buy}, primary: true}]}
       |                                        ^^^^^^^
    ");
    assert_snapshot!(rules("          latency: {series: [{labels: {q: 0.9}, primary: true}]}\n"), @r"
    config.yaml:24:43: query `latency` has no quantile `0.9`: expected one of `0.5`, `0.99`
       |
    24 |           latency: {series: [{labels: {q: 0.9}, primary: true}]}
       |                                           ^^^
    ");
    assert_snapshot!(rules("          memory: {series: [{labels: {q: 0.9}, primary: true}]}\n"), @r"
    config.yaml:24:39: query `memory` keeps no label `q`: its one series has no labels
       |
    24 |           memory: {series: [{labels: {q: 0.9}, primary: true}]}
       |                                       ^
    ");
    assert_snapshot!(rules("          latency: {series: [{labels: {}, primary: true}]}\n"), @r"
    config.yaml:24:39: expected the labels of the series that are meant, such as {endpoint: /buy}
       |
    24 |           latency: {series: [{labels: {}, primary: true}]}
       |                                       ^
    ");
    assert_snapshot!(rules("          latency: {series: [{labels: {endpoint: /buy}}]}\n"), @r"
    config.yaml:24:30: nothing is said of these series: add `primary`, `limit`, `warn`, `improvement`, `required`, `nullable` or `muted`
       |
    24 |           latency: {series: [{labels: {endpoint: /buy}}]}
       |                              ^
    ");
}

#[test]
fn a_rule_that_no_series_comes_to() {
    let shadowed = "          latency:
            series:
              - {labels: {endpoint: /buy}, primary: true}
              - {labels: {endpoint: /buy, q: 0.99}, primary: false}
";
    assert_snapshot!(rules(shadowed), @r"
    config.yaml:27:26: query `latency`: no series comes to this rule, as the first that fits holds: put it before that of {endpoint: /buy}
       |
    27 |               - {labels: {endpoint: /buy, q: 0.99}, primary: false}
       |                          ^
    ");
}

#[test]
fn one_limit_in_two_places() {
    let folder =
        Folder::good().replace("config.yaml", LIMITS, &format!("{LIMITS}\n        rules: {{memory: {{limit: 1MiB}}}}"));
    assert_snapshot!(folder.message(), @r"
    config.yaml:24:17: the limit of `memory` stands under `limits` as well; remove one
       |
    24 |         rules: {memory: {limit: 1MiB}}
       |                 ^^^^^^
    ");
    let folder =
        Folder::good().replace("config.yaml", LIMITS, &format!("{LIMITS}\n        rules: {{latency: {{warn: +1%}}}}"));
    assert!(folder.load().is_ok(), "what is not said twice");
}

#[test]
fn muted_without_reason_or_end() {
    assert_snapshot!(rules("          memory: {muted: {until: 2026-12-31}}\n"), @r"
    config.yaml:24:28: missing key `reason`, in the same block as this
       |
    24 |           memory: {muted: {until: 2026-12-31}}
       |                            ^^^^^
    ");
    assert_snapshot!(rules("          memory: {muted: {reason: \" \", until: 2026-12-31}}\n"), @r#"
    config.yaml:24:36: `reason` is empty: say why it decides nothing
       |
    24 |           memory: {muted: {reason: " ", until: 2026-12-31}}
       |                                    ^^^
    "#);
    assert_snapshot!(rules("          memory: {muted: {reason: Noisy.}}\n"), @r"
    config.yaml:24:28: missing key `until`, in the same block as this
       |
    24 |           memory: {muted: {reason: Noisy.}}
       |                            ^^^^^^
    ");
    assert_snapshot!(rules("          memory: {muted: {reason: Noisy., until: 2026-02-30}}\n"), @r"
    config.yaml:24:51: `2026-02-30` is no day: expected year, month and day, such as `2026-12-31`
       |
    24 |           memory: {muted: {reason: Noisy., until: 2026-02-30}}
       |                                                   ^^^^^^^^^^
    ");
    assert_snapshot!(rules("          memory: {muted: true}\n"), @r"
    config.yaml:24:27: expected a block of `key: value`, found `true`
       |
    24 |           memory: {muted: true}
       |                           ^^^^
    ");
    let past = ruled("          memory: {muted: {reason: Noisy., until: 2020-12-31}}\n");
    assert_eq!(queries_of(&past)[1].muted.as_ref().unwrap().until, date!(2020 - 12 - 31), "no error: `check` tells");
}

/// The reference shows the keys of rules in comments, as the demo needs few: they are keys all the same.
#[test]
fn the_reference_of_rules_is_true() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("config.yaml")).unwrap();
    let begin = text.find("        #   http_latency:\n").expect("config.yaml shows rules");
    let lines = text[begin..].lines().take_while(|line| line.starts_with("        #   "));
    let shown: String = lines.map(|line| format!("{}\n", line.replacen("# ", "", 1))).collect();
    let folder = Folder::good();
    folder.write("config.yaml", text.replace("queries/", &format!("{}/queries/", root.display())));
    let before = folder.load().unwrap();
    let folder = folder.replace("config.yaml", "        rules:\n", &format!("        rules:\n{shown}"));
    let folder = folder.replace(
        "config.yaml",
        "          http_latency: {\"0.5\": \"+25% and 1ms\", \"0.99\": \"+200% and 20ms\"}\n",
        "",
    );
    let latency = |settings: &Settings| settings.benchmarks["shop"].queries[1].clone();
    let (before, after) = (latency(&before), latency(&folder.load().unwrap()));
    assert_eq!(after.name, "http_latency");
    assert!(after.required && after.nullable && after.primary == Some(true), "{after:?}");
    let is_set = [after.warn, after.improvement, after.limit].iter().all(Option::is_some) && after.muted.is_some();
    assert!(is_set && after.limit != before.limit && !after.series.is_empty(), "{after:?}");
}
