//! Catching up after a time in which nobody listened (fault F18), and doing it again.

use loadmark::domain::verdict::Outcome;
use loadmark::webhook;

use super::{Stage, Told};
use crate::fake_github::NewPull;

#[tokio::test]
async fn what_happened_meanwhile_is_found_without_events() {
    let stage = Stage::new().await;
    let kept = stage.fake.open_pull(NewPull::of("ann", "faster")).await;
    let closed = stage.fake.open_pull(NewPull::of("ann", "docs")).await;
    stage.act().await;
    stage.fake.send_webhooks_to("http://127.0.0.1:9/nobody");
    stage.fake.push(kept, "slower").await;
    stage.fake.close("ann", closed).await;
    let stranger = stage.fake.open_pull(NewPull::from_fork("eve", "eve/shop", "change", "docs")).await;
    stage.git(&["commit", "--quiet", "--allow-empty", "--message", "More"]);

    let manager = stage.manager();
    for _ in 0..2 {
        // Done again, it does nothing.
        manager.catch_up().await.unwrap();
        stage.fake.settled().await;
        let tests = stage.tests().await;
        let expected = [
            "new-test browse of faster for ann: superseded",
            "new-test buy of faster for ann: superseded",
            "new-test browse of docs for ann: superseded",
            "new-test buy of docs for ann: superseded",
            "new-test browse of slower for catch-up: queued",
            "new-test buy of slower for catch-up: queued",
        ];
        assert_eq!(tests, expected);
        assert_eq!(stage.holds(stranger, "docs").await.len(), 2);
        let masters: Told = stage.told().await.into_iter().filter(|job| job.contains("of main")).collect();
        assert_eq!(masters, ["browse", "buy"].map(|one| format!("new-master {one} of main for catch-up: queued")));
    }
}

#[tokio::test]
async fn failed_deliveries_are_sent_again_once() {
    let stage = Stage::new().await;
    stage.store_masters("main").await;
    let url = stage.receiver().to_owned();
    stage.fake.send_webhooks_to("http://127.0.0.1:9/nobody");
    let number = stage.fake.open_pull(NewPull::from_fork("ann", "ann/shop", "change", "faster")).await;
    stage.fake.comment_as("ann", number, "/loadmark cancel").await;
    // The last one was taken, and answered too late.
    let late = stage.fake.deliveries().pop().unwrap();
    let delivery = webhook::read("issue_comment", &late.guid, late.payload.to_string().as_bytes()).unwrap();
    stage.store.receive(&delivery).await.unwrap();
    stage.fake.send_webhooks_to(&url);
    stage.manager().catch_up().await.unwrap();
    // By the event alone it is known who pushed: until it comes, the commit waits.
    assert_eq!(stage.tests().await, Told::new());
    stage.act().await;
    assert_eq!(stage.tests().await.len(), 2);
    stage.manager().catch_up().await.unwrap();
    stage.act().await;
    assert_eq!(stage.fake.deliveries().iter().filter(|one| one.is_redelivery).count(), 1);
}

#[tokio::test]
async fn what_was_cancelled_or_measured_is_left_alone() {
    let stage = Stage::new().await;
    stage.store_masters("main").await;
    let number = stage.fake.open_pull(NewPull::of("ann", "faster")).await;
    stage.act().await;
    stage.finish_next(Outcome::Discarded).await;
    stage.fake.comment_as("ann", number, "/loadmark cancel").await;
    stage.act().await;
    let before = stage.tests().await;
    stage.manager().catch_up().await.unwrap();
    assert_eq!(stage.tests().await, before);
}
