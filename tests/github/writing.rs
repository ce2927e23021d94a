//! What is written: checks, statuses, comments, reactions, labels, issues; and how it is found again.

use loadmark::domain::check::{CheckState, Conclusion};
use loadmark::domain::github::PullNumber;
use loadmark::github::{CheckContent, MOST_TEXT, Reaction, StatusContent, StatusState};
use time::macros::datetime;

use super::{Stage, button, check};
use crate::fake_github::{NewPull, bot};

const MARKER: &str = "<!-- loadmark:shop -->";

#[tokio::test]
async fn a_check_grows_in_place() {
    let stage = Stage::new().await;
    let (github, head) = (stage.app(), stage.revision("faster"));
    assert!(github.uses_checks());
    let queued = check(&head);
    let id = github.write_check(None, &queued).await.unwrap();
    let running = CheckContent {
        state: CheckState::InProgress,
        title: "Round 1 of 3".to_owned(),
        started_at: Some(datetime!(2026-03-04 05:06:07.89 +01:00)),
        ..queued.clone()
    };
    assert_eq!(github.write_check(Some(id), &running).await.unwrap(), id);
    let over = CheckContent {
        state: CheckState::Completed(Conclusion::Failure),
        title: "Slower".to_owned(),
        text: Some("More".to_owned()),
        completed_at: Some(datetime!(2026-03-04 06:00 UTC)),
        actions: Vec::new(),
        ..running
    };
    github.write_check(Some(id), &over).await.unwrap();
    let checks = stage.fake.checks(head.sha());
    assert_eq!(checks.len(), 1);
    let check = &checks[0];
    assert_eq!(
        check.grown,
        ["queued -: Waits for its turn", "in_progress -: Round 1 of 3", "completed failure: Slower"]
    );
    assert_eq!((check.name.as_str(), check.external_id.as_deref()), ("loadmark: browse", Some("shop/browse")));
    assert_eq!(check.started_at.as_deref(), Some("2026-03-04T04:06:07Z"));
    assert_eq!(check.completed_at.as_deref(), Some("2026-03-04T06:00:00Z"));
    assert_eq!(check.details_url.as_deref(), Some("https://loadmark.test/jobs/1"));
    assert_eq!((check.text.as_deref(), check.actions.len()), (Some("More"), 0));

    // And again, as after "Re-run".
    github.write_check(Some(id), &queued).await.unwrap();
    let check = &stage.fake.checks(head.sha())[0];
    assert_eq!((check.status.as_str(), &check.conclusion, &check.completed_at), ("queued", &None, &None));
}

#[tokio::test]
async fn every_conclusion_is_one_of_githubs() {
    let stage = Stage::new().await;
    let (github, head) = (stage.app(), stage.revision("faster"));
    for conclusion in [
        Conclusion::Success,
        Conclusion::Failure,
        Conclusion::Neutral,
        Conclusion::Cancelled,
        Conclusion::ActionRequired,
        Conclusion::TimedOut,
        Conclusion::Skipped,
    ] {
        let over = CheckContent { state: CheckState::Completed(conclusion), ..check(&head) };
        github.write_check(None, &over).await.unwrap();
    }
    let shown = |check: &crate::fake_github::Check| check.conclusion.clone().unwrap();
    let words: Vec<_> = stage.fake.checks(head.sha()).iter().map(shown).collect();
    let expected = ["success", "failure", "neutral", "cancelled", "action_required", "timed_out", "skipped"];
    assert_eq!(words, expected);
}

#[tokio::test]
async fn a_check_too_large_for_github_is_cut() {
    let stage = Stage::new().await;
    let (github, head) = (stage.app(), stage.revision("faster"));
    let large = CheckContent {
        title: "é".repeat(300),
        summary: "±".repeat(MOST_TEXT),
        text: Some("x".repeat(MOST_TEXT + 1)),
        actions: (0..4).map(|number| button(&format!("A label that is too long {number}"))).collect(),
        ..check(&head)
    };
    github.write_check(None, &large).await.unwrap();
    let check = &stage.fake.checks(head.sha())[0];
    assert_eq!(check.title.as_ref().unwrap().chars().count(), 255);
    assert_eq!(check.summary.as_ref().unwrap().len(), MOST_TEXT - 1);
    assert_eq!(check.text.as_ref().unwrap().len(), MOST_TEXT);
    assert_eq!(check.actions.len(), 3);
    assert_eq!(check.actions[0]["label"], "A label that is too ");
}

