//! The fake itself: it must be as strict as GitHub, or what passes here fails there.

use axum::http::StatusCode;
use loadmark::domain::check::{CheckState, Conclusion};
use loadmark::domain::github::PullNumber;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::{Stage, check};
use crate::fake_github::{NewPull, bot, webhooks};

/// A call as GitHub wants it.
fn call(stage: &Stage, method: &str, path: &str, token: &str) -> RequestBuilder {
    let client = Client::builder().no_proxy().build().unwrap();
    client
        .request(method.parse().unwrap(), format!("{}{path}", stage.fake.api()))
        .header("user-agent", "a test")
        .header("accept", "application/vnd.github+json")
        .header("x-github-api-version", "2022-11-28")
        .header("authorization", format!("Bearer {token}"))
}

async fn status(request: RequestBuilder) -> (StatusCode, String) {
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default();
    (status, body["message"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn it_refuses_what_github_refuses() {
    let stage = Stage::new().await;
    let (token, head) = (stage.fake.token("alice"), stage.revision("faster"));
    stage.fake.permit("alice", "write");
    stage.fake.open_pull(NewPull::of("alice", "faster")).await;
    let app = stage.app().clone_token().await.unwrap().unwrap().0;
    let bare = Client::builder().no_proxy().build().unwrap().get(format!("{}/user", stage.fake.api()));
    assert_eq!(status(bare).await.0, 403, "no user agent");
    let get = |path: &str| call(&stage, "GET", path, &token);
    assert_eq!(status(get("/user")).await.0, 200);
    assert_eq!(status(call(&stage, "GET", "/user", "wrong")).await.0, 401);
    assert_eq!(status(get("/app")).await.0, 401, "an app's by JWT alone");
    assert_eq!(status(call(&stage, "GET", "/user", &app)).await.0, 403);
    assert_eq!(status(get("/repos/team/nowhere")).await.0, 404);
    assert_eq!(status(get("/repos/Team/SHOP")).await.0, 200);
    assert_eq!(status(call(&stage, "PUT", "/repos/team/shop/pulls/1", &token)).await.0, 404);
    let post = |path: &str, body: Value| call(&stage, "POST", path, &token).json(&body);
    let comments = "/repos/team/shop/issues/1/comments";
    assert_eq!(status(post(comments, json!({ "body": "" }))).await.0, 422);
    assert_eq!(status(post(comments, json!({ "body": "x".repeat(65_537) }))).await.0, 422);
    assert_eq!(status(post(comments, json!({ "body": "x".repeat(65_536) }))).await.0, 201);
    assert_eq!(status(call(&stage, "POST", comments, &token).body("{")).await.0, 400);
    let check = json!({ "name": "x", "head_sha": head });
    assert_eq!(status(post("/repos/team/shop/check-runs", check.clone())).await.0, 403, "checks are for apps");
    let statuses = format!("/repos/team/shop/statuses/{head}");
    assert_eq!(status(post(&statuses, json!({ "state": "green" }))).await.0, 422);
    let long = json!({ "state": "success", "description": "x".repeat(141) });
    assert_eq!(status(post(&statuses, long)).await.0, 422);
    stage.fake.permit("alice", "read");
    assert_eq!(status(post(&statuses, json!({ "state": "success" }))).await.0, 403);
}

#[tokio::test]
async fn it_holds_checks_to_their_sizes() {
    let stage = Stage::new().await;
    let github = stage.app();
    github.write_check(None, &check(&stage.revision("faster"))).await.unwrap();
    let token = stage.fake.app_token();
    let head = stage.revision("faster");
    let sent = |more: Value| {
        let mut body = json!({ "name": "x", "head_sha": head });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        status(call(&stage, "POST", "/repos/team/shop/check-runs", &token).json(&body))
    };
    let action = |length: usize| json!({ "label": "x".repeat(length), "description": "x", "identifier": "x" });
    assert_eq!(sent(json!({})).await.0, 201);
    assert_eq!(sent(json!({ "status": "completed" })).await.0, 422);
    assert_eq!(sent(json!({ "conclusion": "green" })).await.0, 422);
    assert_eq!(sent(json!({ "status": "running" })).await.0, 422);
    assert_eq!(sent(json!({ "output": { "title": "x" } })).await.0, 422);
    assert_eq!(sent(json!({ "output": { "title": "x", "summary": "x".repeat(65_536) } })).await.0, 422);
    assert_eq!(sent(json!({ "actions": vec![action(1); 4] })).await.0, 422);
    assert_eq!(sent(json!({ "actions": [action(21)] })).await.0, 422);
    assert_eq!(sent(json!({ "actions": vec![action(20); 3] })).await.0, 201);
}

#[tokio::test]
async fn webhooks_are_signed_and_tell_what_happened() {
    let stage = Stage::new().await;
    let hears = Hears::start().await;
    stage.fake.send_webhooks_to(&hears.url);
    assert_eq!(stage.fake.ping().await, 200);
    let number = stage.fake.open_pull(NewPull::from_fork("eve", "eve/shop", "patch", "faster")).await;
    stage.fake.label_as("alice", number, "bench").await;
    let comment = stage.fake.comment_as("alice", number, "/loadmark test").await;
    stage.fake.edit_comment(comment, "/loadmark help").await;
    stage.fake.push(number, "main").await;
    stage.fake.unlabel_as("alice", number, "bench").await;
    stage.fake.draft("eve", number, true).await;
    let github = stage.app();
    github.write_comment(PullNumber(number), None, "Done").await.unwrap();
    stage.fake.settled().await;
    let head = stage.revision("faster");
    let id = github.write_check(None, &check(&head)).await.unwrap();
    stage.fake.press(id, "approve", "alice").await;
    stage.fake.rerun(id, "alice").await;
    stage.fake.rerun_suite(head.sha(), "alice").await;
    stage.fake.queue_merge("faster", "main").await;
    stage.fake.push(number, "faster").await;
    let merged = stage.fake.merge("alice", number).await;
    let heard = hears.heard.lock().unwrap();
    let told: Vec<_> = heard.iter().map(|one| one.name()).collect();
    let expected = [
        "ping",
        "pull_request.opened",
        "pull_request.labeled",
        "issue_comment.created",
        "issue_comment.edited",
        "pull_request.synchronize",
        "pull_request.unlabeled",
        "pull_request.converted_to_draft",
        "issue_comment.created",
        "check_run.requested_action",
        "check_run.rerequested",
        "check_suite.rerequested",
        "merge_group.checks_requested",
        "pull_request.synchronize",
        "pull_request.closed",
        "push",
    ];
    assert_eq!(told, expected);
    for one in heard.iter() {
        let signed = webhooks::signature(crate::fake_github::WEBHOOK_SECRET, &one.body);
        assert_eq!(signed, one.signature);
        assert_eq!(one.payload["repository"]["full_name"], "team/shop");
        assert_eq!(one.payload["installation"]["id"], 42);
    }
    assert_eq!(heard[1].payload["pull_request"]["head"]["repo"]["full_name"], "eve/shop");
    assert_eq!(heard[2].payload["label"]["name"], "bench");
    assert_eq!(heard[8].payload["sender"]["login"], bot());
    assert_eq!(heard[9].payload["requested_action"]["identifier"], "approve");
    assert_eq!(heard[14].payload["pull_request"]["merged"], true);
    assert_eq!((&heard[15].payload["after"], &heard[15].payload["ref"]), (&json!(merged), &json!("refs/heads/main")));
    assert_eq!(stage.revision("main").sha(), merged);
    let ids: std::collections::BTreeSet<_> = heard.iter().map(|one| &one.id).collect();
    assert_eq!(ids.len(), heard.len());
}

/// Where GitHub's description is given, nothing that these tests send or read may be against it.
#[tokio::test]
#[expect(clippy::print_stderr, reason = "what the description lacks is for people to read")]
async fn calls_are_as_github_describes_them() {
    let stage = Stage::new().await;
    let number = stage.fake.open_pull(NewPull::of("alice", "faster")).await;
    let (pull, head) = (PullNumber(number), stage.revision("faster"));
    stage.fake.label_as("alice", number, "bench").await;
    let (app, user) = (stage.app(), stage.user("alice"));
    app.pull(pull).await.unwrap();
    app.open_pulls().await.unwrap();
    app.branch_tip("main").await.unwrap();
    app.divergence(&stage.revision("main"), &head).await.unwrap();
    app.permission("alice").await.unwrap();
    let id = app.write_check(None, &check(&head)).await.unwrap();
    let over = loadmark::github::CheckContent {
        state: CheckState::Completed(Conclusion::Success),
        text: Some("More".to_owned()),
        started_at: Some(time::OffsetDateTime::UNIX_EPOCH),
        completed_at: Some(time::OffsetDateTime::UNIX_EPOCH),
        ..check(&head)
    };
    app.write_check(Some(id), &over).await.unwrap();
    app.find_check(&head, "loadmark: browse", "shop/browse").await.unwrap();
    let comment = app.write_comment(pull, None, "<!-- ours -->").await.unwrap();
    app.write_comment(pull, Some(comment), "<!-- ours --> and more").await.unwrap();
    app.find_comment(pull, "<!-- ours -->").await.unwrap();
    app.react(comment, loadmark::github::Reaction::Eyes).await.unwrap();
    app.remove_label(pull, "bench").await.unwrap();
    let issue = app.write_issue(None, "Slower", "<!-- ours -->").await.unwrap();
    app.write_issue(Some(issue), "Slower still", "<!-- ours -->").await.unwrap();
    app.find_issue("<!-- ours -->").await.unwrap();
    let hears = Hears::start().await;
    stage.fake.send_webhooks_to(&hears.url);
    stage.fake.ping().await;
    app.failed_deliveries(None).await.unwrap();
    app.redeliver(stage.fake.deliveries()[0].id).await.unwrap();
    stage.fake.settled().await;
    user.ourselves().await.unwrap();
    let status = loadmark::github::StatusContent {
        head,
        context: "loadmark: browse".to_owned(),
        state: loadmark::github::StatusState::Success,
        description: "Not slower".to_owned(),
        target_url: "https://loadmark.test/jobs/1".to_owned(),
    };
    user.write_status(&status).await.unwrap();
    assert_eq!(stage.fake.breaches(), Vec::<String>::new());
    for (path, count) in stage.fake.undescribed() {
        // The copy of the description may be trimmed: said, not failed.
        eprintln!("not described: {path}, {count} calls");
    }
}

/// A webhook that came.
struct Heard {
    id: String,
    event: String,
    signature: String,
    body: Vec<u8>,
    payload: Value,
}

impl Heard {
    fn name(&self) -> String {
        match self.payload["action"].as_str() {
            Some(action) => format!("{}.{action}", self.event),
            None => self.event.clone(),
        }
    }
}

/// Takes every webhook, and keeps it.
struct Hears {
    url: String,
    heard: std::sync::Arc<std::sync::Mutex<Vec<Heard>>>,
    server: tokio::task::JoinHandle<()>,
}

impl Hears {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhook/github", listener.local_addr().unwrap());
        let heard = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
        let keep = std::sync::Arc::clone(&heard);
        let router = axum::Router::new().fallback(move |headers: axum::http::HeaderMap, body: axum::body::Bytes| {
            let text = |name: &str| headers[name].to_str().unwrap().to_owned();
            keep.lock().unwrap().push(Heard {
                id: text("x-github-delivery"),
                event: text("x-github-event"),
                signature: text("x-hub-signature-256"),
                payload: serde_json::from_slice(&body).unwrap(),
                body: body.to_vec(),
            });
            async { "taken" }
        });
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, heard, server }
    }
}

impl Drop for Hears {
    fn drop(&mut self) {
        self.server.abort();
    }
}
