//! F1 to F10: the manager is killed at each place of a job's way; the next one goes on from what is stored.

use crate::harness::manager::{Managed, until};

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

    let manager = managed.serve();
    assert_eq!(managed.conclusion("change").await, "success");
    until("all is told", async || (managed.project.database.number(UNTOLD).await == 0).then_some(())).await;
    managed.stop(manager);
    invariants::hold(&managed, pull, 1).await;
    let attempts = managed.project.database.number("SELECT attempts FROM jobs WHERE kind = 'new-test'").await;
    assert_eq!(attempts, if cost == Cost::Attempt { 2 } else { 1 }, "attempts");
}

/// What is not yet on GitHub.
const UNTOLD: &str = "SELECT count(*) FROM notices WHERE written < change";

#[tokio::test]
async fn f01_after_the_webhook_was_stored() {
    crash("webhook-inserted", Cost::Nothing).await;
}

#[tokio::test]
async fn f02_after_the_claim() {
    crash("claimed", Cost::Attempt).await;
}

#[tokio::test]
async fn f03_after_the_checkout() {
    crash("checked-out", Cost::Attempt).await;
}

#[tokio::test]
async fn f04_in_the_build() {
    crash("building", Cost::Attempt).await;
}

#[tokio::test]
async fn f05_while_the_stack_starts() {
    crash("up", Cost::Attempt).await;
}

#[tokio::test]
async fn f06_as_the_load_starts() {
    crash("load-started", Cost::Attempt).await;
}

#[tokio::test]
async fn f07_in_the_window() {
    crash("mid-window", Cost::Attempt).await;
}

#[tokio::test]
async fn f08_after_the_queries() {
    crash("queries-asked", Cost::Attempt).await;
}

#[tokio::test]
async fn f09_after_the_result_was_stored() {
    crash("committed", Cost::Nothing).await;
}

#[tokio::test]
async fn f10_after_the_comment_was_posted() {
    crash("comment-posted", Cost::Nothing).await;
}
