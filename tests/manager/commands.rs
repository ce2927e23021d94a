//! Commands in comments: whose count, what they do, how they are answered (attacks A5, A7 and A9).

use loadmark::domain::order::Priority;
use loadmark::domain::procedure::CompareMethod;
use loadmark::domain::verdict::{Outcome, Verdict};

use super::{Stage, Told};
use crate::fake_github::{How, NewPull, Trouble, bot};

/// A pull request whose tests are over.
async fn measured() -> (Stage, i32) {
    let stage = Stage::new().await;
    stage.store_masters("main").await;
    let number = stage.fake.open_pull(NewPull::of("ann", "faster")).await;
    stage.act().await;
    for _ in 0..2 {
        stage.finish_next(Outcome::Verdict(Verdict::Unchanged)).await;
    }
    (stage, number)
}

#[tokio::test]
async fn a_test_is_ordered_with_its_options_and_answered_at_once() {
    let (stage, number) = measured().await;
    let text = "Again, please:\n/loadmark test --benchmark buy --rounds 7 --base slower";
    let comment = stage.fake.comment_as("max", number, text).await;
    stage.act().await;
    let job = stage.jobs().await.pop().unwrap();
    assert_eq!((job.request.benchmark.as_str(), job.request.rounds), ("buy", Some(7)));
    assert_eq!(job.request.base, Some(stage.revision("slower")));
    assert_eq!((job.terms.priority, job.terms.asked_by.as_str()), (Priority::Commanded, "max"));
    assert_eq!(stage.reactions(comment), ["eyes"]);
    // Its parent has no master set, and comes first.
    assert_eq!(stage.told().await[4], "new-master buy of slower for max: queued");
}

#[tokio::test]
async fn by_need_a_base_that_is_named_is_measured_in_pairs_at_once() {
    let mut stage = Stage::with_one_benchmark().await;
    let mut settings = (*stage.project.settings).clone();
    settings.benchmarks.get_mut("browse").unwrap().compare = CompareMethod::Auto;
    stage.project = super::stage::project(settings);
    let number = stage.fake.open_pull(NewPull::of("ann", "faster")).await;
    stage.act().await;
    for (text, compare) in [
        ("/loadmark test --rounds 7", None),
        ("/loadmark test --base slower", Some(CompareMethod::Paired)),
        ("/loadmark test --base slower --compare auto", Some(CompareMethod::Paired)),
        ("/loadmark rerun", Some(CompareMethod::Paired)),
        ("/loadmark test --base slower --compare stored", Some(CompareMethod::Stored)),
    ] {
        stage.finish_next(Outcome::Verdict(Verdict::Unchanged)).await;
        stage.fake.comment_as("ann", number, text).await;
        stage.act().await;
        let asked = stage.jobs().await.pop().unwrap().request;
        assert_eq!(asked.compare, compare, "{text}");
    }
}

#[tokio::test]
async fn rerun_measures_again_as_last_time_and_twice_is_once_while_it_waits() {
    let (stage, number) = measured().await;
    stage.fake.comment_as("ann", number, "/loadmark test --benchmark buy --rounds 7").await;
    stage.act().await;
    stage.finish_next(Outcome::Verdict(Verdict::Unchanged)).await;
    stage.fake.comment_as("ann", number, "/loadmark rerun").await;
    stage.fake.comment_as("ann", number, "/loadmark rerun").await;
    stage.act().await;
    let jobs = stage.jobs().await;
    let rounds: Vec<_> = jobs[5..].iter().map(|job| (job.request.benchmark.as_str(), job.request.rounds)).collect();
    assert_eq!(rounds, [("browse", None), ("buy", Some(7))]);
}

