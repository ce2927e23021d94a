//! GitHub fails: what is asked again, what is not, and what the error says.

use std::time::Duration;

use loadmark::domain::github::PullNumber;
use loadmark::github::{Github, GithubError, Pace};

use super::{QUICK, Stage, check};
use crate::fake_github::{How, NewPull, Trouble};

#[tokio::test]
async fn a_read_is_asked_once_more_and_no_oftener() {
    let stage = Stage::new().await;
    let number = PullNumber(stage.fake.open_pull(NewPull::of("alice", "faster")).await);
    let github = stage.user("alice");
    stage.fake.fail(Trouble::next(How::Status(502)));
    github.pull(number).await.unwrap();
    assert_eq!(stage.count("GET", "/pulls/"), 2);
    stage.fake.fail(Trouble::next(How::Status(503)).times(2));
    let error = github.pull(number).await.unwrap_err();
    assert!(error.may_pass() && error.wait().is_none() && !error.is_gone());
    let message = "failed to read pull request #1 of team/shop: GitHub answered 503: Told to fail";
    assert_eq!((error.to_string().as_str(), stage.count("GET", "/pulls/")), (message, 4));
}

#[tokio::test]
async fn a_failed_permission_is_an_error_and_none_is_none() {
    let stage = Stage::new().await;
    stage.fake.permit("sam", "admin");
    let github = stage.user("alice");
    for how in [How::Status(500), How::Status(403), How::Status(401), How::Malformed, How::Secondary(Some(1))] {
        stage.fake.fail(Trouble::next(how.clone()).times(2));
        assert!(github.permission("sam").await.is_err(), "{how:?}");
        // What is left of the trouble.
        let _ = stage.user("bob").branch_tip("main").await;
        if let Some(wait) = github.closed_for() {
            tokio::time::sleep(wait).await;
        }
    }
}

/// Every way in which a write takes effect and does not say so.
const LOST_ANSWERS: [How; 4] =
    [How::DoneThenStatus(500), How::DoneThenStatus(502), How::DoneThenSilence, How::Malformed];

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_not_repeated_and_is_found() {
    let pace = Pace { timeout: Duration::from_millis(500), ..QUICK };
    for how in LOST_ANSWERS {
        let stage = Stage::new().await;
        let number = stage.fake.open_pull(NewPull::of("alice", "faster")).await;
        let (pull, head) = (PullNumber(number), stage.revision("faster"));
        let github = Github::with_pace(&stage.fake.settings(), pace).unwrap();
        stage.fake.fail(Trouble::next(how.clone()).of("POST").at("/check-runs"));
        let error = github.write_check(None, &check(&head)).await.unwrap_err();
        assert!(error.may_pass(), "{how:?}: {error}");
        assert_eq!(stage.fake.checks(head.sha()).len(), 1, "{how:?}");
        let id = stage.fake.checks(head.sha())[0].id;
        assert_eq!(github.find_check(&head, "loadmark: browse", "shop/browse").await.unwrap(), Some(id));

        stage.fake.fail(Trouble::next(how.clone()).of("POST").at("/comments"));
        assert!(github.write_comment(pull, None, "<!-- ours -->").await.unwrap_err().may_pass(), "{how:?}");
        let comments = stage.fake.comments(number);
        assert_eq!(comments.len(), 1, "{how:?}");
        assert_eq!(github.find_comment(pull, "<!-- ours -->").await.unwrap(), Some(comments[0].id));

        stage.fake.fail(Trouble::next(how.clone()).of("POST").at("/issues"));
        assert!(github.write_issue(None, "Slower", "<!-- ours -->").await.unwrap_err().may_pass(), "{how:?}");
        assert_eq!(stage.fake.issues().len(), 1, "{how:?}");
        assert_eq!(github.find_issue("<!-- ours -->").await.unwrap(), Some(i64::from(stage.fake.issues()[0].number)));
    }
}

#[tokio::test]
async fn a_write_that_failed_before_it_took_effect_left_nothing() {
    let stage = Stage::new().await;
    let (github, head) = (stage.app(), stage.revision("faster"));
    github.branch_tip("main").await.unwrap();
    stage.fake.fail(Trouble::next(How::Status(500)).of("POST"));
    assert!(github.write_check(None, &check(&head)).await.unwrap_err().may_pass());
    assert_eq!((stage.fake.checks(head.sha()), stage.count("POST", "/check-runs")), (Vec::new(), 1));
}