#[tokio::test]
async fn a_check_is_found_by_name_and_our_id_among_others() {
    let stage = Stage::new().await;
    let (github, head) = (stage.app(), stage.revision("faster"));
    let content = check(&head);
    let find = |external_id: &'static str| {
        let (github, head) = (github.clone(), head.clone());
        async move { github.find_check(&head, "loadmark: browse", external_id).await.unwrap() }
    };
    assert_eq!(find("shop/browse").await, None);
    let other = CheckContent { external_id: "other/browse".to_owned(), ..content.clone() };
    github.write_check(None, &other).await.unwrap();
    let named = CheckContent { name: "loadmark: buy".to_owned(), ..content.clone() };
    github.write_check(None, &named).await.unwrap();
    let elsewhere = CheckContent { head: stage.revision("main"), ..content.clone() };
    github.write_check(None, &elsewhere).await.unwrap();
    assert_eq!(find("shop/browse").await, None);
    let older = github.write_check(None, &content).await.unwrap();
    let id = github.write_check(None, &content).await.unwrap();
    assert!(older < id);
    // On a later page, too.
    for _ in 0..101 {
        github.write_check(None, &other).await.unwrap();
    }
    assert_eq!(find("shop/browse").await, Some(id));
    // A workflow of the commit can make one by the same name and id.
    stage.fake.disown_check(id);
    assert_eq!(find("shop/browse").await, Some(older));
}

#[tokio::test]
async fn a_token_sets_statuses_where_checks_are_for_apps_alone() {
    let stage = Stage::new().await;
    let (github, head) = (stage.user("alice"), stage.revision("faster"));
    assert!(!github.uses_checks());
    let error = github.write_check(None, &check(&head)).await.unwrap_err();
    assert!(error.to_string().contains("403: You must authenticate via a GitHub App"), "{error}");
    for (state, word) in [
        (StatusState::Pending, "pending"),
        (StatusState::Success, "success"),
        (StatusState::Failure, "failure"),
        (StatusState::Error, "error"),
    ] {
        let status = StatusContent {
            head: head.clone(),
            context: "loadmark: browse".to_owned(),
            state,
            description: "é".repeat(200),
            target_url: "https://loadmark.test/jobs/1".to_owned(),
        };
        github.write_status(&status).await.unwrap();
        let set = stage.fake.statuses(head.sha()).pop().unwrap();
        assert_eq!((set.state.as_str(), set.context.as_str()), (word, "loadmark: browse"));
        assert_eq!((set.description.unwrap().chars().count(), set.author.as_str()), (140, "alice"));
        assert_eq!(set.target_url.as_deref(), Some("https://loadmark.test/jobs/1"));
    }
}

#[tokio::test]
async fn our_comment_is_edited_in_place_and_known_by_author_and_marker() {
    let stage = Stage::new().await;
    let number = stage.fake.open_pull(NewPull::of("alice", "faster")).await;
    let (github, pull) = (stage.app(), PullNumber(number));
    assert_eq!(github.ourselves().await.unwrap().login, bot());
    // Somebody else's copy of the marker is not ours, nor is what we said without it.
    for _ in 0..100 {
        stage.fake.comment_as("eve", number, &format!("{MARKER}\nAll is well.")).await;
    }
    github.write_comment(pull, None, "Something else").await.unwrap();
    assert_eq!(github.find_comment(pull, MARKER).await.unwrap(), None);
    let id = github.write_comment(pull, None, &format!("{MARKER}\nWaits")).await.unwrap();
    assert_eq!(github.find_comment(pull, MARKER).await.unwrap(), Some(id));
    assert_eq!(github.write_comment(pull, Some(id), &format!("{MARKER}\nSlower")).await.unwrap(), id);
    let comment = stage.fake.comments(number).pop().unwrap();
    assert_eq!((comment.id, comment.author), (id, bot()));
    assert_eq!(comment.grown, [format!("{MARKER}\nWaits"), format!("{MARKER}\nSlower")]);

    stage.fake.delete_comment(id);
    let error = github.write_comment(pull, Some(id), MARKER).await.unwrap_err();
    assert!(error.is_gone(), "{error}");
    assert_eq!(github.find_comment(pull, MARKER).await.unwrap(), None);
}

