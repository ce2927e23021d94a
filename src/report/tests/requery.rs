//! What asking a stored run again gave; and a run that was asked a query in two forms.

use insta::assert_snapshot;

use crate::domain::limit::{Direction, Unit};
use crate::domain::requery::{LateAnswers, Requery};
use crate::domain::run::Arm;
use crate::domain::series::{Definition, Measurement, MissingData, SeriesInfo};

use super::super::{requery_json, requery_text, run_text};
use super::fixture::{NARROW, key, run, stored};

fn requery(rounds: &[u16]) -> Requery {
    let info = SeriesInfo { unit: Unit::Seconds, direction: Direction::Lower, definition: Definition(2) };
    let round = |number: &u16| LateAnswers {
        round: *number,
        arm: Arm::Baseline,
        measurements: vec![Measurement {
            key: key("lock_wait", "/buy"),
            info,
            value: f64::from(*number) / 1000.0,
            bucket: None,
            total: None,
        }],
        missing: vec![MissingData { query: "db_locks".to_owned(), stage: 0, reason: "it gave\nnothing".to_owned() }],
    };
    Requery { run: run(1, "a"), stored: true, rounds: rounds.iter().map(round).collect(), known: 7 }
}

#[test]
fn values_by_round() {
    assert_snapshot!(requery_text(&[requery(&[1, 3])], NARROW), @r#"
    run 00000001 of aaaaaaaaaaaa, benchmark http: 2 new values stored, 7 known
      no data: round 1: db_locks: it gave nothing
      no data: round 3: db_locks: it gave nothing
      new series                  value by round
      lock_wait{endpoint="/buy"}  1: 1 ms, 3: 3 ms
    "#);
    let tried = Requery { stored: false, ..requery(&[]) };
    let expected = "run 00000001 of aaaaaaaaaaaa, benchmark http: 0 new values found, not stored, 7 known\n";
    assert_eq!(requery_text(&[tried], NARROW), expected);
    assert_eq!(requery_text(&[], NARROW), "no runs\n");
}

#[test]
fn for_programs() {
    let document: serde_json::Value = serde_json::from_str(&requery_json(&[requery(&[2])])).unwrap();
    assert_eq!(document["schema"], "loadmark.requery/1");
    assert_snapshot!(serde_json::to_string_pretty(&document["runs"][0]["rounds"]).unwrap(), @r#"
    [
      {
        "measurements": [
          {
            "bucket": null,
            "definition": "0000000000000002",
            "direction": "lower",
            "labels": {
              "endpoint": "/buy"
            },
            "query": "lock_wait",
            "series": "lock_wait{endpoint=\"/buy\"}",
            "stage": 0,
            "total": null,
            "unit": "seconds",
            "value": 0.002
          }
        ],
        "missing": [
          {
            "query": "db_locks",
            "reason": "it gave\nnothing",
            "stage": 0
          }
        ],
        "number": 2
      }
    ]
    "#);
    let run = &document["runs"][0];
    assert_eq!((&run["stored"], &run["added"], &run["known"]), (&true.into(), &1.into(), &7.into()));
    assert_eq!(run["run"]["state"], "complete");
}

#[test]
fn a_query_in_two_forms_makes_two_rows() {
    let mut run = stored();
    for round in &mut run.rounds {
        let mut edited = round.measurements.clone();
        edited.iter_mut().for_each(|one| (one.info.definition, one.value) = (Definition(9), one.value * 2.0));
        round.measurements.extend(edited);
    }
    let text = run_text(&run, None, None, NARROW);
    let rows: Vec<&str> = text.lines().filter(|line| line.contains("/buy")).map(|line| line[37..46].trim()).collect();
    assert_eq!(rows, ["4.16 ms", "8.32 ms"]);
}
