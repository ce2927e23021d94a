//! F1 to F10: the manager is killed at each place of a job's way; the next one goes on from what is stored.

use crate::harness::manager::Managed;

use super::invariants;

/// What a crash may cost.
#[derive(PartialEq, Eq)]
enum Cost {
    /// Nothing that was done is done again.
    Nothing,
    /// The attempt: it begins from scratch once its lease ended.
    Attempt,
}

/// Kills a manager at a place while a pull request is tested, starts another, and sees the job end well.
async fn crash(place: &str, cost: Cost) {
    let managed = Managed::with_master().await;
    let manager = managed.serve_with(&[("LOADMARK_FAILPOINT", place)]);
    let pull = managed.open_pull().await;
    assert_eq!(manager.finish().code, None, "it was killed");
    if place == "committed" {
        const STORED: &str = "SELECT count(*) FROM jobs JOIN results ON job_id = id WHERE state = 'finished'
            AND kind = 'new-test'";
        assert_eq!(managed.project.database.number(STORED).await, 1, "the end was stored with its result");
        assert_eq!(managed.check("change").and_then(|check| check.conclusion), None, "GitHub had not heard of it");
    }
    goes_on(&managed, pull, cost).await;
}

/// What every crash is followed by.
async fn goes_on(managed: &Managed, pull: i32, cost: Cost) {
    let manager = managed.serve();
    assert_eq!(managed.conclusion("change").await, "success");
    managed.end(manager).await;
    invariants::hold(managed, pull, 1).await;
    assert_eq!(managed.attempts().await, if cost == Cost::Attempt { 2 } else { 1 }, "attempts");
}

#[tokio::test(flavor = "multi_thread")]
async fn f01_after_the_webhook_was_stored() {
    crash("webhook-inserted", Cost::Nothing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f02_after_the_claim() {
    crash("claimed", Cost::Attempt).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f03_after_the_checkout() {
    crash("checked-out", Cost::Attempt).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f04_in_the_build() {
    crash("building", Cost::Attempt).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f05_while_the_stack_starts() {
    crash("up", Cost::Attempt).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f06_as_the_load_starts() {
    crash("load-started", Cost::Attempt).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f07_in_the_window() {
    crash("mid-window", Cost::Attempt).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f08_after_the_queries() {
    crash("queries-asked", Cost::Attempt).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f09_after_the_result_was_stored() {
    crash("committed", Cost::Nothing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f10_after_the_comment_was_posted() {
    let managed = Managed::with_master().await;
    // No job begins under the first manager: the comment says that it waits.
    managed.project.configure("min_free_space: 1MiB", "min_free_space: 900000GiB");
    let manager = managed.serve_with(&[("LOADMARK_FAILPOINT", "comment-posted")]);
    let pull = managed.open_pull().await;
    assert_eq!(manager.finish().code, None, "it was killed");
    assert_eq!(managed.github.comments(pull).len(), 1);
    const KNOWN: &str = "SELECT count(*) FROM notices WHERE place = 'comment' AND github_id IS NOT NULL";
    assert_eq!(managed.project.database.number(KNOWN).await, 0, "its id was not stored");
    managed.project.configure("min_free_space: 900000GiB", "min_free_space: 1MiB");
    goes_on(&managed, pull, Cost::Nothing).await;
}