#[tokio::test]
async fn a_comment_is_never_too_long() {
    let stage = Stage::new().await;
    let number = stage.fake.open_pull(NewPull::of("alice", "faster")).await;
    stage.app().write_comment(PullNumber(number), None, &"±".repeat(70_000)).await.unwrap();
    assert_eq!(stage.fake.comments(number)[0].body.len(), MOST_TEXT - 1);
}

#[tokio::test]
async fn users_and_workflows_know_their_own_comments_too() {
    let stage = Stage::new().await;
    let number = stage.fake.open_pull(NewPull::of("bob", "faster")).await;
    let workflow = stage.with_token(stage.fake.workflow_token());
    for (github, login) in [(stage.user("alice"), "alice"), (workflow, "github-actions[bot]")] {
        let us = github.ourselves().await.unwrap();
        assert_eq!(us.login, login);
        let id = github.write_comment(PullNumber(number), None, MARKER).await.unwrap();
        assert_eq!(github.find_comment(PullNumber(number), MARKER).await.unwrap(), Some(id));
    }
}

#[tokio::test]
async fn a_comment_is_answered_by_a_reaction_once() {
    let stage = Stage::new().await;
    let number = stage.fake.open_pull(NewPull::of("alice", "faster")).await;
    let comment = stage.fake.comment_as("alice", number, "/loadmark test").await;
    let github = stage.app();
    for reaction in
        [Reaction::Eyes, Reaction::Eyes, Reaction::ThumbsUp, Reaction::ThumbsDown, Reaction::Confused, Reaction::Rocket]
    {
        github.react(comment, reaction).await.unwrap();
    }
    let shown: Vec<_> = stage.fake.reactions(comment).into_iter().map(|one| one.content).collect();
    assert_eq!(shown, ["eyes", "+1", "-1", "confused", "rocket"]);
    assert_eq!(stage.fake.reactions(comment)[0].author, bot());
    assert!(github.react(1, Reaction::Eyes).await.unwrap_err().is_gone());
}

#[tokio::test]
async fn a_label_is_taken_away_whether_or_not_it_is_there() {
    let stage = Stage::new().await;
    let number = stage.fake.open_pull(NewPull::of("alice", "faster")).await;
    stage.fake.label_as("alice", number, "needs: bench/ü").await;
    let github = stage.app();
    github.remove_label(PullNumber(number), "needs: bench/ü").await.unwrap();
    assert!(stage.fake.pull(number).labels.is_empty());
    github.remove_label(PullNumber(number), "needs: bench/ü").await.unwrap();
}

#[tokio::test]
async fn there_is_one_open_issue_of_ours() {
    let stage = Stage::new().await;
    let github = stage.app();
    stage.fake.open_issue("eve", "Not ours", MARKER);
    stage.fake.open_pull(NewPull::of("loadmark[bot]", "faster")).await;
    assert_eq!(github.find_issue(MARKER).await.unwrap(), None);
    let number = github.write_issue(None, "Slower", &format!("{MARKER}\nSince yesterday")).await.unwrap();
    assert_eq!(github.find_issue(MARKER).await.unwrap(), Some(number));
    let body = format!("{MARKER}\n{}", "x".repeat(70_000));
    assert_eq!(github.write_issue(Some(number), "Still slower", &body).await.unwrap(), number);
    let issue = stage.fake.issues().pop().unwrap();
    assert_eq!((issue.title.as_str(), issue.body.len()), ("Still slower", MOST_TEXT));
    stage.fake.close_issue(issue.number);
    assert_eq!(github.find_issue(MARKER).await.unwrap(), None);
}
