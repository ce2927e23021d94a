//! F28: GitHub fails in each way while a pull request is tested.

use crate::fake_github::{How, Trouble};
use crate::harness::manager::Managed;

use super::invariants;

#[tokio::test(flavor = "multi_thread")]
async fn f28_whatever_github_answers_all_is_told_once() {
    let managed = Managed::with_load_of(6).await;
    let manager = managed.serve();
    let github = &managed.github;
    // Done, and the answer is lost: the check and the comment stand there, and nobody was told under which id.
    github.fail(Trouble::next(How::DoneThenSilence).of("POST").at("/check-runs"));
    github.fail(Trouble::next(How::DoneThenStatus(502)).of("POST").at("/comments"));
    // A read that fails, then limits in both ways.
    github.fail(Trouble::next(How::Status(500)).of("GET").at("/pulls/").times(3));
    github.fail(Trouble::next(How::Secondary(Some(2))).of("PATCH").at("/check-runs"));
    github.fail(Trouble::next(How::TooMany(2)).of("PATCH").at("/comments"));
    let pull = managed.open_pull().await;
    managed.await_load().await;
    // Every token is refused from now on, and asked for anew.
    github.end_tokens();
    assert_eq!(managed.conclusion("change").await, "success");
    managed.end(manager).await;
    invariants::hold(&managed, pull, 1).await;
    assert_eq!(managed.attempts().await, 1, "reporting never repeats the measurement");
    let failed: Vec<_> = github.requests().into_iter().filter_map(|one| one.status).collect();
    for status in [401, 403, 429, 500, 502] {
        assert!(failed.contains(&status), "no call was answered with {status}");
    }
}
