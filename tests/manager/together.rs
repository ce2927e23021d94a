//! The same twice, and two at once (faults F15 to F17, attack A2): one job.

use futures_util::future::join_all;
use loadmark::database::Receipt;
use loadmark::webhook;

use super::Stage;
use crate::fake_github::NewPull;

#[tokio::test]
async fn fifty_times_the_same_delivery_is_one() {
    let stage = Stage::new().await;
    stage.fake.open_pull(NewPull::of("ann", "faster")).await;
    let sent = stage.fake.deliveries().pop().unwrap();
    let body = sent.payload.to_string();
    let delivery = webhook::read("pull_request", "another", body.as_bytes()).unwrap();
    let received = join_all((0..50).map(|_| stage.store.receive(&delivery))).await;
    let new = received.into_iter().filter(|receipt| matches!(receipt, Ok(Receipt::New))).count();
    assert_eq!(new, 1);
    // The same event under two ids is one job for each benchmark, and so it is for two managers at once.
    let (one, other) = (stage.manager(), stage.manager());
    let (one, other) = tokio::join!(one.act(), other.act());
    assert_eq!(one.unwrap() + other.unwrap(), 2);
    assert_eq!(stage.tests().await.len(), 2);
}

#[tokio::test]
async fn a_comment_under_another_delivery_is_the_same_asking() {
    let stage = Stage::new().await;
    stage.store_masters("main").await;
    let number = stage.fake.open_pull(NewPull::of("ann", "faster")).await;
    stage.fake.comment_as("ann", number, "/loadmark test --rounds 3").await;
    let body = stage.fake.deliveries().pop().unwrap().payload.to_string();
    stage.act().await;
    for id in ["once-more", "and-again"] {
        let delivery = webhook::read("issue_comment", id, body.as_bytes()).unwrap();
        assert_eq!(stage.store.receive(&delivery).await.unwrap(), Receipt::New);
    }
    stage.act().await;
    assert_eq!(stage.tests().await.len(), 4, "{:?}", stage.tests().await);
}

#[tokio::test]
async fn one_repository_may_be_several_projects() {
    let stage = Stage::new().await;
    let mut settings = super::stage::settings("shop-soak");
    settings.github = stage.project.settings.github.clone();
    let other = super::stage::project(settings);
    stage.fake.push_branch("ann", "main").await;
    let manager = stage.manager_of(vec![stage.project.clone(), other]);
    assert_eq!(manager.act().await.unwrap(), 1);
    assert_eq!(stage.jobs().await.len(), 4);
    assert_eq!(stage.outcome().await, "shop: started 1, 2; shop-soak: started 3, 4");
}
