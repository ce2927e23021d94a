//! Lists of runs and jobs, and one of each.

use insta::assert_snapshot;
use time::Duration;

use crate::domain::ids::JobId;
use crate::domain::job::{Job, JobKind, JobRequest, JobState};
use crate::domain::order::{Priority, Terms};
use crate::domain::run::{Invalidation, RunState, StoredRound};

use super::super::{job_json, job_text, jobs_json, jobs_text, run_text, runs_text};
use super::fixture::{NARROW, START, WIDE, run, stored};

fn job(id: i64, state: JobState) -> Job {
    Job {
        id: JobId(id),
        request: JobRequest {
            kind: JobKind::Experiment,
            project: "demo".to_owned(),
            benchmark: "http".to_owned(),
            revision: "b".repeat(40).parse().unwrap(),
            asked_as: "slow-buy".to_owned(),
            base: None,
            force: false,
            pull: None,
            rounds: None,
            compare: None,
        },
        attempts: 1,
        state,
        run: Some(run(2, "b").id),
        enqueued_at: START,
        terms: Terms { served: false, priority: Priority::Commanded, ask: String::new(), asked_by: String::new() },
    }
}

fn jobs() -> [Job; 3] {
    let since = START + Duration::seconds(3);
    let lease_until = since + Duration::minutes(1);
    let failed = JobState::Finished {
        outcome: "service-failed: not-ready".parse().unwrap(),
        detail: Some("no answer from http://shop:8080/ready within 120s".to_owned()),
        at: START + Duration::minutes(4),
    };
    [
        job(14, JobState::Queued { awaited: true, not_before: None }),
        job(13, JobState::Running { host: "alpha".to_owned(), since, lease_until, phase: None }),
        job(12, failed),
    ]
}

