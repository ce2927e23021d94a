//! How we show who we are: the app's key, its installation's tokens, plain tokens.

use std::time::Duration;

use futures_util::future::join_all;
use loadmark::domain::github::PullNumber;
use loadmark::domain::rules::Credentials;
use loadmark::domain::settings::Secret;
use loadmark::github::{Github, GithubError};
use serde_json::json;

use super::{QUICK, Stage, check};
use crate::fake_github::{APP_ID, APP_KEY, CANARY, How, NewPull, Trouble};

/// How many tokens were made.
fn minted(stage: &Stage) -> usize {
    let is_one = |one: &crate::fake_github::Request| one.path.ends_with("/access_tokens") && one.status == Some(201);
    stage.fake.requests().iter().filter(|one| is_one(one)).count()
}

#[tokio::test]
async fn one_token_with_the_least_permissions_serves_many_calls() {
    let stage = Stage::new().await;
    stage.fake.open_pull(NewPull::of("alice", "faster")).await;
    let github = stage.app();
    let calls = join_all((0..8).map(|_| github.pull(PullNumber(1)))).await;
    assert!(calls.iter().all(Result::is_ok));
    assert_eq!((stage.count("GET", "/installation"), minted(&stage)), (1, 1));
    let requests = stage.fake.requests();
    let minted = requests.iter().find(|one| one.path.ends_with("/access_tokens")).unwrap();
    assert_eq!(minted.by, "app");
    let permissions = json!({
        "checks": "write", "contents": "read", "issues": "write", "metadata": "read", "pull_requests": "write",
    });
    assert_eq!(minted.body, json!({ "repositories": ["shop"], "permissions": permissions }));
    assert!(requests.iter().filter(|one| one.path.contains("/pulls/")).all(|one| one.by == "installation"));
}

#[tokio::test]
async fn issues_are_not_ours_to_write_unless_configured() {
    let stage = Stage::new().await;
    let mut settings = stage.fake.settings();
    settings.regression_issue = false;
    let number = stage.fake.open_pull(NewPull::of("alice", "faster")).await;
    let github = Github::with_pace(&settings, QUICK).unwrap();
    // All else works with what is left.
    let pull = PullNumber(number);
    let comment = github.write_comment(pull, None, "Hello").await.unwrap();
    github.react(comment, loadmark::github::Reaction::Eyes).await.unwrap();
    github.remove_label(pull, "bench").await.unwrap();
    github.write_check(None, &check(&stage.revision("faster"))).await.unwrap();
    let error = github.write_issue(None, "Slower", "Since yesterday").await.unwrap_err();
    assert!(matches!(error, GithubError::Forbidden { .. }) && error.may_pass(), "{error:?}");
}

#[tokio::test]
async fn a_token_is_renewed_five_minutes_before_its_end() {
    let stage = Stage::new().await;
    let github = stage.app();
    // With less than five minutes to live, no token is good for a second call; with more it is.
    stage.fake.tokens_live(Duration::from_secs(299));
    github.branch_tip("main").await.unwrap();
    github.branch_tip("main").await.unwrap();
    assert_eq!(minted(&stage), 2);
    stage.fake.tokens_live(Duration::from_secs(360));
    github.branch_tip("main").await.unwrap();
    github.branch_tip("main").await.unwrap();
    assert_eq!(minted(&stage), 3);
}

#[tokio::test]
async fn a_token_that_ended_early_is_replaced_once() {
    let stage = Stage::new().await;
    let number = stage.fake.open_pull(NewPull::of("alice", "faster")).await;
    let github = stage.app();
    github.branch_tip("main").await.unwrap();
    stage.fake.end_tokens();
    // A write that was refused so has not happened: it is safe to send again.
    github.write_comment(PullNumber(number), None, "Hello").await.unwrap();
    assert_eq!(stage.fake.comments(number).len(), 1);
    assert_eq!(minted(&stage), 2);
    // GitHub's clock says that the hour is over, ours does not.
    stage.fake.pass(Duration::from_secs(3601));
    github.branch_tip("main").await.unwrap();
    assert_eq!(minted(&stage), 3);

    stage.fake.fail(Trouble::next(How::Status(401)).at("/git/ref/").times(2));
    let error = github.branch_tip("main").await.unwrap_err();
    assert!(matches!(error, GithubError::Unauthorized { .. }) && error.may_pass(), "{error:?}");
    assert!(error.to_string().ends_with("check the app's id and key, or the token"), "{error}");
    assert_eq!(minted(&stage), 4);
}

