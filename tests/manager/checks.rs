//! Checks asked for again on GitHub's pages, and their buttons.

use loadmark::domain::verdict::{Outcome, Verdict};
use loadmark::webhook;

use super::{Stage, Told};
use crate::fake_github::NewPull;

/// A pull request with one benchmark, measured and told of.
async fn measured() -> Stage {
    let stage = Stage::with_one_benchmark().await;
    stage.store_masters("main").await;
    stage.fake.open_pull(NewPull::of("ann", "faster")).await;
    stage.act().await;
    stage.finish_next(Outcome::Verdict(Verdict::Unchanged)).await;
    stage.publish().await;
    stage
}

#[tokio::test]
async fn a_check_that_is_asked_for_again_is_measured_again_once() {
    let stage = measured().await;
    let check = stage.check("faster");
    stage.fake.rerun(check.id, "eve").await;
    stage.act().await;
    assert_eq!(stage.tests().await.len(), 1, "{}", stage.outcome().await);
    stage.fake.rerun(check.id, "ann").await;
    let body = stage.fake.deliveries().pop().unwrap().payload.to_string();
    stage.act().await;
    assert_eq!(stage.tests().await[1..], ["new-test browse of faster for ann: queued"]);
    // The same again, even when that is over and told of: it asked for what the check told then.
    stage.finish_next(Outcome::Verdict(Verdict::Unchanged)).await;
    stage.publish().await;
    let delivery = webhook::read("check_run", "another", body.as_bytes()).unwrap();
    stage.store.receive(&delivery).await.unwrap();
    stage.act().await;
    assert_eq!(stage.tests().await.len(), 2);
    // By its button, and for the whole suite.
    stage.fake.press(check.id, "rerun", "max").await;
    stage.act().await;
    stage.finish_next(Outcome::Verdict(Verdict::Unchanged)).await;
    stage.fake.rerun_suite(stage.revision("faster").sha(), "ann").await;
    stage.act().await;
    assert_eq!(stage.tests().await.len(), 4, "{}", stage.outcome().await);
    stage.publish().await;
    assert_eq!(stage.fake.checks(stage.revision("faster").sha()).len(), 1);
}

#[tokio::test]
async fn the_button_approves_exactly_the_commit_of_its_check() {
    let stage = Stage::with_one_benchmark().await;
    stage.store_masters("main").await;
    let number = stage.fake.open_pull(NewPull::from_fork("eve", "eve/shop", "change", "faster")).await;
    stage.act().await;
    stage.publish().await;
    let check = stage.check("faster");
    assert_eq!(check.conclusion.as_deref(), Some("action_required"));
    assert_eq!(check.actions[0]["identifier"], "approve");
    assert!(check.summary.as_ref().unwrap().contains(&format!("/loadmark approve {}", stage.revision("faster"))));
    for login in ["eve", "tim"] {
        stage.fake.press(check.id, "approve", login).await;
        stage.act().await;
        assert_eq!(stage.tests().await, Told::new(), "{login}");
    }
    // Pressed on the check of a commit that is the head no more.
    stage.fake.push(number, "slower").await;
    stage.fake.press(check.id, "approve", "ann").await;
    stage.act().await;
    assert_eq!(stage.tests().await, Told::new());
    stage.publish().await;
    stage.fake.press(stage.check("slower").id, "approve", "ann").await;
    stage.act().await;
    assert_eq!(stage.tests().await, ["new-test browse of slower for ann: queued"]);
    stage.publish().await;
    assert_eq!(stage.check("slower").grown.len(), 2, "{:?}", stage.check("slower").grown);
}

#[tokio::test]
async fn a_master_sets_check_measures_it_anew() {
    let stage = Stage::with_one_benchmark().await;
    stage.fake.push_branch("ann", "main").await;
    stage.act().await;
    stage.finish_next(Outcome::Measured).await;
    stage.publish().await;
    let check = stage.check("main");
    assert_eq!(check.conclusion.as_deref(), Some("success"));
    stage.fake.rerun(check.id, "ann").await;
    stage.act().await;
    let job = stage.jobs().await.pop().unwrap();
    assert!(job.request.force, "an equal set is stored");
    assert_eq!(stage.jobs().await.len(), 2);
}

#[tokio::test]
async fn other_peoples_checks_are_none_of_ours() {
    let stage = measured().await;
    let delivery = stage.fake.deliveries().pop().unwrap().payload;
    let foreign = serde_json::json!({
        "action": "rerequested",
        "check_run": { "id": 1, "head_sha": stage.revision("faster").sha(), "external_id": "shop/../../1",
                       "name": "build", "app": { "id": 1 } },
        "repository": delivery["repository"], "sender": { "login": "ann", "id": 1 },
    });
    let read = webhook::read("check_run", "foreign", foreign.to_string().as_bytes()).unwrap();
    stage.store.receive(&read).await.unwrap();
    stage.act().await;
    assert_eq!((stage.tests().await.len(), stage.outcome().await), (1, "shop: no check of this project".to_owned()));
}
