//! Judged recordings as they are printed.

use insta::assert_snapshot;

use crate::domain::change::{ChangePoint, Changes, Drift};
use crate::domain::comparison::{Estimate, Tier};
use crate::domain::judgement::{Histories, JudgedHistory, Judgement};
use crate::domain::limit::{Direction, Limit};
use crate::domain::recorded::{RecordedPair, RecordedSeries, Scale, SeriesFinding};
use crate::domain::verdict::Verdict;

use super::super::{
    histories_json, histories_markdown, histories_text, judgement_json, judgement_markdown, judgement_text,
};
use super::fixture::WIDE;

fn recorded(name: &str, primary: bool) -> RecordedSeries {
    RecordedSeries {
        name: name.to_owned(),
        direction: Direction::Lower,
        scale: Scale::Ratio,
        limit: Some(Limit { relative: Some(0.03), absolute: None }),
        warn: None,
        improvement: None,
        primary,
        nullable: false,
        pairs: vec![RecordedPair { baseline: Some(1.0), candidate: Some(1.1), totals: None }; 12],
    }
}

fn estimate(effect: f64) -> Estimate {
    Estimate {
        effect,
        is_relative: true,
        lower: Some(effect - 0.02),
        upper: Some(effect + 0.02),
        confidence: 0.95,
        pairs: 12,
        p: Some(0.000_488_28),
        detectable: None,
        pairs_needed: None,
    }
}

fn found(verdict: Verdict, estimate: Option<Estimate>) -> SeriesFinding {
    let tier = (verdict == Verdict::Regression).then_some(Tier::Fail);
    SeriesFinding { verdict, reason: None, tier, estimate }
}

fn judgement() -> Judgement {
    let unsure = Estimate { detectable: Some(0.061), pairs_needed: Some(40), ..estimate(0.034) };
    let mut one_sided = recorded("memory", false);
    one_sided.pairs.iter_mut().for_each(|pair| pair.candidate = None);
    let gone =
        SeriesFinding { reason: Some("no pair has a value of the candidate".to_owned()), ..found(Verdict::Gone, None) };
    Judgement {
        verdict: Verdict::Regression,
        series: vec![
            (recorded("p50 /", true), found(Verdict::Unchanged, Some(estimate(0.001)))),
            (one_sided, gone),
            (recorded("p90 |@you", true), found(Verdict::Inconclusive, Some(unsure))),
            (recorded("p50 /buy\u{1b}[31m", true), found(Verdict::Regression, Some(estimate(0.1)))),
        ],
        pairs: 12,
        recorded: 16,
        looks: vec![10, 12],
        error: 0.05,
        notes: vec!["decided after 12 of 16 pairs".to_owned()],
    }
}

fn histories() -> Histories {
    let step = |at, magnitude| ChangePoint { at, magnitude, p: 0.0005 };
    let drift = Drift { from: 4, points: 3, magnitude: Some(-0.021), p: 0.000_012 };
    let changes = Changes { points: vec![step(2, Some(0.0512)), step(4, None)], drift: Some(drift) };
    let history = |series: &str, changes| JudgedHistory {
        series: series.to_owned(),
        indices: vec![10, 11, 20, 30, 31, 40, 50],
        changes,
    };
    Histories {
        series: vec![history("p50 /", changes), history("memory", Changes::default())],
        notes: vec!["values missing: 1, the first in line 9; they are left out".to_owned()],
    }
}