#[tokio::test]
async fn our_clock_may_be_off() {
    for (is_slow, seconds) in [(true, 3600), (true, 86_400), (false, 3600)] {
        let stage = Stage::new().await;
        let off = Duration::from_secs(seconds);
        if is_slow {
            stage.fake.pass(off)
        } else {
            stage.fake.lag(off)
        }
        let github = stage.app();
        github.branch_tip("main").await.unwrap();
        github.branch_tip("main").await.unwrap();
        assert_eq!(minted(&stage), 1, "the token lives by GitHub's clock");
        assert_eq!(stage.count("GET", "/installation"), 2, "refused once, then by GitHub's clock");
    }
}

#[tokio::test]
async fn an_app_that_is_not_installed_is_told_to_be() {
    let stage = Stage::new().await;
    let github = stage.app();
    stage.fake.install(false);
    let error = github.pull(PullNumber(1)).await.unwrap_err();
    let message = "failed to find the app's installation on team/shop: \
                   the app is not installed on team/shop; install it there";
    assert_eq!(error.to_string(), message);
    assert!(error.may_pass() && !error.is_gone(), "it is not the pull request that is gone");
    stage.fake.install(true);
    github.branch_tip("main").await.unwrap();
    // Taken away, and back.
    stage.fake.install(false);
    stage.fake.end_tokens();
    assert!(matches!(github.branch_tip("main").await.unwrap_err(), GithubError::NotInstalled { .. }));
    stage.fake.install(true);
    github.branch_tip("main").await.unwrap();
    assert_eq!(stage.count("GET", "/installation"), 3);
}

#[tokio::test]
async fn a_key_that_is_none_or_anothers_is_refused() {
    let stage = Stage::new().await;
    let with = |id, key: &str| {
        let credentials = Credentials::App { id, key: Secret(key.to_owned()) };
        Github::with_pace(&stage.fake.settings_with(credentials), QUICK)
    };
    let damaged = APP_KEY.replacen("MII", "", 1);
    for wrong in ["", "secret", damaged.as_str()] {
        let error = with(APP_ID, wrong).unwrap_err().to_string();
        assert!(error.contains("no RSA private key in PEM") && !error.contains("secret"), "{error}");
    }
    let error = with(APP_ID + 1, APP_KEY).unwrap().branch_tip("main").await.unwrap_err();
    assert!(matches!(error, GithubError::Unauthorized { .. }), "{error:?}");
    let error = stage.with_token("ghp_wrong".to_owned()).branch_tip("main").await.unwrap_err();
    assert!(matches!(error, GithubError::Unauthorized { .. }), "{error:?}");
    let error = stage.with_token("ghp_with\nbreak".to_owned()).branch_tip("main").await.unwrap_err().to_string();
    assert!(error.contains("check for a line break") && !error.contains("ghp_"), "{error}");
}

#[tokio::test]
async fn a_clone_may_read_the_code_and_nothing_else() {
    let stage = Stage::new().await;
    let github = stage.app();
    let token = github.clone_token().await.unwrap().unwrap();
    assert!(token.0.contains(CANARY));
    assert_eq!(github.clone_token().await.unwrap().unwrap(), token);
    let minted = stage.fake.requests().pop().unwrap();
    assert_eq!(minted.body["permissions"], json!({ "contents": "read", "metadata": "read" }));
    let with_it = stage.with_token(token.0);
    with_it.branch_tip("main").await.unwrap();
    let error = with_it.write_check(None, &check(&stage.revision("main"))).await.unwrap_err();
    assert!(matches!(error, GithubError::Forbidden { .. }), "{error:?}");
    let plain = stage.fake.token("alice");
    assert_eq!(stage.with_token(plain.clone()).clone_token().await.unwrap(), Some(Secret(plain)));
}
