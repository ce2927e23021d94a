//! Managers that are stopped, stand still, lose their database, or whose work is overtaken.

use std::time::Duration;

use rustix::process::Signal;

use crate::harness::manager::{Managed, WRITER, until};

use super::invariants;

/// A load that goes on until somebody ends it, and a test of it that is under way.
async fn under_load() -> (Managed, crate::harness::program::Started, i32) {
    let managed = Managed::with_master().await;
    managed.project.configure("40:2", "40:100");
    let manager = managed.serve();
    let pull = managed.open_pull().await;
    await_load(&managed).await;
    (managed, manager, pull)
}

/// Waits until the newest job sends its load.
async fn await_load(managed: &Managed) {
    const LOADS: &str = "SELECT count(*) FROM jobs WHERE phase LIKE 'load%'";
    until("load is sent", async || (managed.project.database.number(LOADS).await > 0).then_some(())).await;
}

#[tokio::test]
async fn f12_a_stopped_manager_gives_its_job_back() {
    let (managed, manager, pull) = under_load().await;
    manager.signal(Signal::TERM);
    manager.finish().expect(0);
    managed.project.assert_nothing_left();
    const GIVEN_BACK: &str = "SELECT count(*) FROM jobs WHERE state = 'queued' AND kind = 'new-test' AND attempts = 0";
    assert_eq!(managed.project.database.number(GIVEN_BACK).await, 1);
    managed.project.configure("40:100", "40:2");
    let manager = managed.serve();
    assert_eq!(managed.conclusion("change").await, "neutral", "another plan has no master set");
    managed.stop(manager);
    invariants::hold(&managed, pull, 1).await;
}

#[tokio::test]
async fn f12_a_second_signal_does_not_wait() {
    let managed = Managed::with_master().await;
    managed.project.configure("40:2", "40:100");
    managed.project.configure("drain: 5s", "drain: 600s");
    let manager = managed.serve();
    managed.open_pull().await;
    await_load(&managed).await;
    manager.signal(Signal::TERM);
    const STILL: &str = "SELECT count(*) FROM jobs WHERE state = 'running'";
    assert_eq!(managed.project.database.number(STILL).await, 1);
    manager.signal(Signal::TERM);
    manager.finish();
    managed.project.assert_nothing_left();
}

#[tokio::test]
async fn f13_a_worker_that_stood_still_past_its_lease_writes_nothing() {
    let (managed, manager, pull) = under_load().await;
    manager.signal(Signal::STOP);
    managed.project.configure("40:100", "40:2");
    let second = managed.serve();
    assert_eq!(managed.conclusion("change").await, "neutral");
    manager.signal(Signal::CONT);
    // It finds its lease lost, takes down what is its own, and goes on serving.
    until("its stack is gone", async || managed.project.stacks().is_empty().then_some(())).await;
    manager.signal(Signal::TERM);
    manager.finish().expect(0);
    managed.stop(second);
    invariants::hold(&managed, pull, 1).await;
}

#[tokio::test]
async fn f32_a_force_push_ends_the_test_of_what_it_replaced() {
    let (managed, manager, pull) = under_load().await;
    let old = managed.project.sha("change");
    managed.project.git(&["branch", "--quiet", "--force", "change", "main"]);
    managed.project.branch("replaced", "notes", "another\n");
    let pushed = std::time::Instant::now();
    managed.github.push(pull, "replaced").await;
    const RUNNING: &str = "SELECT count(*) FROM jobs WHERE outcome = 'superseded'";
    until("it is superseded", async || (managed.project.database.number(RUNNING).await == 1).then_some(())).await;
    assert!(pushed.elapsed() < Duration::from_secs(30), "the stack stood for {:?}", pushed.elapsed());
    until("the old check is cancelled", async || {
        managed.github.checks(&old).iter().any(|check| check.conclusion.as_deref() == Some("cancelled")).then_some(())
    })
    .await;
    await_load(&managed).await;
    managed.github.comment_as(WRITER, pull, "/loadmark cancel").await;
    assert_eq!(managed.conclusion("replaced").await, "cancelled");
    managed.stop(manager);
    invariants::hold(&managed, pull, 2).await;
}
