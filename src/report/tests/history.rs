//! The history of a query, over three segments.

use insta::assert_snapshot;
use time::Duration;

use crate::domain::change::{ChangePoint, Changes, Drift};
use crate::domain::comparison::SideSummary;
use crate::domain::history::{Ground, HistoryPoint, SeriesHistory};
use crate::domain::machine::MachineClass;
use crate::domain::run::MeasurementHash;

use super::super::{Style, history_json, history_markdown, history_text};
use super::fixture::{NARROW, START, WIDE, key, run, stored};

fn ground(hash: &str, class: &str) -> Ground {
    let info = stored().rounds[0].measurements[0].info;
    let class = MachineClass(class.to_owned());
    Ground { measurement_hash: MeasurementHash(hash.repeat(8)), class, info }
}

/// Of a master set every hour.
fn point(number: u8, ms: f64) -> HistoryPoint {
    let run = run(number.into(), &number.to_string());
    HistoryPoint {
        run: run.id,
        revision: run.revision,
        is_master: number != 3,
        started_at: START + Duration::hours(number.into()),
        side: SideSummary::of([0.98, 1.0, 1.02].map(|noise| ms * noise / 1000.0).to_vec()).unwrap(),
    }
}

fn history() -> [SeriesHistory; 1] {
    let mut history = SeriesHistory { benchmark: "http".to_owned(), key: key("latency", "/buy"), segments: Vec::new() };
    for (number, ms) in [(1, 1.0), (2, 1.1), (3, 2.0)] {
        history.push(ground("f00dfeed", "lab"), point(number, ms));
    }
    history.push(ground("beefbeef", "lab"), point(4, 0.0));
    history.push(ground("beefbeef", "lab"), point(5, 1.0));
    history.push(ground("f00dfeed", "lap\u{1b}[31mtop|@you"), point(6, 7.0));
    [history]
}

