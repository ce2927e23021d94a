//! GitHub's limits: they are kept, and waits are honoured.

use std::time::Duration;

use futures_util::future::join_all;
use loadmark::domain::github::PullNumber;
use loadmark::github::{Github, GithubError, Pace};

use super::{QUICK, Stage};
use crate::fake_github::{How, NewPull, Trouble};

const GAP: Duration = Duration::from_millis(100);

#[tokio::test]
async fn writes_keep_their_distance_over_all_clones_and_reads_need_none() {
    let stage = Stage::new().await;
    let number = stage.fake.open_pull(NewPull::of("alice", "faster")).await;
    let comment = stage.fake.comment_as("alice", number, "Hello").await;
    let pace = Pace { write_gap: GAP, ..QUICK };
    assert_eq!(Pace::default().write_gap, Duration::from_secs(1));
    let github = Github::with_pace(&stage.fake.settings(), pace).unwrap();
    let (writes, reads) = tokio::join!(
        join_all((0..4).map(|_| {
            let github = github.clone();
            async move { github.react(comment, loadmark::github::Reaction::Eyes).await }
        })),
        join_all((0..4).map(|_| github.pull(PullNumber(number))))
    );
    assert!(writes.iter().all(Result::is_ok) && reads.iter().all(Result::is_ok));
    let requests = stage.fake.requests();
    let of = |method: &str| requests.iter().filter(|one| one.method == method).map(|one| one.at).collect::<Vec<_>>();
    let gaps: Vec<_> = of("POST").windows(2).map(|two| two[1] - two[0]).collect();
    // The token is a write as well.
    assert_eq!(gaps.len(), 4);
    assert!(gaps.iter().all(|gap| *gap >= GAP), "{gaps:?}");
}

/// What a limit answers: the wait it means, in seconds, give or take the time that passed.
async fn wait_after(how: How) -> u64 {
    let stage = Stage::new().await;
    let number = stage.fake.open_pull(NewPull::of("alice", "faster")).await;
    let github = stage.user("alice");
    stage.fake.fail(Trouble::next(how.clone()));
    let error = github.pull(PullNumber(number)).await.unwrap_err();
    assert!(matches!(error, GithubError::Limited { .. }) && error.may_pass() && !error.is_gone(), "{how:?}: {error:?}");
    assert_eq!(stage.count("GET", "/pulls/"), 1, "a limit is not asked again");

    // Everything else fails fast meanwhile, without a call, on every clone.
    let later = github.clone().write_comment(PullNumber(number), None, "Hello").await.unwrap_err();
    assert_eq!(stage.fake.requests().len(), 1);
    assert!(later.wait().unwrap() <= error.wait().unwrap());
    assert!(github.closed_for().unwrap() <= error.wait().unwrap());
    later.wait().unwrap().as_secs_f64().ceil() as u64
}

#[tokio::test]
async fn nothing_is_asked_while_github_wants_no_calls() {
    assert_eq!(wait_after(How::Secondary(Some(77))).await, 77);
    assert_eq!(wait_after(How::TooMany(90)).await, 90);
    // In words only: a minute, as GitHub advises.
    assert_eq!(wait_after(How::Secondary(None)).await, 60);
    let spent = wait_after(How::Spent(500)).await;
    assert!((499..=501).contains(&spent), "{spent}");
    // No limit of GitHub's is longer than an hour.
    assert_eq!(wait_after(How::TooMany(1 << 40)).await, 3600);
}

#[tokio::test]
async fn a_wait_ends() {
    let stage = Stage::new().await;
    let number = stage.fake.open_pull(NewPull::of("alice", "faster")).await;
    let github = stage.user("alice");
    stage.fake.fail(Trouble::next(How::TooMany(1)));
    let wait = github.pull(PullNumber(number)).await.unwrap_err().wait().unwrap();
    assert_eq!(wait, Duration::from_secs(1));
    tokio::time::sleep(wait).await;
    github.pull(PullNumber(number)).await.unwrap();
}

#[tokio::test]
async fn the_last_call_of_the_hour_closes_the_gate_by_githubs_clock() {
    let stage = Stage::new().await;
    let number = stage.fake.open_pull(NewPull::of("alice", "faster")).await;
    let github = stage.user("alice");
    // Our clock is off by ten minutes.
    stage.fake.pass(Duration::from_secs(600));
    stage.fake.leave_calls(2);
    github.pull(PullNumber(number)).await.unwrap();
    assert_eq!((github.rate_left(), github.closed_for()), (Some(1), None));
    // Nothing changed: that is free.
    github.pull(PullNumber(number)).await.unwrap();
    assert_eq!(github.rate_left(), Some(1));
    assert!(github.branch_tip("main").await.is_ok(), "the answer of the last call is an answer");
    assert_eq!(github.rate_left(), Some(0));
    let wait = github.closed_for().unwrap().as_secs();
    assert!((3590..=3600).contains(&wait), "{wait}");
    let made = stage.fake.requests().len();
    assert!(github.branch_tip("main").await.unwrap_err().wait().is_some());
    assert_eq!(stage.fake.requests().len(), made);
}
