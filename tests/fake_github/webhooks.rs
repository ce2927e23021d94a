//! Sends signed webhooks, and keeps what became of them.

use std::sync::Arc;

use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

use super::state::{Check, Comment, Delivery, Issue, Shared};
use super::{INSTALLATION, answers};

/// Something that happened, not yet told.
pub struct Event {
    pub name: &'static str,
    pub repository: String,
    pub payload: Value,
}

/// An event of a repository by somebody, with what every payload has.
pub fn event(shared: &Shared, place: &str, name: &'static str, sender: &str, mut payload: Value) -> Event {
    let mut state = shared.state();
    payload["repository"] = answers::repository(&mut state, place);
    payload["sender"] = answers::user(&mut state, sender);
    payload["installation"] = json!({ "id": INSTALLATION });
    Event { name, repository: place.to_owned(), payload }
}

pub fn commented(shared: &Shared, place: &str, comment: &Comment, action: &str) -> Event {
    let payload = {
        let mut state = shared.state();
        let held = state.repository(place).expect("a repository that is held");
        let pull = held.pulls.get(&comment.pull).cloned();
        let issue = match (&pull, held.issues.get(&comment.pull)) {
            (_, Some(issue)) => issue.clone(),
            (pull, None) => Issue {
                number: comment.pull,
                author: pull.as_ref().map(|pull| pull.author.clone()).unwrap_or_default(),
                title: pull.as_ref().map(|pull| pull.title.clone()).unwrap_or_default(),
                body: String::new(),
                is_open: pull.as_ref().is_some_and(|pull| pull.is_open),
            },
        };
        let issue = answers::issue(&mut state, place, &issue, pull.is_some());
        json!({ "action": action, "issue": issue, "comment": answers::comment(&mut state, place, comment) })
    };
    event(shared, place, "issue_comment", &comment.author, payload)
}

pub fn pull_changed(
    shared: &Shared,
    place: &str,
    number: i32,
    action: &str,
    sender: &str,
    label: Option<&str>,
) -> Event {
    let mut payload = {
        let mut state = shared.state();
        let held = state.repository(place).expect("a repository that is held");
        let pull = held.pulls.get(&number).expect("a pull request that was opened").clone();
        json!({ "action": action, "number": number, "pull_request": answers::pull(&mut state, place, &pull) })
    };
    if let Some(label) = label {
        payload["label"] = answers::label(label);
    }
    event(shared, place, "pull_request", sender, payload)
}

pub fn checked(shared: &Shared, place: &str, check: &Check, button: Option<&str>, sender: &str) -> Event {
    let mut written = answers::check(check);
    written["check_suite"] = json!({ "id": 1, "head_sha": check.head, "app": answers::app() });
    let action = if button.is_some() { "requested_action" } else { "rerequested" };
    let mut payload = json!({ "action": action, "check_run": written });
    if let Some(button) = button {
        payload["requested_action"] = json!({ "identifier": button });
    }
    event(shared, place, "check_run", sender, payload)
}

/// Tells an event; how it was answered is kept, and is the answer: 0 where none came.
pub async fn tell(shared: &Arc<Shared>, event: Event) -> u16 {
    send(shared, Uuid::new_v4().to_string(), event, false).await
}

/// Tells an event, without waiting for the answer.
pub fn in_background(shared: &Arc<Shared>, event: Event) {
    let shared = Arc::clone(shared);
    shared.background.clone().spawn(async move { tell(&shared, event).await });
}

/// Sends a delivery again, under the same id, without waiting for the answer.
pub fn again(shared: &Arc<Shared>, delivery: &Delivery) {
    const NAMES: [&str; 8] =
        ["pull_request", "push", "issue_comment", "check_run", "check_suite", "merge_group", "ping", "star"];
    let name = NAMES.into_iter().find(|name| *name == delivery.event).expect("an event of ours");
    let event = Event { name, repository: delivery.repository.clone(), payload: delivery.payload.clone() };
    let (shared, guid) = (Arc::clone(shared), delivery.guid.clone());
    shared.background.clone().spawn(async move { send(&shared, guid, event, true).await });
}

async fn send(shared: &Arc<Shared>, guid: String, event: Event, is_redelivery: bool) -> u16 {
    let webhook = shared.state().webhook.clone();
    let Some(webhook) = webhook else { return 0 };
    let body = event.payload.to_string();
    let sent = shared
        .http
        .post(&webhook.url)
        .header("content-type", "application/json")
        .header("user-agent", "GitHub-Hookshot/fake")
        .header("x-github-event", event.name)
        .header("x-github-delivery", &guid)
        .header("x-hub-signature-256", signature(&webhook.secret, body.as_bytes()))
        .body(body)
        .send()
        .await;
    let status_code = sent.map_or(0, |answer| answer.status().as_u16());
    let mut state = shared.state();
    let delivery = Delivery {
        id: state.next_id(),
        guid,
        event: event.name.to_owned(),
        repository: event.repository,
        payload: event.payload,
        is_redelivery,
        delivered_at: state.timestamp(),
        status_code,
    };
    state.deliveries.push(delivery);
    status_code
}

/// As GitHub signs a body: `sha256=` and the HMAC in hexadecimal digits.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("keys of any length");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}
