//! The default branch and merge queues.

use loadmark::domain::order::Priority;
use loadmark::domain::rules::TestsWhen;

use super::{Stage, Told};
use crate::fake_github::NewPull;

#[tokio::test]
async fn a_push_to_the_default_branch_is_a_master_set_and_to_another_nothing() {
    let stage = Stage::new().await;
    stage.fake.push_branch("ann", "faster").await;
    stage.act().await;
    assert_eq!(stage.told().await, Told::new());
    stage.fake.push_branch("ann", "main").await;
    stage.fake.push_branch("ann", "main").await;
    stage.act().await;
    let expected = ["new-master browse of main for ann: queued", "new-master buy of main for ann: queued"];
    assert_eq!(stage.told().await, expected);
    assert!(stage.jobs().await.iter().all(|job| job.terms.priority == Priority::Master));
}

#[tokio::test]
async fn a_merge_ends_the_tests_and_measures_the_merged() {
    let stage = Stage::new().await;
    stage.store_masters("main").await;
    let number = stage.fake.open_pull(NewPull::of("ann", "faster")).await;
    stage.act().await;
    stage.fake.merge("max", number).await;
    stage.act().await;
    let told = stage.told().await;
    assert_eq!(told[2], "new-test browse of faster for ann: superseded");
    assert_eq!(told[4..], ["browse", "buy"].map(|one| format!("new-master {one} of main for max: queued")));
}

#[tokio::test]
async fn a_merge_queue_is_always_answered() {
    let stage = Stage::new().await;
    stage.store_masters("main").await;
    stage.fake.queue_merge("faster", "main").await;
    stage.act().await;
    let tests = stage.tests().await;
    assert_eq!(tests.len(), 2);
    let job = stage.jobs().await.pop().unwrap();
    assert_eq!((job.request.pull, job.request.base), (None, Some(stage.revision("main"))));

    let stage = Stage::with(|rules| rules.tests = TestsWhen::Label).await;
    stage.fake.queue_merge("faster", "main").await;
    stage.act().await;
    assert_eq!((stage.told().await.len(), stage.holds(0, "faster").await.len()), (0, 2));
}
