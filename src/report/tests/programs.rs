//! JSON. These snapshots are the contract that docs/formats.md describes; that of a comparison is
//! tests/data/reports/report.json.

use insta::assert_snapshot;

use crate::domain::run::{Invalidation, StoredRun};

use super::super::{json, run_json, runs_json};
use super::cases;
use super::fixture::{START, build_failure, comparison, master, regression, run, stored, unchanged};

#[test]
fn a_failure() {
    assert_snapshot!(json(&build_failure()), @r##"
    {
      "schema": "loadmark.report/1",
      "outcome": "service-failed: build",
      "job": 12,
      "kind": "experiment",
      "project": "demo",
      "benchmark": "http",
      "revision": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
      "asked_as": "slow-buy",
      "base": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "elapsed_seconds": 252.0,
      "log_folder": null,
      "comparison": null,
      "master": null,
      "failure": {
        "reason": "the image of service `shop` does not build",
        "log_tail": [
          "#9 [build 4/4] RUN make",
          "#9 1.203 src/main.c:12: \u001b[31merror\u001b[0m: `x` undeclared"
        ],
        "log": "/data/logs/12/build.log"
      },
      "next_steps": [
        {
          "purpose": "try again, once it is mended",
          "command": "loadmark test bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb --benchmark http"
        }
      ]
    }
    "##);
}

#[test]
fn exactly_one_body_is_there() {
    for model in [regression(), unchanged(), build_failure(), master()] {
        let value: serde_json::Value = serde_json::from_str(&json(&model)).unwrap();
        assert_eq!(value["outcome"], model.outcome.to_string());
        let bodies = ["comparison", "master", "failure"].iter().filter(|body| !value[**body].is_null());
        assert_eq!(bodies.count(), 1);
    }
}

#[test]
fn runs() {
    assert_snapshot!(runs_json(&[run(1, "a")]), @r#"
    {
      "schema": "loadmark.runs/1",
      "runs": [
        {
          "id": "00000001-0000-0000-0000-000000001234",
          "job": 12,
          "project": "demo",
          "benchmark": "http",
          "revision": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          "master": true,
          "paired": false,
          "arrangement": null,
          "state": "complete",
          "rounds": 3,
          "rounds_planned": 3,
          "measurement_hash": "f00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeed",
          "machine_class": "ci-small",
          "started_at": "2026-03-04T05:06:07Z"
        }
      ]
    }
    "#);
}

#[test]
fn when_and_how_long() {
    let told: serde_json::Value = serde_json::from_str(&run_json(&stored(), None, None)).unwrap();
    let round = &told["rounds"][0];
    let window = serde_json::json!({
        "stage": 0, "t0": "2026-03-04T05:06:30Z", "t1": "2026-03-04T05:06:40.25Z", "seconds": 10.25, "load_seconds": 10.0,
    });
    assert_eq!(
        (&round["windows"], &round["steps"][0]),
        (&serde_json::json!([window]), &serde_json::json!({"step": "up", "seconds": 1.25}))
    );
}

/// The stored run with little in it, so that its shape fits a screen.
fn little() -> StoredRun {
    let mut run = stored();
    run.rounds.remove(0);
    run.rounds[0].measurements.truncate(1);
    run.rounds[1].measurements.clear();
    run.rounds[1].load.clear();
    run.rounds.iter_mut().for_each(|round| (round.windows.clear(), round.steps.clear()).0);
    run
}

#[test]
fn one_run() {
    let run = little();
    let taken_back = Invalidation { reason: "the host was busy".to_owned(), by: "ada".to_owned(), at: START };
    let text = run_json(&run, Some(&taken_back), None);
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    let listed: serde_json::Value = serde_json::from_str(&runs_json(&[run.summary])).unwrap();
    assert_eq!((&told["schema"], &told["run"]), (&"loadmark.run/1".into(), &listed["runs"][0]));
    assert_snapshot!(&text[text.find(r#"  "rounds": ["#).unwrap()..], @r#"
      "rounds": [
        {
          "number": 2,
          "invalid": null,
          "rejected": [],
          "notes": [],
          "load": [
            {
              "planned_rate": 200.0,
              "achieved_rate": 199.9,
              "scheduled": 2000,
              "failed": 3
            }
          ],
          "windows": [],
          "steps": [],
          "measurements": [
            {
              "series": "http_latency_mean{endpoint=\"/\"}",
              "query": "http_latency_mean",
              "labels": {
                "endpoint": "/"
              },
              "stage": 0,
              "unit": "seconds",
              "direction": "lower",
              "definition": "0000000000000001",
              "value": 0.0005356000000000001,
              "bucket": null,
              "total": null
            }
          ],
          "missing": [
            {
              "query": "db_locks",
              "stage": 0,
              "reason": "empty answer"
            }
          ]
        },
        {
          "number": 3,
          "invalid": "the generator fell behind in 4 of 10 slices",
          "rejected": [],
          "notes": [],
          "load": [],
          "windows": [],
          "steps": [],
          "measurements": [],
          "missing": []
        }
      ],
      "invalidated": {
        "by": "ada",
        "at": "2026-03-04T05:06:07Z",
        "reason": "the host was busy"
      },
      "conditions": null
    }
    "#);
}

#[test]
fn a_run_that_nobody_took_back() {
    let whole: serde_json::Value = serde_json::from_str(&run_json(&stored(), None, None)).unwrap();
    assert_eq!(whole["invalidated"], serde_json::Value::Null);
}

#[test]
fn a_comparison_by_pairs() {
    let mut model = cases::regression();
    comparison(&mut model).series.drain(..2);
    comparison(&mut model).series.truncate(1);
    let report: serde_json::Value = serde_json::from_str(&json(&model)).unwrap();
    let mut series = report["comparison"]["series"][0].clone();
    let told = series.as_object_mut().unwrap();
    told.retain(|field, _| !["baseline", "candidate", "labels"].contains(&field.as_str()));
    let told = serde_json::json!({"pairs": report["comparison"]["pairs"], "series": [told]});
    assert_snapshot!(serde_json::to_string_pretty(&told).unwrap(), @r#"
    {
      "pairs": {
        "arrangement": "turns",
        "looks": [
          10,
          16
        ],
        "measured": 17,
        "valid": 16
      },
      "series": [
        {
          "change": 0.30107526881720426,
          "counted": null,
          "direction": "lower",
          "estimate": {
            "confidence": 0.965,
            "detectable": 0.024,
            "effect": 0.3,
            "lower": 0.22,
            "p": 0.0021,
            "pairs": 16,
            "pairs_needed": null,
            "relative": true,
            "upper": 0.39
          },
          "evidence": "paired",
          "limit": {
            "absolute": null,
            "relative": 0.03
          },
          "muted": {
            "reason": "the index is rebuilt, see #12",
            "until": "2026-12-31"
          },
          "primary": false,
          "query": "http_latency_mean",
          "reason": null,
          "required": false,
          "series": "http_latency_mean{endpoint=\"/search\"}",
          "stage": 0,
          "tier": "fail",
          "unit": "seconds",
          "verdict": "regression"
        }
      ]
    }
    "#);
}
