//! Pull requests from the repository itself: by the rules, as they move, as they end.

use loadmark::domain::order::Priority;
use loadmark::domain::rules::{MissingBaseline, TestsWhen};
use loadmark::domain::settings::BaselineChoice;
use loadmark::domain::verdict::Outcome;

use super::{Stage, Told};
use crate::fake_github::NewPull;

fn tests_of(name: &str, state: &str) -> Told {
    ["browse", "buy"].map(|benchmark| format!("new-test {benchmark} of {name} for ann: {state}")).to_vec()
}

#[tokio::test]
async fn an_opened_one_is_measured_after_the_master_set_it_is_compared_with() {
    let stage = Stage::new().await;
    stage.fake.open_pull(NewPull::of("ann", "faster")).await;
    stage.act().await;
    let expected = [
        "new-master browse of main for ann: queued",
        "new-test browse of faster for ann: queued",
        "new-master buy of main for ann: queued",
        "new-test buy of faster for ann: queued",
    ];
    assert_eq!(stage.told().await, expected);
    let jobs = stage.jobs().await;
    assert_eq!(jobs[1].request.base, Some(stage.revision("main")));
    assert_eq!((jobs[0].terms.priority, jobs[1].terms.priority), (Priority::Master, Priority::Automatic));
    assert_eq!(jobs[1].request.asked_as, "#1");
    // The parents come first, whoever claims.
    assert_eq!(stage.take().await.job().id, jobs[0].id);
}

#[tokio::test]
async fn where_a_master_set_is_stored_or_the_nearest_will_do_none_is_ordered() {
    let stage = Stage::new().await;
    stage.store_masters("main").await;
    stage.fake.open_pull(NewPull::of("ann", "faster")).await;
    stage.act().await;
    assert_eq!(stage.jobs().await.len(), 4, "two that were stored, and two tests");

    let stage = Stage::with(|rules| {
        rules.tests = TestsWhen::Always;
        rules.missing_baseline = MissingBaseline::Nearest;
    })
    .await;
    stage.fake.open_pull(NewPull::of("ann", "faster")).await;
    stage.act().await;
    assert_eq!(stage.told().await, tests_of("faster", "queued"));
}

#[tokio::test]
async fn a_pinned_baseline_without_a_master_set_has_one_measured_first() {
    let stage = Stage::with_one_benchmark().await;
    let (project, pinned) = (stage.project.settings.project.clone(), stage.revision("docs"));
    stage.store.pin(&project, "browse", &pinned, "The last release.", "ann").await.unwrap();
    stage.fake.open_pull(NewPull::of("ann", "faster")).await;
    stage.act().await;
    let jobs = stage.jobs().await;
    let asked: Vec<_> = jobs.iter().map(|job| (job.request.kind.as_str(), &job.request.revision)).collect();
    let head = stage.revision("faster");
    assert_eq!(asked, [("new-master", &pinned), ("new-test", &head)]);
    assert_eq!(jobs[1].request.base.as_ref(), Some(&pinned));
    assert_eq!(stage.take().await.job().id, jobs[0].id);
    // A base that is named goes before it.
    let number = jobs[1].request.pull.unwrap().0;
    stage.fake.comment_as("ann", number, "/loadmark test --base slower").await;
    stage.act().await;
    let asked = stage.jobs().await.pop().unwrap().request;
    assert_eq!((asked.revision, asked.base), (head, Some(stage.revision("slower"))));
}

#[tokio::test]
async fn a_master_set_that_failed_by_our_fault_is_asked_again_and_the_commits_fault_is_not() {
    let stage = Stage::with(|rules| {
        rules.tests = TestsWhen::Always;
        rules.benchmarks = vec!["browse".to_owned()];
    })
    .await;
    stage.fake.open_pull(NewPull::of("ann", "faster")).await;
    stage.act().await;
    stage.finish_next(Outcome::Discarded).await;
    stage.fake.open_pull(NewPull::of("ann", "slower")).await;
    stage.act().await;
    let told = stage.told().await;
    assert_eq!(told[0], "new-master browse of main for ann: discarded");
    assert_eq!(told[2], "new-master browse of main for ann: queued");
    stage.finish_next("service-failed: build".parse().unwrap()).await;
    let number = stage.fake.open_pull(NewPull::of("ann", "docs")).await;
    stage.act().await;
    assert_eq!(stage.jobs().await.len(), 5, "{number} is tested without one: {:?}", stage.told().await);
}

