//! Trust: whose commits run (attacks A6 to A8, and A7's races).

use loadmark::domain::rules::TestsWhen;

use super::{Stage, Told};
use crate::fake_github::{How, NewPull, Trouble};

const HELD: [&str; 2] = ["browse: unapproved", "buy: unapproved"];

fn from_fork<'a>(author: &'a str, commit: &'a str) -> NewPull<'a> {
    NewPull::from_fork(author, "eve/shop", "change", commit)
}

async fn stage() -> Stage {
    let stage = Stage::new().await;
    stage.store_masters("main").await;
    stage
}

#[tokio::test]
async fn a_strangers_commit_waits_for_an_approval_whatever_the_rules() {
    for tests in [TestsWhen::Always, TestsWhen::Label, TestsWhen::Command] {
        let stage = Stage::with(|rules| rules.tests = tests).await;
        let number = stage.fake.open_pull(from_fork("eve", "faster")).await;
        stage.act().await;
        assert_eq!(stage.told().await, Told::new(), "{tests:?}");
        assert_eq!(stage.holds(number, "faster").await, HELD, "{tests:?}");
    }
}

#[tokio::test]
async fn a_fork_of_somebody_who_may_write_is_trusted_as_they_push_it() {
    let stage = stage().await;
    let number = stage.fake.open_pull(NewPull::from_fork("ann", "ann/shop", "change", "faster")).await;
    stage.act().await;
    assert_eq!(stage.tests().await.len(), 2, "{}", stage.outcome().await);
    stage.fake.push(number, "slower").await;
    stage.act().await;
    assert_eq!(stage.tests().await.len(), 4);
}

#[tokio::test]
async fn who_opens_a_pull_request_of_somebody_elses_branch_does_not_vouch_for_it() {
    let stage = stage().await;
    let number = stage.fake.open_pull(from_fork("ann", "faster")).await;
    stage.act().await;
    assert_eq!(
        (stage.tests().await, stage.holds(number, "faster").await),
        (Told::new(), HELD.map(str::to_owned).into())
    );
}

#[tokio::test]
async fn the_label_lets_exactly_the_commit_run_that_was_there() {
    let stage = stage().await;
    let number = stage.fake.open_pull(from_fork("eve", "faster")).await;
    stage.fake.label_as("ann", number, "bench").await;
    stage.act().await;
    let tests = stage.tests().await;
    assert_eq!(tests.len(), 2);
    assert!(tests[0].contains("of faster"), "{tests:?}");

    // A push takes the label away, and what it let run.
    stage.fake.push(number, "slower").await;
    stage.act().await;
    assert!(stage.fake.pull(number).labels.is_empty());
    assert_eq!(stage.holds(number, "slower").await, HELD);
    assert_eq!(
        stage.tests().await,
        ["browse", "buy"].map(|one| format!("new-test {one} of faster for ann: superseded"))
    );
}

#[tokio::test]
async fn a_push_between_the_label_and_us_runs_nothing() {
    let stage = stage().await;
    let number = stage.fake.open_pull(from_fork("eve", "faster")).await;
    stage.fake.label_as("ann", number, "bench").await;
    stage.fake.push(number, "slower").await;
    stage.act().await;
    assert_eq!(stage.tests().await, Told::new());
    assert_eq!(stage.holds(number, "slower").await, HELD);
    assert!(stage.fake.pull(number).labels.is_empty(), "it would seem to have let it run");
}

#[tokio::test]
async fn a_label_by_somebody_who_may_only_label_is_none() {
    for tests in [TestsWhen::Always, TestsWhen::Label] {
        let stage = Stage::with(|rules| rules.tests = tests).await;
        let number = stage.fake.open_pull(from_fork("eve", "faster")).await;
        stage.fake.label_as("tim", number, "bench").await;
        stage.act().await;
        assert_eq!(stage.told().await, Told::new());
        assert_eq!(stage.holds(number, "faster").await, HELD);
        assert!(stage.fake.pull(number).labels.is_empty());
    }
    // Of a branch of the repository, it asks for nothing.
    let stage = Stage::with(|rules| rules.tests = TestsWhen::Label).await;
    let number = stage.fake.open_pull(NewPull::of("ann", "faster")).await;
    stage.act().await;
    stage.fake.label_as("tim", number, "bench").await;
    stage.act().await;
    assert_eq!(stage.told().await, Told::new());
}

#[tokio::test]
async fn where_permissions_can_not_be_asked_nothing_runs_and_the_check_says_so() {
    let stage = stage().await;
    stage.fake.fail(Trouble::next(How::Status(500)).at("/permission").times(100));
    let number = stage.fake.open_pull(NewPull::from_fork("ann", "ann/shop", "change", "faster")).await;
    stage.act().await;
    assert_eq!(stage.tests().await, Told::new());
    assert_eq!(stage.holds(number, "faster").await, HELD);
    assert_eq!(stage.outcome().await, "open", "it is asked again later");

    let stage = Stage::new().await;
    stage.fake.fail(Trouble::next(How::Status(404)).at("/permission").times(100));
    let number = stage.fake.open_pull(NewPull::from_fork("ann", "ann/shop", "change", "faster")).await;
    stage.act().await;
    assert_eq!((stage.told().await, stage.holds(number, "faster").await.len()), (Told::new(), 2));
}

#[tokio::test]
async fn who_looks_at_somebody_elses_push_does_not_vouch_for_it() {
    let stage = stage().await;
    let number = stage.fake.open_pull(from_fork("eve", "faster")).await;
    stage.fake.label_as("ann", number, "bug").await;
    stage.fake.draft("ann", number, true).await;
    stage.fake.draft("ann", number, false).await;
    stage.fake.close("ann", number).await;
    stage.fake.reopen("ann", number).await;
    stage.act().await;
    assert_eq!(stage.tests().await, Told::new());
}

#[tokio::test]
async fn a_deleted_fork_is_a_strangers() {
    let stage = stage().await;
    let number = stage.fake.open_pull(NewPull::of("eve", "faster")).await;
    stage.fake.delete_fork(number);
    stage.act().await;
    assert_eq!((stage.tests().await, stage.holds(number, "faster").await.len()), (Told::new(), 2));
}
