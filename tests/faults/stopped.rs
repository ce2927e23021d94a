//! Managers that are stopped or stand still, and work that is overtaken.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::harness::manager::{Managed, until};

use super::invariants;

/// Loads of so many seconds outlast what happens meanwhile.
const LOAD: u32 = 20;
/// Jobs of tests that wait for their first attempt.
const GIVEN_BACK: &str = "SELECT count(*) FROM jobs WHERE state = 'queued' AND kind = 'new-test' AND attempts = 0";

#[tokio::test(flavor = "multi_thread")]
async fn f12_a_stopped_manager_gives_its_job_back() {
    let managed = Managed::with_load_of(LOAD).await;
    let manager = managed.serve();
    let pull = managed.open_pull().await;
    managed.await_load().await;
    managed.stop(manager);
    assert_eq!(managed.project.database.number(GIVEN_BACK).await, 1);
    let manager = managed.serve();
    assert_eq!(managed.conclusion("change").await, "success");
    managed.end(manager).await;
    invariants::hold(&managed, pull, 1).await;
    assert_eq!(managed.attempts().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn f12_a_second_signal_does_not_wait() {
    let managed = Managed::new().await;
    managed.project.configure("40:2", "40:60");
    managed.project.configure("drain: 5s", "drain: 600s");
    let manager = managed.serve();
    const LOADS: &str = "SELECT count(*) FROM jobs WHERE phase LIKE 'load%'";
    managed.await_number("load is sent", LOADS, 1).await;
    manager.signal(Signal::TERM);
    // Its worker takes no more jobs, and goes on with the one it has.
    managed.await_number("it heard the signal", "SELECT count(*) FROM workers", 0).await;
    assert_eq!(managed.project.database.number(LOADS).await, 1);
    let began = Instant::now();
    managed.stop(manager);
    assert!(began.elapsed() < Duration::from_secs(45), "it waited {:?}", began.elapsed());
    const GIVEN_BACK: &str = "SELECT count(*) FROM jobs WHERE state = 'queued' AND attempts = 0";
    assert_eq!(managed.project.database.number(GIVEN_BACK).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn f13_a_worker_that_stood_still_past_its_lease_writes_nothing() {
    let managed = Managed::with_load_of(LOAD).await;
    let manager = managed.serve();
    let pull = managed.open_pull().await;
    managed.await_load().await;
    manager.signal(Signal::STOP);
    let second = managed.work();
    const TAKEN_OVER: &str =
        "SELECT count(*) FROM jobs WHERE kind = 'new-test' AND attempts = 2 AND phase LIKE 'load%'";
    managed.await_number("another has taken over", TAKEN_OVER, 1).await;
    // It finds its lease lost, takes down no more than what is its own, and goes on serving.
    manager.signal(Signal::CONT);
    assert_eq!(managed.conclusion("change").await, "success");
    managed.settle().await;
    manager.signal(Signal::TERM);
    let ended = manager.finish().expect(0);
    assert!(ended.stderr.contains("lease"), "it did not notice: {}", ended.stderr);
    managed.stop(second);
    invariants::hold(&managed, pull, 1).await;
    assert_eq!(managed.attempts().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn f32_a_force_push_ends_the_test_of_what_it_replaced() {
    let managed = Managed::with_load_of(LOAD).await;
    let manager = managed.serve();
    let pull = managed.open_pull().await;
    managed.await_load().await;
    let stacks = managed.project.stacks();
    managed.project.branch("replaced", "notes", "another\n");
    let pushed = Instant::now();
    managed.github.push(pull, "replaced").await;
    until("the stack is gone", async || {
        let left = managed.project.stacks();
        (!left.iter().any(|object| stacks.contains(object))).then_some(())
    })
    .await;
    assert!(pushed.elapsed() < Duration::from_secs(30), "the stack stood for {:?}", pushed.elapsed());
    assert_eq!(managed.conclusion("change").await, "cancelled");
    managed.conclusion("replaced").await;
    managed.end(manager).await;
    invariants::hold(&managed, pull, 2).await;
    // Whatever a noisy machine makes of it: what took its place was measured, and has a verdict of its own.
    const MEASURED: &str = "SELECT count(*) FROM jobs WHERE kind = 'new-test'
             AND outcome NOT IN ('superseded', 'cancelled', 'discarded', 'infrastructure-failed')";
    assert_eq!(managed.project.database.number(MEASURED).await, 1);
    const SUPERSEDED: &str = "SELECT count(*) FROM jobs WHERE outcome = 'superseded'";
    assert_eq!(managed.project.database.number(SUPERSEDED).await, 1);
}