#[tokio::test]
async fn cancel_ends_what_waits_and_an_event_does_not_order_it_again() {
    let stage = Stage::new().await;
    stage.store_masters("main").await;
    let number = stage.fake.open_pull(NewPull::of("ann", "faster")).await;
    stage.act().await;
    let comment = stage.fake.comment_as("ann", number, "/loadmark cancel").await;
    stage.fake.label_as("ann", number, "bug").await;
    stage.act().await;
    assert_eq!(
        stage.tests().await,
        ["browse", "buy"].map(|one| format!("new-test {one} of faster for ann: cancelled"))
    );
    assert_eq!(stage.reactions(comment), ["+1"]);
}

#[tokio::test]
async fn only_who_may_write_commands() {
    let (stage, number) = measured().await;
    let before = stage.told().await;
    for login in ["eve", "tim", "nobody"] {
        let comment = stage.fake.comment_as(login, number, "/loadmark test").await;
        stage.act().await;
        assert_eq!(stage.reactions(comment), ["-1"], "{login}");
    }
    stage.fake.comment_as(&bot(), number, "/loadmark test").await;
    let edited = stage.fake.comment_as("ann", number, "nothing").await;
    stage.fake.edit_comment(edited, "/loadmark test").await;
    stage
        .fake
        .comment_as("ann", number, "> /loadmark test\n\n```\n/loadmark test\n```\n<!--\n/loadmark test\n-->")
        .await;
    stage.act().await;
    assert_eq!(stage.told().await, before);
    // A command that could not be judged is none, until it can be.
    stage.fake.fail(Trouble::next(How::Status(500)).at("/permission").times(2));
    stage.fake.comment_as("ann", number, "/loadmark test").await;
    stage.act().await;
    assert_eq!((stage.told().await, stage.outcome().await), (before, "open".to_owned()));
    stage.let_time_pass().await;
    stage.act().await;
    assert_eq!(stage.tests().await.len(), 4);
}

#[tokio::test]
async fn what_is_not_understood_gets_help() {
    let (stage, number) = measured().await;
    for (text, reaction) in [
        ("/loadmark tset", "confused"),
        ("/loadmark test --benchmark nothing", "-1"),
        ("/loadmark test --base nowhere", "-1"),
        // A commit of a fork, which GitHub shows as the repository's own.
        (&format!("/loadmark test --base {}", stage.revision("slower")), "-1"),
        ("/loadmark help", "+1"),
        ("/loadmark status", "+1"),
    ] {
        let comment = stage.fake.comment_as("ann", number, text).await;
        stage.act().await;
        assert_eq!(stage.reactions(comment), [reaction], "{text}: {}", stage.outcome().await);
    }
    assert_eq!(stage.tests().await.len(), 2);
}

#[tokio::test]
async fn approving_names_the_commit() {
    let stage = Stage::new().await;
    stage.store_masters("main").await;
    let number = stage.fake.open_pull(NewPull::from_fork("eve", "eve/shop", "change", "faster")).await;
    // To ask for a test names no commit, and lets nothing run; an older commit is none either.
    let (head, older) = (stage.revision("faster"), stage.revision("slower"));
    let asked = stage.fake.comment_as("ann", number, "/loadmark test").await;
    let wrong = stage.fake.comment_as("ann", number, &format!("/loadmark approve {older}")).await;
    let stranger = stage.fake.comment_as("eve", number, &format!("/loadmark approve {head}")).await;
    stage.act().await;
    assert_eq!(stage.tests().await, Told::new());
    assert_eq!([asked, wrong, stranger].map(|one| stage.reactions(one)), [["-1"]; 3]);

    let right = stage.fake.comment_as("ann", number, &format!("/loadmark approve {head}")).await;
    stage.act().await;
    assert_eq!((stage.tests().await.len(), stage.reactions(right)), (2, vec!["eyes".to_owned()]));
    assert_eq!(stage.holds(number, "faster").await, Told::new());
    stage.fake.push(number, "slower").await;
    stage.fake.comment_as("ann", number, "/loadmark test").await;
    stage.act().await;
    assert_eq!(stage.tests().await.len(), 2, "the next commit is another");
}