#[test]
fn a_table_of_runs() {
    let mut half = run(2, "b");
    half.state = RunState::Partial;
    half.rounds.0 = 1;
    assert_snapshot!(runs_text(&[half, run(1, "a")], WIDE), @r#"
    run       revision      benchmark  set     state     rounds  job  machine   started
    00000002  bbbbbbbbbbbb  http               partial   1 of 3   12  ci-small  2026-03-04 05:06:07 UTC
    00000001  aaaaaaaaaaaa  http       master  complete  3 of 3   12  ci-small  2026-03-04 05:06:07 UTC
    "#);
    assert_eq!(runs_text(&[], WIDE), "no runs\n");
}

#[test]
fn one_run() {
    assert_snapshot!(run_text(&stored(), None, None, NARROW), @r#"
    run 00000001-0000-0000-0000-000000001234, complete, master set
    demo, benchmark http, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, job 12
    measurement hash f00dfeedf00d, machine class ci-small, started 2026-03-04 05:06:07 UTC
    round 1: 200/s achieved of 200/s planned (100.0%), 3 of 2000 requests failed
    round 2: 200/s achieved of 200/s planned (100.0%), 3 of 2000 requests failed
      no data: db_locks: empty answer
    round 3: 200/s achieved of 200/s planned (100.0%), 3 of 2000 requests failed
      invalid: the generator fell behind in 4 of 10 slices

      series                               median  spread  rounds
      http_latency_mean{endpoint="/"}      528 us   ±1.5%  520 us, 536 us
      http_latency_mean{endpoint="/buy"}  4.16 ms   ±1.5%  4.1 ms, 4.22 ms

    where the time went, in seconds
      step   round 1  round 2  round 3     sum
      up        1.25     1.29     8.75   11.29
      load     20.00    20.60   140.00  180.60
      drain     0.12     0.13     0.88    1.13
      down      1.00     1.03     7.00    9.03
      all      22.38    23.05   156.62  202.05
    "#);
}

#[test]
fn the_times_of_many_rounds_are_summed_up() {
    let mut many = stored();
    many.rounds = (1..=40).map(|number| StoredRound { number, ..many.rounds[0].clone() }).collect();
    many.rounds[7].steps.truncate(1);
    many.rounds[8].steps[0].seconds = 3.0;
    let text = run_text(&many, None, None, NARROW);
    let (_, times) = text.split_once("where the time went, in seconds\n").unwrap();
    assert_snapshot!(times, @r"
    step   shortest  median  longest     sum
    up         1.25    1.25     3.00   51.75
    load      20.00   20.00    20.00  780.00
    drain      0.12    0.12     0.12    4.88
    down       1.00    1.00     1.00   39.00
    all        1.25   22.38    24.12  875.62
    ");
    many.rounds.iter_mut().for_each(|round| round.steps.clear());
    assert!(!run_text(&many, None, None, NARROW).contains("where the time went"));
}

#[test]
fn a_run_that_was_taken_back() {
    let mut taken = stored();
    taken.summary.state = RunState::Invalidated;
    taken.rounds.clear();
    let by = Invalidation { reason: "the host\nwas busy".to_owned(), by: "ada\u{1b}[31m".to_owned(), at: START };
    assert_snapshot!(run_text(&taken, Some(&by), None, NARROW), @r"
    run 00000001-0000-0000-0000-000000001234, invalidated, master set
    demo, benchmark http, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, job 12
    measurement hash f00dfeedf00d, machine class ci-small, started 2026-03-04 05:06:07 UTC
    invalidated by ada, 2026-03-04 05:06:07 UTC: the host was busy
    ");
}

#[test]
fn a_table_of_jobs() {
    assert_snapshot!(jobs_text(&jobs(), WIDE), @r#"
    state                      job  kind        revision      asked as  benchmark  run       enqueued
    queued                      14  experiment  bbbbbbbbbbbb  slow-buy  http       00000002  2026-03-04 05:06:07 UTC
    running                     13  experiment  bbbbbbbbbbbb  slow-buy  http       00000002  2026-03-04 05:06:07 UTC
    service-failed: not-ready   12  experiment  bbbbbbbbbbbb  slow-buy  http       00000002  2026-03-04 05:06:07 UTC
    "#);
    assert_eq!(jobs_text(&[], WIDE), "no jobs\n");
}

#[test]
fn one_job() {
    let shown: Vec<_> = jobs().iter().map(|job| job_text(job, WIDE)).collect();
    assert_snapshot!(shown.join("\n"), @r#"
    QUEUED: job 14, experiment
    demo, benchmark http, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb (slow-buy)
      enqueued  2026-03-04 05:06:07 UTC
      awaited   a command waits for its turn with it
      attempts  1
      run       00000002-0000-0000-0000-000000001234

    RUNNING: job 13, experiment
    demo, benchmark http, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb (slow-buy)
      enqueued  2026-03-04 05:06:07 UTC
      running   on alpha since 2026-03-04 05:06:10 UTC
      lease     until 2026-03-04 05:07:10 UTC
      attempts  1
      run       00000002-0000-0000-0000-000000001234

    SERVICE FAILED (NOT-READY): job 12, experiment
    demo, benchmark http, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb (slow-buy)
      enqueued  2026-03-04 05:06:07 UTC
      finished  2026-03-04 05:10:07 UTC
      reason    no answer from http://shop:8080/ready within 120s
      attempts  1
      run       00000002-0000-0000-0000-000000001234
    "#);
}

#[test]
fn jobs_for_programs() {
    assert_snapshot!(jobs_json(&jobs()), @r#"
    {
      "schema": "loadmark.jobs/1",
      "jobs": [
        {
          "id": 14,
          "kind": "experiment",
          "project": "demo",
          "benchmark": "http",
          "revision": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
          "asked_as": "slow-buy",
          "base": null,
          "force": false,
          "pull": null,
          "served": false,
          "priority": "commanded",
          "asked_by": "",
          "attempts": 1,
          "run": "00000002-0000-0000-0000-000000001234",
          "enqueued_at": "2026-03-04T05:06:07Z",
          "state": "queued",
          "awaited": true,
          "not_before": null
        },
        {
          "id": 13,
          "kind": "experiment",
          "project": "demo",
          "benchmark": "http",
          "revision": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
          "asked_as": "slow-buy",
          "base": null,
          "force": false,
          "pull": null,
          "served": false,
          "priority": "commanded",
          "asked_by": "",
          "attempts": 1,
          "run": "00000002-0000-0000-0000-000000001234",
          "enqueued_at": "2026-03-04T05:06:07Z",
          "state": "running",
          "host": "alpha",
          "since": "2026-03-04T05:06:10Z",
          "lease_until": "2026-03-04T05:07:10Z",
          "phase": null
        },
        {
          "id": 12,
          "kind": "experiment",
          "project": "demo",
          "benchmark": "http",
          "revision": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
          "asked_as": "slow-buy",
          "base": null,
          "force": false,
          "pull": null,
          "served": false,
          "priority": "commanded",
          "asked_by": "",
          "attempts": 1,
          "run": "00000002-0000-0000-0000-000000001234",
          "enqueued_at": "2026-03-04T05:06:07Z",
          "state": "finished",
          "outcome": "service-failed: not-ready",
          "detail": "no answer from http://shop:8080/ready within 120s",
          "finished_at": "2026-03-04T05:10:07Z"
        }
      ]
    }
    "#);
    let one: serde_json::Value = serde_json::from_str(&job_json(&jobs()[0])).unwrap();
    assert_eq!((&one["schema"], &one["job"]["state"]), (&"loadmark.job/1".into(), &"queued".into()));
}
