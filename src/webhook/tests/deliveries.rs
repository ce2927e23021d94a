//! Payloads and what becomes of them.

use serde_json::{Value, json};

use crate::domain::event::{Delivery, Event, PullChange};
use crate::domain::github::PullNumber;
use crate::webhook::{PayloadError, read};

const ID: &str = "72d3162e-cc78-11e3-81ab-4c9367dc0958";
const HEAD: &str = "1111111111111111111111111111111111111111";
const BASE: &str = "2222222222222222222222222222222222222222";
const ZEROS: &str = "0000000000000000000000000000000000000000";

/// A payload with what nearly all have, and more that nobody reads.
fn payload(more: Value) -> Value {
    let mut all = json!({
        "repository": {"id": 1, "full_name": "team/shop", "owner": {"login": "team"}},
        "sender": {"login": "ann", "type": "User", "id": 7},
        "installation": {"id": 3},
    });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

fn pull_payload(action: &str) -> Value {
    payload(json!({
        "action": action,
        "number": 5,
        "label": {"name": "bench", "color": "f29513"},
        "pull_request": {
            "number": 5,
            "state": "open",
            "draft": true,
            "user": {"login": "renovate[bot]", "type": "Bot"},
            "head": {"ref": "faster", "sha": HEAD, "repo": {"full_name": "stranger/shop", "fork": true}},
            "base": {"ref": "main", "sha": BASE, "repo": {"full_name": "team/shop"}},
            "labels": [{"name": "bench"}, {"name": "<b>'; DROP"}],
        },
    }))
}

fn comment_payload() -> Value {
    payload(json!({
        "action": "created",
        "issue": {"number": 5, "pull_request": {"url": "https://api.github.com/..."}},
        "comment": {
            "id": 9_000_000_000_i64, "body": "/loadmark test\r\n\u{202e}", "user": {"login": "ann", "type": "User"},
            "performed_via_github_app": null,
        },
    }))
}

fn of(event: &str, payload: &Value) -> Delivery {
    read(event, ID, payload.to_string().as_bytes()).unwrap()
}

fn refusal(event: &str, payload: &Value) -> String {
    read(event, ID, payload.to_string().as_bytes()).unwrap_err().to_string()
}

#[test]
fn what_happens_to_a_pull_request() {
    let labeled = of("pull_request", &pull_payload("labeled"));
    assert_eq!((labeled.id.as_str(), labeled.name.as_str()), (ID, "pull_request.labeled"));
    assert_eq!((labeled.repository, labeled.sender.as_str()), (Some("team/shop".parse().unwrap()), "ann"));
    let Event::Pull { change, pull } = labeled.event else { panic!("{:?}", labeled.event) };
    assert_eq!(change, PullChange::Labeled("bench".to_owned()));
    assert_eq!((pull.number, pull.head.sha(), pull.base.sha()), (PullNumber(5), HEAD, BASE));
    assert!(pull.is_from_elsewhere(&"team/shop".parse().unwrap()));
    assert_eq!((pull.author.as_str(), pull.base_branch.as_str()), ("renovate[bot]", "main"));
    assert!(pull.is_draft && pull.is_open);
    assert_eq!(pull.labels, ["bench".to_owned(), "<b>'; DROP".to_owned()].into());

    for (action, expected) in [
        ("opened", PullChange::Opened),
        ("reopened", PullChange::Reopened),
        ("synchronize", PullChange::Pushed),
        ("unlabeled", PullChange::Unlabeled("bench".to_owned())),
        ("closed", PullChange::Closed),
        ("converted_to_draft", PullChange::Drafted),
        ("ready_for_review", PullChange::Ready),
    ] {
        let event = of("pull_request", &pull_payload(action)).event;
        assert!(matches!(event, Event::Pull { change, .. } if change == expected), "{action}");
    }
}

#[test]
fn accounts_and_forks_may_be_gone() {
    let mut gone = pull_payload("closed");
    gone["pull_request"]["user"] = Value::Null;
    gone["pull_request"]["head"]["repo"] = Value::Null;
    gone["pull_request"]["state"] = "closed".into();
    let Event::Pull { pull, .. } = of("pull_request", &gone).event else { panic!() };
    assert_eq!((pull.author.as_str(), pull.head_repository.clone(), pull.is_open), ("", None, false));
    assert!(pull.is_from_elsewhere(&"team/shop".parse().unwrap()));
}

#[test]
fn branches_move_and_vanish() {
    let push = |git_ref: &str, after: &str, deleted: bool| {
        of("push", &payload(json!({"ref": git_ref, "after": after, "deleted": deleted}))).event
    };
    let branch = "release/1.x".to_owned();
    let tip = Some(HEAD.parse().unwrap());
    assert_eq!(push("refs/heads/release/1.x", HEAD, false), Event::Push { branch: branch.clone(), tip });
    assert_eq!(push("refs/heads/release/1.x", ZEROS, true), Event::Push { branch, tip: None });
    assert_eq!(push("refs/tags/v1", HEAD, false), Event::Other);
}

#[test]
fn comments_on_pull_requests_alone_and_only_new_ones() {
    let Event::Comment { pull, comment, is_bot, body } = of("issue_comment", &comment_payload()).event else {
        panic!()
    };
    assert_eq!((pull, comment, is_bot), (PullNumber(5), 9_000_000_000, false));
    assert_eq!(body, "/loadmark test\r\n\u{202e}");

    for action in ["edited", "deleted"] {
        let mut later = comment_payload();
        later["action"] = action.into();
        assert_eq!(of("issue_comment", &later).event, Event::Other, "{action}");
    }
    let mut of_issue = comment_payload();
    of_issue["issue"].as_object_mut().unwrap().remove("pull_request");
    assert_eq!(of("issue_comment", &of_issue).event, Event::Other);
}

#[test]
fn bots_and_apps_are_told_from_people() {
    let mut bot = comment_payload();
    bot["comment"]["user"]["type"] = "Bot".into();
    let mut app = comment_payload();
    app["comment"]["performed_via_github_app"] = json!({"id": 3, "slug": "loadmark"});
    for payload in [bot, app] {
        assert!(matches!(of("issue_comment", &payload).event, Event::Comment { is_bot: true, .. }));
    }
}

#[test]
fn no_comment_is_longer_than_githubs() {
    let mut long = comment_payload();
    long["comment"]["body"] = "é".repeat(100_000).into();
    let Event::Comment { body, .. } = of("issue_comment", &long).event else { panic!() };
    assert_eq!(body.chars().count(), 65_536);
}

#[test]
fn checks_and_their_buttons() {
    let run = json!({"head_sha": HEAD, "external_id": "12", "name": "loadmark/shop"});
    let again = of("check_run", &payload(json!({"action": "rerequested", "check_run": run})));
    assert_eq!(again.event, Event::Rerun { head: HEAD.parse().unwrap(), check: Some("12".to_owned()) });
    let pressed = json!({
        "action": "requested_action", "check_run": run, "requested_action": {"identifier": "approve"}
    });
    assert_eq!(
        of("check_run", &payload(pressed)).event,
        Event::Button { head: HEAD.parse().unwrap(), check: "12".to_owned(), button: "approve".to_owned() }
    );
    // One of another app, made without: not all of ours.
    let foreign = json!({"action": "rerequested", "check_run": {"head_sha": HEAD, "external_id": null}});
    let foreign = of("check_run", &payload(foreign)).event;
    assert_eq!(foreign, Event::Rerun { head: HEAD.parse().unwrap(), check: Some(String::new()) });
    let suite = json!({"action": "rerequested", "check_suite": {"head_sha": HEAD}});
    assert_eq!(of("check_suite", &payload(suite)).event, Event::Rerun { head: HEAD.parse().unwrap(), check: None });
    for (event, action) in [("check_run", "completed"), ("check_run", "created"), ("check_suite", "requested")] {
        assert_eq!(of(event, &payload(json!({"action": action}))).event, Event::Other, "{event}.{action}");
    }
}

#[test]
fn merge_queues_ask() {
    let group = json!({"head_sha": HEAD, "base_sha": BASE, "base_ref": "refs/heads/main", "head_ref": "refs/heads/x"});
    assert_eq!(
        of("merge_group", &payload(json!({"action": "checks_requested", "merge_group": group}))).event,
        Event::MergeGroup { head: HEAD.parse().unwrap(), base: BASE.parse().unwrap(), base_branch: "main".to_owned() }
    );
    assert_eq!(of("merge_group", &payload(json!({"action": "destroyed"}))).event, Event::Other);
}

#[test]
fn pings_and_what_means_nothing_to_us() {
    let ping = of("ping", &json!({"zen": "Keep it logically awesome.", "hook_id": 1}));
    assert_eq!((ping.name.as_str(), ping.repository, ping.sender.as_str()), ("ping", None, ""));
    assert_eq!(ping.event, Event::Ping);
    let star = of("star", &payload(json!({"action": "created"})));
    assert_eq!((star.name.as_str(), star.event), ("star.created", Event::Other));
    for action in ["assigned", "edited", "x\u{0}", "", &"x".repeat(1_000)] {
        assert_eq!(of("pull_request", &pull_payload(action)).event, Event::Other, "{action}");
    }
    assert_eq!(of("star", &payload(json!({"action": "@org/team"}))).name, "star");
}

#[test]
fn ids_and_names_are_sound_or_refused() {
    let body = payload(json!({})).to_string();
    let of = |event: &str, id: &str| read(event, id, body.as_bytes()).map(|_| ());
    assert_eq!(of("star", &"x".repeat(100)), Ok(()));
    for id in ["", &"x".repeat(101), "a b", "a\nb", "é", "\u{0}"] {
        assert_eq!(of("star", id), Err(PayloadError::Id), "{id:?}");
    }
    for event in ["", "Push", "a b", "../x", &"x".repeat(61)] {
        assert_eq!(of(event, ID), Err(PayloadError::EventName), "{event:?}");
    }
}

#[test]
fn what_is_missing_or_of_another_kind_is_named_with_its_place() {
    let mut payload = pull_payload("opened");
    payload["pull_request"]["head"].as_object_mut().unwrap().remove("sha");
    let message = refusal("pull_request", &payload);
    assert!(
        message.starts_with("the payload is no `pull_request`: missing field `sha` at line 1 column "),
        "{message}"
    );

    let wrong: [(&[&str], Value, &str); 7] = [
        (&["pull_request", "head", "sha"], "HEAD".into(), "a commit is no full SHA"),
        (&["pull_request", "head", "sha"], format!("{HEAD}+dirty.abc").into(), "a commit is no full SHA"),
        (&["pull_request", "number"], 0.into(), "`number` is no number of a pull request"),
        (&["pull_request", "number"], 5_000_000_000_i64.into(), "`number` is no number of a pull request"),
        (&["pull_request", "user", "login"], "../x".into(), "a `login` is no name of an account"),
        (&["sender", "login"], "".into(), "a `login` is no name of an account"),
        (&["repository", "full_name"], "a/b/c".into(), "is no repository of GitHub"),
    ];
    for (path, value, expected) in wrong {
        let mut payload = pull_payload("opened");
        let place = path.iter().fold(&mut payload, |place, key| &mut place[*key]);
        *place = value;
        let message = refusal("pull_request", &payload);
        assert!(message.contains(expected) && message.contains(" at line 1 column "), "{message}");
    }

    let mut nowhere = pull_payload("opened");
    nowhere.as_object_mut().unwrap().remove("repository");
    assert_eq!(refusal("pull_request", &nowhere), "the payload is no `pull_request`: it has no `repository`");
}

#[test]
fn bodies_that_are_no_payload_are_refused() {
    let of = |body: &[u8]| read("push", ID, body).unwrap_err();
    assert_eq!(of(b"{\"ref\": \"\xff\"}"), PayloadError::NotText { offset_bytes: 9 });
    assert_eq!(of(b"payload=%7B%22ref%22"), PayloadError::Form);
    let deep = format!("{{\"x\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(matches!(of(deep.as_bytes()), PayloadError::TooDeep { offset_bytes } if offset_bytes < 100));
    for body in ["", "{", "null", "[]", "\"push\"", "{\"action\": 1}", "{\"action\": \"a\", \"action\": \"b\"}"] {
        assert!(matches!(of(body.as_bytes()), PayloadError::Unreadable { .. }), "{body}");
    }
}

/// A22: nothing that a stranger chose reaches a terminal, a page or a log unshortened.
#[test]
fn complaints_quote_little_and_nothing_that_acts() {
    for foreign in ["\u{1b}[31m\u{202e}\n@org/team", &"x".repeat(1_000_000)] {
        let mut payload = pull_payload("opened");
        payload["repository"]["full_name"] = foreign.into();
        payload["pull_request"] = foreign.into();
        let message = refusal("pull_request", &payload);
        assert!(message.len() < 400 && message.chars().all(|c| c.is_ascii_graphic() || c == ' '), "{message}");
    }
}

#[test]
fn a_flood_of_labels_is_refused_early() {
    let mut payload = pull_payload("opened");
    payload["pull_request"]["labels"] = (0..101).map(|number| json!({"name": number.to_string()})).collect();
    assert!(refusal("pull_request", &payload).contains("more labels than GitHub allows"));
}
