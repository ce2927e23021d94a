//! Lists of runs and jobs, and one of each.

use insta::assert_snapshot;
use time::Duration;

use crate::domain::ids::JobId;
use crate::domain::job::{Job, JobKind, JobRequest, JobState};
use crate::domain::run::RunState;

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
        },
        attempts: 1,
        state,
        run: Some(run(2, "b").id),
        enqueued_at: START,
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
        job(14, JobState::Queued { awaited: true }),
        job(13, JobState::Running { host: "alpha".to_owned(), since, lease_until }),
        job(12, failed),
    ]
}

#[test]
fn a_table_of_runs() {
    let mut half = run(2, "b");
    half.state = RunState::Partial;
    half.rounds.0 = 1;
    assert_snapshot!(runs_text(&[half, run(1, "a")], WIDE), @"");
    assert_eq!(runs_text(&[], WIDE), "no runs\n");
}

#[test]
fn one_run() {
    assert_snapshot!(run_text(&stored(), NARROW), @"");
}

#[test]
fn a_table_of_jobs() {
    assert_snapshot!(jobs_text(&jobs(), WIDE), @"");
    assert_eq!(jobs_text(&[], WIDE), "no jobs\n");
}

#[test]
fn one_job() {
    let shown: Vec<_> = jobs().iter().map(|job| job_text(job, WIDE)).collect();
    assert_snapshot!(shown.join("\n"), @"");
}

#[test]
fn jobs_for_programs() {
    assert_snapshot!(jobs_json(&jobs()), @"");
    let one: serde_json::Value = serde_json::from_str(&job_json(&jobs()[0])).unwrap();
    assert_eq!((&one["schema"], &one["job"]["state"]), (&"loadmark.job/1".into(), &"queued".into()));
}
