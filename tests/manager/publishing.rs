//! What stands on GitHub: true to the queue, in one place, never doubled (fault F28, invariant I3).

use loadmark::compare::compare;
use loadmark::domain::comparison::Sides;
use loadmark::domain::job::JobKind;
use loadmark::domain::rules::{Credentials, TestsWhen};
use loadmark::domain::settings::Secret;
use loadmark::domain::verdict::{Outcome, Verdict};
use loadmark::report::{Body, ReportModel};
use time::OffsetDateTime;

use super::Stage;
use crate::fake_github::{How, NewPull, Trouble, bot};

/// A pull request whose only test waits.
async fn waiting() -> (Stage, i32) {
    let stage = Stage::with_one_benchmark().await;
    stage.store_masters("main").await;
    let number = stage.fake.open_pull(NewPull::of("ann", "faster")).await;
    stage.act().await;
    (stage, number)
}

/// Statuses and conclusions of a check as it grew, without titles.
fn grown(check: &crate::fake_github::Check) -> Vec<String> {
    check.grown.iter().map(|one| one.split(':').next().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_check_and_one_comment_grow_in_place() {
    let (stage, number) = waiting().await;
    stage.publish().await;
    let lease = stage.take().await;
    stage.publish().await;
    lease.finish(Outcome::Verdict(Verdict::NoBaseline), None).await.unwrap();
    stage.publish().await;
    let check = stage.check("faster");
    assert_eq!(grown(&check), ["queued -", "in_progress -", "completed action_required"]);
    assert_eq!(check.name, "loadmark/shop/browse");
    assert_eq!(check.details_url.as_deref(), Some("http://127.0.0.1:8080/jobs/3"));
    let comments = stage.fake.comments(number);
    assert_eq!((comments.len(), comments[0].author.as_str(), comments[0].grown.len()), (1, bot().as_str(), 3));
    assert!(comments[0].body.starts_with("<!-- loadmark:shop:pull -->"), "{}", comments[0].body);

    // Nothing has changed: nothing is written, whoever asks.
    let writes = stage.writes();
    stage.fake.comment_as("ann", number, "/loadmark status").await;
    stage.act().await;
    stage.publish().await;
    assert_eq!(stage.writes() - writes, 1, "the reaction alone");

    // The next commit has a check of its own, and the same comment.
    stage.fake.push(number, "slower").await;
    stage.act().await;
    stage.publish().await;
    assert_eq!((stage.check("slower").grown.len(), stage.fake.comments(number).len()), (1, 2), "ann's and ours");
}

#[tokio::test]
async fn what_was_overtaken_or_stopped_says_so() {
    let (stage, number) = waiting().await;
    stage.publish().await;
    stage.fake.push(number, "slower").await;
    stage.act().await;
    stage.fake.comment_as("ann", number, "/loadmark cancel").await;
    stage.act().await;
    stage.publish().await;
    for name in ["faster", "slower"] {
        assert_eq!(stage.check(name).conclusion.as_deref(), Some("cancelled"), "{name}");
    }
}

#[tokio::test]
async fn what_is_not_measured_has_a_check_that_says_why() {
    for (tests, ignore, draft, conclusion) in [
        (TestsWhen::Label, "x", false, "neutral"),
        (TestsWhen::Always, "x", true, "neutral"),
        (TestsWhen::Always, "*.md", false, "skipped"),
    ] {
        let stage = Stage::with(|rules| {
            rules.tests = tests;
            rules.ignore = vec![ignore.to_owned()];
            rules.benchmarks = vec!["browse".to_owned()];
        })
        .await;
        let number = stage.fake.open_pull(NewPull { is_draft: draft, ..NewPull::of("ann", "docs") }).await;
        stage.act().await;
        stage.publish().await;
        assert_eq!(stage.check("docs").conclusion.as_deref(), Some(conclusion));
        assert!(stage.fake.comments(number).is_empty(), "nobody asked");
        stage.fake.press(stage.check("docs").id, "rerun", "ann").await;
        stage.act().await;
        stage.publish().await;
        assert_eq!(stage.check("docs").status, "queued", "{}", stage.outcome().await);
    }
}

#[tokio::test]
async fn an_answer_that_was_lost_is_taken_over_and_never_doubled() {
    for how in [How::DoneThenStatus(502), How::Malformed] {
        let (stage, number) = waiting().await;
        stage.fake.fail(Trouble::next(how.clone()).of("POST").at("/check-runs"));
        stage.fake.fail(Trouble::next(how.clone()).of("POST").at("/comments"));
        stage.publish().await;
        assert_eq!(stage.base.number("SELECT count(*) FROM notices WHERE tries = 1").await, 2, "{how:?}");
        // Meanwhile the check tells of another job, so it is called otherwise now.
        stage.finish_next(Outcome::Verdict(Verdict::Unchanged)).await;
        stage.fake.comment_as("ann", number, "/loadmark rerun").await;
        stage.act().await;
        stage.let_time_pass().await;
        stage.publish().await;
        assert_eq!(stage.check("faster").status, "queued");
        assert_eq!(stage.fake.comments(number).len(), 2, "ann's and ours");
        assert_eq!(stage.base.number("SELECT count(*) FROM notices WHERE written < change").await, 0);
    }
}

#[tokio::test]
async fn what_a_dead_publisher_posted_is_taken_over_once_its_claim_ends() {
    let (stage, number) = waiting().await;
    let publisher = stage.publisher();
    // It dies between the post and the note of its id.
    stage.publish().await;
    stage
        .base
        .execute(
            "UPDATE notices SET github_id = NULL, digest = NULL, written = 0, busy_until = now() + interval '1 min'",
        )
        .await;
    assert_eq!(publisher.publish().await.unwrap(), 0, "they are another's");
    stage.base.execute("UPDATE notices SET busy_until = now(), try_at = now()").await;
    assert_eq!(publisher.publish().await.unwrap(), 2);
    assert_eq!((stage.check("faster").grown.len(), stage.fake.comments(number).len()), (2, 1));
}

#[tokio::test]
async fn two_publishers_at_once_write_everything_once() {
    let stage = Stage::new().await;
    stage.store_masters("main").await;
    let mut numbers = Vec::new();
    for branch in ["faster", "slower", "docs"] {
        numbers.push((branch, stage.fake.open_pull(NewPull::of("ann", branch)).await));
    }
    stage.act().await;
    let (one, other) = (stage.publisher(), stage.publisher());
    let (one, other) = tokio::join!(one.publish(), other.publish());
    assert_eq!(one.unwrap() + other.unwrap(), 9);
    for (branch, number) in numbers {
        assert_eq!(stage.fake.checks(stage.revision(branch).sha()).len(), 2, "one a benchmark");
        assert_eq!(stage.fake.comments(number).len(), 1);
    }
}

#[tokio::test]
async fn a_comment_that_somebody_deleted_is_written_anew_and_another_with_our_mark_is_not_ours() {
    let (stage, number) = waiting().await;
    let marked = stage.fake.comment_as("eve", number, "<!-- loadmark:shop:pull -->\nAll is well").await;
    stage.publish().await;
    let ours = stage.fake.comments(number).into_iter().find(|one| one.author == bot()).unwrap();
    stage.fake.delete_comment(ours.id);
    stage.finish_next(Outcome::Verdict(Verdict::Unchanged)).await;
    stage.publish().await;
    let comments = stage.fake.comments(number);
    assert_eq!(comments.len(), 2);
    assert_eq!((comments[0].id, comments[0].grown.len()), (marked, 1), "eve's is left alone");
    assert_eq!((comments[1].author.as_str(), comments[1].id != ours.id), (bot().as_str(), true));
}

#[tokio::test]
async fn what_github_refuses_for_days_is_let_be_until_there_is_news() {
    let (stage, _) = waiting().await;
    let due = "SELECT count(*) FROM notices WHERE written < change AND place = 'check'";
    stage.fake.fail(Trouble::next(How::Status(422)).of("POST").at("/check-runs").times(2));
    stage.publish().await;
    assert_eq!(stage.base.number(due).await, 1, "it is tried again");
    stage.base.execute("UPDATE notices SET tries = 500").await;
    stage.let_time_pass().await;
    stage.publish().await;
    assert_eq!(stage.base.number(due).await, 0);
    let kept = "SELECT count(*) FROM notices WHERE last_error LIKE '%422%' AND digest IS NULL";
    assert_eq!(stage.base.number(kept).await, 1);
    stage.finish_next(Outcome::Verdict(Verdict::Unchanged)).await;
    stage.publish().await;
    assert_eq!(grown(&stage.check("faster")), ["completed success"]);
}

#[tokio::test]
async fn limits_are_waited_out_and_a_token_that_ended_is_replaced() {
    let (mut stage, _) = waiting().await;
    stage.fake.fail(Trouble::next(How::TooMany(90)).of("POST").at("/check-runs"));
    stage.publish().await;
    let wait = "SELECT extract(epoch FROM min(try_at) - clock_timestamp())::bigint FROM notices WHERE written < change";
    let seconds = stage.base.number(wait).await;
    assert!((80..=600).contains(&seconds), "both wait at least as long as GitHub wants: {seconds} s");
    assert_eq!(stage.fake.checks(stage.revision("faster").sha()).len(), 0);
    stage.restart();
    stage.let_time_pass().await;
    stage.publish().await;
    stage.fake.end_tokens();
    stage.finish_next(Outcome::Verdict(Verdict::Unchanged)).await;
    stage.publish().await;
    assert_eq!(grown(&stage.check("faster")), ["queued -", "completed success"]);
}

#[tokio::test]
async fn a_mere_step_waits_and_an_end_does_not() {
    let (stage, _) = waiting().await;
    let lease = stage.take().await;
    stage.publish().await;
    lease.tell_phase("load, round 1 of 3").await.unwrap();
    lease.tell_phase("load, round 2 of 3").await.unwrap();
    assert_eq!(stage.publisher().publish().await.unwrap(), 0, "told of a step a moment ago");
    lease.finish(Outcome::Verdict(Verdict::Unchanged), None).await.unwrap();
    stage.publish().await;
    assert_eq!(grown(&stage.check("faster")), ["in_progress -", "completed success"]);
}

#[tokio::test]
async fn with_a_plain_token_there_are_statuses() {
    let mut stage = Stage::with_one_benchmark().await;
    stage.fake.permit("robot", "write");
    let token = Credentials::Token(Secret(stage.fake.token("robot")));
    stage.change_rules(|rules| rules.credentials = token);
    stage.store_masters("main").await;
    let number = stage.fake.open_pull(NewPull::of("ann", "faster")).await;
    let stranger = stage.fake.open_pull(NewPull::from_fork("eve", "eve/shop", "change", "slower")).await;
    stage.act().await;
    stage.publish().await;
    stage.finish_next(Outcome::Verdict(Verdict::Regression)).await;
    stage.publish().await;
    let told = |name: &str| -> Vec<String> {
        let statuses = stage.fake.statuses(stage.revision(name).sha());
        statuses.into_iter().map(|one| format!("{} {}", one.context, one.state)).collect()
    };
    assert_eq!(told("faster"), ["loadmark/shop/browse pending", "loadmark/shop/browse failure"]);
    assert_eq!(told("slower"), ["loadmark/shop/browse error"]);
    let own: Vec<_> = stage.fake.comments(number).into_iter().map(|one| one.author).collect();
    assert_eq!((own, stage.fake.comments(stranger).len()), (vec!["robot".to_owned()], 1));
}

#[tokio::test]
async fn commands_that_need_words_are_answered_in_the_comment() {
    let (stage, number) = waiting().await;
    let ours = || stage.fake.comments(number).into_iter().find(|one| one.author == bot()).unwrap().body;
    for (command, answer) in [
        ("/loadmark tset", "That was not understood: "),
        ("/loadmark test --benchmark none", "That was not done: "),
        ("/loadmark help", "These commands are understood"),
    ] {
        stage.fake.comment_as("ann", number, command).await;
        stage.act().await;
        stage.publish().await;
        assert!(ours().contains(answer), "{}", ours());
    }
    stage.fake.comment_as("ann", number, "/loadmark status").await;
    stage.act().await;
    stage.publish().await;
    assert!(!ours().contains("These commands are understood"));
    assert_eq!(stage.fake.comments(number).iter().filter(|one| one.author == bot()).count(), 1);
}

/// What a master set came to that is worse than the one before.
fn worse(stage: &Stage, name: &str) -> ReportModel {
    fn read<T: serde::de::DeserializeOwned>(file: &str) -> T {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/reports").join(file);
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }
    let (baseline, candidate): (loadmark::domain::run::StoredRun, loadmark::domain::run::StoredRun) =
        (read("baseline.json"), read("candidate.json"));
    let queries: Vec<loadmark::domain::query::Query> = read("queries.json");
    let previous = compare(Sides {
        baseline: Some(&baseline),
        candidate: &candidate,
        queries: &queries,
        today: OffsetDateTime::now_utc().date(),
    });
    ReportModel {
        job: Some((candidate.summary.job, JobKind::NewMaster)),
        project: "shop".to_owned(),
        benchmark: "browse".to_owned(),
        revision: stage.revision(name),
        asked_as: "main".to_owned(),
        base: None,
        is_base_named: false,
        outcome: Outcome::Measured,
        previous: Some(Box::new(previous)),
        body: Body::Master(candidate),
        elapsed: None,
        log_folder: None,
        placement: None,
        program: "loadmark".to_owned(),
    }
}

#[tokio::test]
async fn a_regression_on_master_has_one_issue_until_it_is_closed() {
    let stage = Stage::with_one_benchmark().await;
    for round in 1..=3 {
        stage.git(&["commit", "--quiet", "--allow-empty", "--message", "More"]);
        stage.fake.push_branch("ann", "main").await;
        stage.act().await;
        let document = worse(&stage, "main").to_document();
        stage.take().await.finish_with(Outcome::Measured, None, Some(&document)).await.unwrap();
        stage.publish().await;
        let issues = stage.fake.issues();
        assert_eq!(issues.len(), if round < 3 { 1 } else { 2 });
        let issue = issues.last().unwrap();
        assert!(issue.body.contains(&stage.revision("main").to_string()), "{}", issue.body);
        assert_eq!(issue.author, bot());
        if round == 2 {
            stage.fake.close_issue(issue.number);
        }
    }
}