#[tokio::test]
async fn the_base_is_the_tip_or_where_they_parted() {
    let mut stage = Stage::new().await;
    let parted = stage.revision("main");
    stage.git(&["commit", "--quiet", "--allow-empty", "--message", "More"]);
    stage.fake.open_pull(NewPull::of("ann", "faster")).await;
    stage.act().await;
    assert_eq!(stage.jobs().await[1].request.base, Some(stage.revision("main")));

    let mut settings = (*stage.project.settings).clone();
    settings.baseline = BaselineChoice::MergeBase;
    stage.project.settings = settings.into();
    stage.fake.open_pull(NewPull::of("ann", "slower")).await;
    stage.act().await;
    let last = stage.jobs().await.pop().unwrap();
    assert_eq!(last.request.base, Some(parted));
}

#[tokio::test]
async fn a_push_supersedes_what_waits_and_what_runs() {
    let stage = Stage::new().await;
    stage.store_masters("main").await;
    let number = stage.fake.open_pull(NewPull::of("ann", "faster")).await;
    stage.act().await;
    let running = stage.take().await;
    stage.fake.push(number, "slower").await;
    stage.act().await;
    let loss = crate::harness::jobs::soon(running.lost()).await;
    assert_eq!(loss, loadmark::queue::Loss::Ended(Outcome::Superseded));
    running.finish(Outcome::Superseded, None).await.unwrap();
    assert_eq!(stage.tests().await, [tests_of("faster", "superseded"), tests_of("slower", "queued")].concat());

    // Back again: what was overtaken is no answer for the commit.
    stage.fake.push(number, "faster").await;
    stage.act().await;
    assert_eq!(stage.tests().await[4..], tests_of("faster", "queued"));
}

#[tokio::test]
async fn an_event_that_comes_late_acts_on_the_head_as_it_is() {
    let stage = Stage::new().await;
    stage.store_masters("main").await;
    let number = stage.fake.open_pull(NewPull::of("ann", "faster")).await;
    stage.fake.push(number, "slower").await;
    stage.fake.push(number, "docs").await;
    // The last comes first.
    stage.base.execute("UPDATE deliveries SET try_at = try_at - number * interval '1 hour'").await;
    stage.act().await;
    assert_eq!(stage.tests().await, tests_of("docs", "queued"));
}

#[tokio::test]
async fn closing_ends_jobs_and_reopening_orders_them_again() {
    let stage = Stage::new().await;
    stage.store_masters("main").await;
    let number = stage.fake.open_pull(NewPull::of("ann", "faster")).await;
    stage.act().await;
    stage.fake.close("ann", number).await;
    stage.act().await;
    assert_eq!(stage.tests().await, tests_of("faster", "superseded"));
    stage.fake.reopen("ann", number).await;
    stage.act().await;
    assert_eq!(stage.tests().await[2..], tests_of("faster", "queued"));
}

#[tokio::test]
async fn labels_drafts_and_commands_by_the_rules() {
    let stage = Stage::with(|rules| rules.tests = TestsWhen::Label).await;
    stage.store_masters("main").await;
    let number = stage.fake.open_pull(NewPull { is_draft: true, ..NewPull::of("ann", "faster") }).await;
    stage.act().await;
    assert_eq!(stage.holds(number, "faster").await, ["browse: not-asked", "buy: not-asked"]);
    stage.fake.draft("ann", number, false).await;
    stage.act().await;
    assert_eq!(stage.tests().await, Told::new(), "it has no label");
    stage.fake.label_as("ann", number, "bench").await;
    stage.act().await;
    assert_eq!(stage.tests().await, tests_of("faster", "queued"));
    assert_eq!(stage.holds(number, "faster").await, Told::new());
    // The label stays, and a push is measured.
    stage.fake.push(number, "slower").await;
    stage.act().await;
    assert_eq!(stage.tests().await[2..], tests_of("slower", "queued"));

    let stage = Stage::with(|rules| rules.tests = TestsWhen::Command).await;
    let number = stage.fake.open_pull(NewPull::of("ann", "faster")).await;
    stage.act().await;
    assert_eq!((stage.tests().await, stage.holds(number, "faster").await.len()), (Told::new(), 2));
}

#[tokio::test]
async fn a_change_of_ignored_files_alone_is_not_measured_and_says_so() {
    let stage = Stage::with(|rules| {
        rules.tests = TestsWhen::Always;
        rules.ignore = vec!["*.md".to_owned()];
    })
    .await;
    stage.store_masters("main").await;
    let number = stage.fake.open_pull(NewPull::of("ann", "docs")).await;
    stage.act().await;
    assert_eq!(stage.holds(number, "docs").await, ["browse: ignored", "buy: ignored"]);
    stage.fake.push(number, "faster").await;
    stage.act().await;
    assert_eq!(stage.tests().await, tests_of("faster", "queued"));
}