#[tokio::test]
async fn a_call_ends_in_time_and_an_absent_server_is_named() {
    let stage = Stage::new().await;
    let pace = Pace { timeout: Duration::from_millis(200), ..QUICK };
    assert_eq!(Pace::default().timeout, Duration::from_secs(30));
    let mut settings = stage.fake.settings();
    let github = Github::with_pace(&settings, pace).unwrap();
    github.branch_tip("main").await.unwrap();
    stage.fake.fail(Trouble::next(How::Silence).at("/git/ref/").times(2));
    let error = github.branch_tip("faster").await.unwrap_err();
    let message = "failed to read the tip of the branch `faster` of team/shop: \
                   no answer from GitHub at 127.0.0.1: it took longer than 0.2 s";
    assert_eq!(error.to_string(), message);
    // A slow answer is one.
    stage.fake.fail(Trouble::next(How::Slow(Duration::from_millis(20))).at("/git/ref/"));
    github.branch_tip("faster").await.unwrap();

    settings.api = "http://127.0.0.1:9".to_owned();
    let error = Github::with_pace(&settings, pace).unwrap().branch_tip("main").await.unwrap_err();
    assert!(error.may_pass() && error.to_string().contains("no answer from GitHub at 127.0.0.1"), "{error}");
}

#[tokio::test]
async fn what_is_refused_says_why_and_does_not_pass() {
    let stage = Stage::new().await;
    let github = stage.app();
    let error = github.write_comment(PullNumber(99), None, "Hello").await.unwrap_err();
    assert!(error.is_gone() && !error.may_pass(), "{error}");
    let head = "0".repeat(40).parse().unwrap();
    let error = github.write_check(None, &check(&head)).await.unwrap_err();
    assert!(!error.may_pass() && !error.is_gone(), "{error}");
    assert!(error.to_string().ends_with(&format!("GitHub answered 422: No commit found for SHA: {head}")), "{error}");
    let error = github.write_comment(PullNumber(99), Some(1), "").await.unwrap_err();
    let fields = "GitHub answered 422: Validation Failed: [{\"code\":\"missing_field\",\"field\":\"body\"}]";
    assert!(error.to_string().ends_with(fields), "{error}");
}

#[tokio::test]
async fn redirects_are_followed_for_reads_on_the_same_host_alone() {
    let stage = Stage::new().await;
    let number = stage.fake.open_pull(NewPull::of("alice", "faster")).await;
    let github = stage.user("alice");
    let moved = format!("/repos/team/shop/pulls/{number}");
    stage.fake.fail(Trouble::next(How::Redirect(301, moved.clone())));
    github.pull(PullNumber(number)).await.unwrap();

    let elsewhere = Stage::new().await;
    for target in [
        elsewhere.fake.api().to_owned() + &moved,
        "https://127.0.0.1/".to_owned(),
        "http://169.254.169.254/latest".to_owned(),
        "file:///etc/passwd".to_owned(),
        stage.fake.api().replace("http://", "http://user@") + &moved,
    ] {
        stage.fake.fail(Trouble::next(How::Redirect(302, target.clone())));
        let error = github.pull(PullNumber(number)).await.unwrap_err();
        assert!(matches!(error, GithubError::Redirected { .. }) && !error.may_pass(), "{target}: {error:?}");
        assert!(error.to_string().contains("our token stays here"), "{error}");
    }
    assert_eq!(elsewhere.fake.requests(), []);

    stage.fake.fail(Trouble::next(How::Redirect(307, "/repos/team/store/issues/1/comments".to_owned())));
    let error = github.write_comment(PullNumber(number), None, "Hello").await.unwrap_err();
    assert!(error.to_string().contains("configure its new name"), "{error}");
    assert_eq!(stage.fake.comments(number), []);

    stage.fake.fail(Trouble::next(How::Redirect(301, moved)).times(100));
    let error = github.pull(PullNumber(number)).await.unwrap_err();
    assert!(error.to_string().contains("too many in a row"), "{error}");
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_before_anything_is_sent() {
    let stage = Stage::new().await;
    let mut settings = stage.fake.settings();
    for wrong in ["file:///etc", "github.test", "https://", "https://a.test/?x=1", "https://user:pass@a.test"] {
        settings.api = wrong.to_owned();
        let error = Github::new(&settings).unwrap_err();
        assert!(matches!(error, GithubError::Setup { .. }) && !error.may_pass(), "{wrong}: {error}");
        assert!(!error.to_string().contains("pass@"), "{error}");
    }
}