#[test]
fn a_judgement_for_people() {
    assert_snapshot!(judgement_text(&judgement(), WIDE), @r"
    REGRESSION: 4 series (3 primary) over 12 pairs; looks after 10, 12 pairs; chance of any false claim 5% in each direction

      verdict       series     change        interval  pairs  limit
      regression    p50 /buy     +10%   +8.0% to +12%     12  +3%
      inconclusive  p90 |@you   +3.4%  +1.4% to +5.4%     12  +3%
        a change of 6.1% would have been seen; about 40 pairs would decide it
      unchanged     p50 /       +0.1%  -1.9% to +2.1%     12  +3%
      (gone)        memory          -               -      0  +3%
        no pair has a value of the candidate
      note decided after 12 of 16 pairs
    ");
    assert_snapshot!(judgement_markdown(&judgement()), @r"
    **regression**: 4 series (3 primary) over 12 pairs; looks after 10, 12 pairs; chance of any false claim 5% in each direction

    | verdict | series | change | interval | pairs | limit | why |
    | --- | --- | ---: | ---: | ---: | --- | --- |
    | regression | `p50 /buy` | +10% | +8.0% to +12% | 12 | +3% |  |
    | inconclusive | `p90 ¦@you` | +3.4% | +1.4% to +5.4% | 12 | +3% | a change of 6.1% would have been seen; about 40 pairs would decide it |
    | unchanged | `p50 /` | +0.1% | -1.9% to +2.1% | 12 | +3% |  |
    | (gone) | `memory` | - | - | 0 | +3% | no pair has a value of the candidate |

    - decided after 12 of 16 pairs
    ");
}

#[test]
fn differences_are_told_whatever_their_size_and_what_hides_in_them() {
    let of = |effect: f64, detectable: Option<f64>| {
        let mut judgement = judgement();
        let verdict = if detectable.is_some() { Verdict::Inconclusive } else { Verdict::Regression };
        let (lower, upper) = (Some(0.0), Some(2.0 * effect));
        let estimate = Estimate { is_relative: false, lower, upper, detectable, ..estimate(effect) };
        judgement.series = vec![(recorded("errors", true), found(verdict, Some(estimate)))];
        judgement_text(&judgement, WIDE).lines().skip(3).take(2).map(str::trim).collect::<Vec<_>>().join("; ")
    };
    assert!(of(0.0105, None).starts_with("regression  errors  +0.0105  +0 to +0.0210"), "{}", of(0.0105, None));
    assert!(of(-6e-6, None).starts_with("regression  errors  -6.00e-6  +0 to -1.20e-5"), "{}", of(-6e-6, None));
    let open = of(0.002, Some(0.022));
    assert!(open.ends_with("; a change of 0.0220 would have been seen"), "{open}");
}

#[test]
fn a_judgement_for_programs() {
    let mut judgement = judgement();
    judgement.series.truncate(2);
    judgement.series.swap(0, 1);
    assert_snapshot!(judgement_json(&judgement), @r#"
    {
      "schema": "loadmark.judgement/1",
      "verdict": "regression",
      "pairs": 12,
      "recorded": 16,
      "looks": [
        10,
        12
      ],
      "error": 0.05,
      "series": [
        {
          "series": "memory",
          "verdict": "gone",
          "tier": null,
          "reason": "no pair has a value of the candidate",
          "estimate": null,
          "lower": null,
          "upper": null,
          "relative": true,
          "confidence": null,
          "p": null,
          "pairs": 0,
          "method": "paired",
          "detectable": null,
          "pairs_needed": null,
          "primary": false,
          "direction": "lower",
          "limit": {
            "relative": 0.03,
            "absolute": null
          }
        },
        {
          "series": "p50 /",
          "verdict": "unchanged",
          "tier": null,
          "reason": null,
          "estimate": 0.001,
          "lower": -0.019,
          "upper": 0.021,
          "relative": true,
          "confidence": 0.95,
          "p": 0.00048828,
          "pairs": 12,
          "method": "paired",
          "detectable": null,
          "pairs_needed": null,
          "primary": true,
          "direction": "lower",
          "limit": {
            "relative": 0.03,
            "absolute": null
          }
        }
      ],
      "notes": [
        "decided after 12 of 16 pairs"
      ]
    }
    "#);
}

#[test]
fn histories_for_people() {
    assert_snapshot!(histories_text(&histories(), WIDE), @r"
    p50 /: 7 points
      +5.1% between 11 and 20 (p 0.0005)
      away from 0 between 30 and 31 (p 0.0005)
      drift of -2.1% from 31 to 50 (p 1.2e-5)
    memory: 7 points
      no step, no drift
    note values missing: 1, the first in line 9; they are left out
    ");
    assert_snapshot!(histories_markdown(&histories()), @r"
    - `p50 /`: 7 points
      - +5.1% between 11 and 20 (p 0.0005)
      - away from 0 between 30 and 31 (p 0.0005)
      - drift of -2.1% from 31 to 50 (p 1.2e-5)
    - `memory`: 7 points
      - no step, no drift

    values missing: 1, the first in line 9; they are left out
    ");
}

#[test]
fn histories_for_programs() {
    assert_snapshot!(histories_json(&histories()), @r#"
    {
      "schema": "loadmark.changes/1",
      "series": [
        {
          "series": "p50 /",
          "points": 7,
          "change_points": [
            {
              "index": 20,
              "magnitude": 0.0512,
              "p": 0.0005
            },
            {
              "index": 31,
              "magnitude": null,
              "p": 0.0005
            }
          ],
          "drift": {
            "from": 31,
            "points": 3,
            "magnitude": -0.021,
            "p": 0.000012
          }
        },
        {
          "series": "memory",
          "points": 7,
          "change_points": [],
          "drift": null
        }
      ],
      "notes": [
        "values missing: 1, the first in line 9; they are left out"
      ]
    }
    "#);
}

#[test]
fn a_judgement_of_ten_thousand_series_stays_readable() {
    let mut judgement = judgement();
    judgement.series =
        (0..10_000).map(|at| (recorded(&format!("s{at}"), true), judgement.series[0].1.clone())).collect();
    let text = judgement_text(&judgement, WIDE);
    assert!(text.lines().count() < 50 && text.contains("  and 9960 more; `--format json` has them all\n"), "{text}");
    assert!(judgement_markdown(&judgement).len() < 65_535);
}
