//! The default branch and merge queues.

use loadmark::domain::order::Priority;
use loadmark::domain::procedure::CompareMethod;
use loadmark::domain::rules::{Schedule, TestsWhen};
use time::macros::datetime;

use super::{Stage, Told};
use crate::fake_github::NewPull;

#[tokio::test]
async fn a_push_to_the_default_branch_is_a_master_set_and_to_another_nothing() {
    let stage = Stage::new().await;
    stage.fake.push_branch("ann", "faster").await;
    stage.act().await;
    assert_eq!(stage.told().await, Told::new());
    stage.fake.push_branch("ann", "main").await;
    stage.fake.push_branch("ann", "main").await;
    stage.act().await;
    let expected = ["new-master browse of main for ann: queued", "new-master buy of main for ann: queued"];
    assert_eq!(stage.told().await, expected);
    assert!(stage.jobs().await.iter().all(|job| job.terms.priority == Priority::Master));
}

#[tokio::test]
async fn a_merge_ends_the_tests_and_measures_the_merged() {
    let stage = Stage::new().await;
    stage.store_masters("main").await;
    let number = stage.fake.open_pull(NewPull::of("ann", "faster")).await;
    stage.act().await;
    stage.fake.merge("max", number).await;
    stage.act().await;
    let told = stage.told().await;
    assert_eq!(told[2], "new-test browse of faster for ann: superseded");
    assert_eq!(told[4..], ["browse", "buy"].map(|one| format!("new-master {one} of main for max: queued")));
}

#[tokio::test]
async fn a_merge_queue_is_always_answered() {
    let stage = Stage::new().await;
    stage.store_masters("main").await;
    stage.fake.queue_merge("faster", "main").await;
    stage.act().await;
    let tests = stage.tests().await;
    assert_eq!(tests.len(), 2);
    let job = stage.jobs().await.pop().unwrap();
    assert_eq!((job.request.pull, job.request.base), (None, Some(stage.revision("main"))));

    let stage = Stage::with(|rules| rules.tests = TestsWhen::Label).await;
    stage.fake.queue_merge("faster", "main").await;
    stage.act().await;
    assert_eq!((stage.told().await.len(), stage.holds(0, "faster").await.len()), (0, 2));
}

#[tokio::test]
async fn a_scheduled_master_set_is_one_job_however_often_and_by_whomever_it_is_looked_at() {
    let mut stage = Stage::new().await;
    let mut settings = (*stage.project.settings).clone();
    let (cron, benchmark) = ("30 2 * * *".to_owned(), "browse".to_owned());
    settings.schedule = vec![Schedule { cron, benchmark, against: None }];
    stage.project.settings = settings.into();
    let (one, other) = (stage.manager(), stage.manager());
    one.keep_schedule(datetime!(2026-03-02 12:00 UTC)).await.unwrap();
    assert_eq!(stage.told().await, Told::new(), "what was before nobody waits for");
    // Three nights were missed.
    for _ in 0..2 {
        let now = datetime!(2026-03-05 12:00 UTC);
        let (one, other) = tokio::join!(one.keep_schedule(now), other.keep_schedule(now));
        one.unwrap();
        other.unwrap();
        assert_eq!(stage.told().await, ["new-master browse of main for schedule: queued"]);
    }
    one.keep_schedule(datetime!(2026-03-06 02:30 UTC)).await.unwrap();
    let jobs = stage.jobs().await;
    assert_eq!(jobs.len(), 2);
    assert!(jobs.iter().all(|job| job.terms.priority == Priority::Scheduled && job.request.force));
}

#[tokio::test]
async fn by_the_clock_the_tip_is_measured_in_pairs_against_what_the_schedule_names() {
    let mut stage = Stage::new().await;
    let mut settings = (*stage.project.settings).clone();
    let against = |name: &str, minute: u8| Schedule {
        cron: format!("{minute} 2 * * *"),
        benchmark: "browse".to_owned(),
        against: Some(name.to_owned()),
    };
    // A commit of a pull request is in nobody's history, and a branch may be gone.
    let stranger = stage.revision("slower").to_string();
    let tip = stage.revision("main").to_string();
    settings.schedule = vec![against("faster", 30), against(&tip, 30), against(&stranger, 31), against("gone", 32)];
    stage.project.settings = settings.into();
    let manager = stage.manager();
    for day in [datetime!(2026-03-02 12:00 UTC), datetime!(2026-03-03 12:00 UTC), datetime!(2026-03-03 13:00 UTC)] {
        manager.keep_schedule(day).await.unwrap();
    }
    assert_eq!(stage.told().await, ["new-test browse of main for schedule: queued"; 2]);
    let jobs = stage.jobs().await;
    let bases: Vec<_> = jobs.iter().map(|job| job.request.base.clone().unwrap()).collect();
    assert_eq!(bases, [stage.revision("faster"), stage.revision("main")]);
    for job in jobs {
        assert_eq!((job.request.compare, job.request.pull), (Some(CompareMethod::Paired), None));
        assert_eq!(job.terms.priority, Priority::Scheduled);
    }
}