#[test]
fn for_a_terminal() {
    assert_snapshot!(history_text(&history(), WIDE), @r#"
    latency{endpoint="/buy"}, benchmark http: 6 runs, lower is better
      ▁▂█  1 ms to 2 ms
      revision      when                     run                       median  spread  change
      111111111111  2026-03-04 06:06:07 UTC  00000001                    1 ms   ±2.0%       -
      222222222222  2026-03-04 07:06:07 UTC  00000002                  1.1 ms   ±2.0%    +10%
      333333333333  2026-03-04 08:06:07 UTC  00000003 (no master set)    2 ms   ±2.0%    +82%

    not comparable with the runs before: another measurement hash beefbeefbeef
      ▁█  0 s to 1 ms
      revision      when                     run       median  spread  change
      444444444444  2026-03-04 09:06:07 UTC  00000004     0 s       -       -
      555555555555  2026-03-04 10:06:07 UTC  00000005    1 ms   ±2.0%       -

    not comparable with the runs before: another measurement hash f00dfeedf00d, another machine class laptop|@you
      ▅  7 ms
      revision      when                     run       median  spread  change
      666666666666  2026-03-04 11:06:07 UTC  00000006    7 ms   ±2.0%       -
    "#);
    assert_snapshot!(history_text(&history(), Style { width: 60, ..NARROW }), @r#"
    latency{endpoint="/buy"}, benchmark http: 6 runs, lower is better
      ▁▂█  1 ms to 2 ms
      revision      when                     run
        median  spread  change
      111111111111  2026-03-04 06:06:07 UTC  00000001
          1 ms   ±2.0%       -
      222222222222  2026-03-04 07:06:07 UTC  00000002
        1.1 ms   ±2.0%    +10%
      333333333333  2026-03-04 08:06:07 UTC  00000003 (no master set)
          2 ms   ±2.0%    +82%

    not comparable with the runs before: another measurement hash beefbeefbeef
      ▁█  0 s to 1 ms
      revision      when                     run
        median  spread  change
      444444444444  2026-03-04 09:06:07 UTC  00000004
           0 s       -       -
      555555555555  2026-03-04 10:06:07 UTC  00000005
          1 ms   ±2.0%       -

    not comparable with the runs before: another measurement hash f00dfeedf00d, another machine class laptop|@you
      ▅  7 ms
      revision      when                     run
        median  spread  change
      666666666666  2026-03-04 11:06:07 UTC  00000006
          7 ms   ±2.0%       -
    "#);
    assert_eq!(history_text(&[], WIDE), "no runs; `--all` takes those that are no master sets, too\n");
}

#[test]
fn for_markdown() {
    assert_snapshot!(history_markdown(&history()), @r#"
    ### `latency{endpoint="/buy"}`, benchmark http: 6 runs, lower is better

    not comparable with the runs before: another measurement hash f00dfeedf00d, another machine class `laptop¦@you`: `▅` 7 ms

    | revision | when | run | median | ± noise | change |
    | --- | --- | --- | ---: | ---: | ---: |
    | 666666666666 | 2026-03-04 11:06:07 UTC | 00000006 | 7 ms | ±2.0% | - |

    not comparable with the runs before: another measurement hash beefbeefbeef: `▁█` 0 s to 1 ms

    | revision | when | run | median | ± noise | change |
    | --- | --- | --- | ---: | ---: | ---: |
    | 555555555555 | 2026-03-04 10:06:07 UTC | 00000005 | 1 ms | ±2.0% | - |
    | 444444444444 | 2026-03-04 09:06:07 UTC | 00000004 | 0 s | - | - |

    `▁▂█` 1 ms to 2 ms

    | revision | when | run | median | ± noise | change |
    | --- | --- | --- | ---: | ---: | ---: |
    | 333333333333 | 2026-03-04 08:06:07 UTC | 00000003 (no master set) | 2 ms | ±2.0% | +82% |
    | 222222222222 | 2026-03-04 07:06:07 UTC | 00000002 | 1.1 ms | ±2.0% | +10% |
    | 111111111111 | 2026-03-04 06:06:07 UTC | 00000001 | 1 ms | ±2.0% | - |
    "#);
}

#[test]
fn for_programs() {
    let mut history = history();
    let all: serde_json::Value = serde_json::from_str(&history_json("demo", "latency", &history)).unwrap();
    let breaks: Vec<_> = all["series"][0]["segments"].as_array().unwrap().iter().map(|one| &one["breaks"]).collect();
    assert_eq!(
        serde_json::json!(breaks),
        serde_json::json!([[], ["measurement_hash"], ["measurement_hash", "machine_class"]])
    );
    history[0].segments.truncate(1);
    history[0].segments[0].points.pop();
    assert_snapshot!(history_json("demo", "latency", &history), @r#"
    {
      "schema": "loadmark.history/1",
      "project": "demo",
      "query": "latency",
      "series": [
        {
          "benchmark": "http",
          "series": "latency{endpoint=\"/buy\"}",
          "query": "latency",
          "labels": {
            "endpoint": "/buy"
          },
          "stage": 0,
          "segments": [
            {
              "breaks": [],
              "measurement_hash": "f00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeedf00dfeed",
              "machine_class": "lab",
              "unit": "seconds",
              "direction": "lower",
              "definition": "0000000000000001",
              "points": [
                {
                  "run": "00000001-0000-0000-0000-000000001234",
                  "revision": "1111111111111111111111111111111111111111",
                  "master": true,
                  "started_at": "2026-03-04T06:06:07Z",
                  "median": 0.001,
                  "values": [
                    0.00098,
                    0.001,
                    0.00102
                  ],
                  "spread": 0.020000000000000052,
                  "change": null
                },
                {
                  "run": "00000002-0000-0000-0000-000000001234",
                  "revision": "2222222222222222222222222222222222222222",
                  "master": true,
                  "started_at": "2026-03-04T07:06:07Z",
                  "median": 0.0011,
                  "values": [
                    0.001078,
                    0.0011,
                    0.0011220000000000002
                  ],
                  "spread": 0.02000000000000009,
                  "change": 0.10000000000000005
                }
              ],
              "change_points": [],
              "drift": null
            }
          ]
        }
      ]
    }
    "#);
}

#[test]
fn steps_and_drift_are_told_where_they_lie() {
    let mut history = history();
    let step = ChangePoint { at: 2, magnitude: Some(0.818), p: 0.0005 };
    let drift = Drift { from: 0, points: 2, magnitude: Some(0.1), p: 0.000_2 };
    history[0].segments.truncate(1);
    history[0].segments[0].changes = Changes { points: vec![step], drift: Some(drift) };
    assert_snapshot!(history_text(&history, WIDE), @r#"
    latency{endpoint="/buy"}, benchmark http: 3 runs, lower is better
      ▁▂█  1 ms to 2 ms
      revision      when                     run                       median  spread  change
      111111111111  2026-03-04 06:06:07 UTC  00000001                    1 ms   ±2.0%       -
      222222222222  2026-03-04 07:06:07 UTC  00000002                  1.1 ms   ±2.0%    +10%
      333333333333  2026-03-04 08:06:07 UTC  00000003 (no master set)    2 ms   ±2.0%    +82%
        step of +82% between 222222222222 and 333333333333 (p 0.0005)
      drift of +10% over the last 2 runs (p 0.0002)
    "#);
    assert_snapshot!(history_markdown(&history), @r#"
    ### `latency{endpoint="/buy"}`, benchmark http: 3 runs, lower is better

    `▁▂█` 1 ms to 2 ms

    | revision | when | run | median | ± noise | change |
    | --- | --- | --- | ---: | ---: | ---: |
    | 333333333333 | 2026-03-04 08:06:07 UTC | 00000003 (no master set) | 2 ms | ±2.0% | +82% |
    | 222222222222 | 2026-03-04 07:06:07 UTC | 00000002 | 1.1 ms | ±2.0% | +10% |
    | 111111111111 | 2026-03-04 06:06:07 UTC | 00000001 | 1 ms | ±2.0% | - |

    - step of +82% between 222222222222 and 333333333333 (p 0.0005)

    - drift of +10% over the last 2 runs (p 0.0002)
    "#);
    let all: serde_json::Value = serde_json::from_str(&history_json("demo", "latency", &history)).unwrap();
    let segment = &all["series"][0]["segments"][0];
    let (before, after) = ("2".repeat(40), "3".repeat(40));
    assert_eq!(
        segment["change_points"],
        serde_json::json!([{"index": 2, "before": before, "after": after, "magnitude": 0.818, "p": 0.0005}])
    );
    assert_eq!(segment["drift"], serde_json::json!({"from": 0, "points": 2, "magnitude": 0.1, "p": 0.0002}));
}

#[test]
fn what_a_label_holds_is_text() {
    let [mut history] = history();
    history.key.labels.insert("endpoint".to_owned(), "\u{1b}]0;title\u{7}`<img>@you\n# x".to_owned());
    let text = history_text(&[history.clone()], WIDE);
    assert!(!text.contains('\u{1b}') && !text.contains('\u{7}'), "{text}");
    let markdown = history_markdown(&[history]);
    let title = markdown.lines().next().unwrap();
    assert!(title.starts_with("### ``latency{") && title.contains("@you"), "{title}");
}

#[test]
fn a_long_history_in_markdown_is_cut_at_its_oldest_run() {
    let [mut history] = history();
    let points = |segment: &mut crate::domain::history::Segment| segment.points = vec![point(1, 1.0); 2000];
    history.segments.iter_mut().for_each(points);
    let markdown = history_markdown(&vec![history; 40]);
    assert!(markdown.len() < 65_535, "{}", markdown.len());
    assert!(markdown.contains(" more.\n") && markdown.contains("more series.\n"), "{markdown}");
}
