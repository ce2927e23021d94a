//! Things as GitHub writes them. Only fields that its description knows; not all of them.

use serde_json::{Value, json};

use super::state::{Check, Comment, Delivery, Issue, Pull, Reaction, State, Status};
use super::{APP_ID, APP_SLUG, INSTALLATION};

pub fn user(state: &mut State, login: &str) -> Value {
    let kind = if login.ends_with("[bot]") { "Bot" } else { "User" };
    json!({ "login": login, "id": state.account(login), "type": kind, "site_admin": false })
}

pub fn app() -> Value {
    json!({ "id": APP_ID, "slug": APP_SLUG, "name": "Loadmark", "events": ["pull_request", "push"] })
}

pub fn installation(state: &mut State, owner: &str) -> Value {
    let account = user(state, owner);
    json!({
        "id": INSTALLATION, "app_id": APP_ID, "app_slug": APP_SLUG, "account": account,
        "target_type": "Organization", "repository_selection": "selected",
    })
}

/// A repository that the fake holds, or a fork it does not.
pub fn repository(state: &mut State, name: &str) -> Value {
    let (owner, short) = name.split_once('/').expect("OWNER/NAME");
    let (id, branch) = match state.repository(name) {
        Some(held) => (held.id, held.default_branch.clone()),
        None => (state.account(name), "main".to_owned()),
    };
    json!({
        "id": id, "name": short, "full_name": name, "owner": user(state, owner), "private": false,
        "default_branch": branch, "html_url": format!("https://github.test/{name}"),
        "clone_url": format!("https://github.test/{name}.git"),
    })
}

pub fn label(name: &str) -> Value {
    json!({ "id": 1, "name": name, "color": "ededed", "default": false, "description": null })
}

pub fn pull(state: &mut State, place: &str, pull: &Pull) -> Value {
    let base_sha = {
        let held = state.repository(place).expect("a repository that is held");
        super::git::commit(&held.folder, &format!("refs/heads/{}", pull.base)).unwrap_or_default()
    };
    let head_repository = pull.head_repository.clone().map(|name| repository(state, &name));
    let owner = pull.head_repository.as_deref().unwrap_or(place).split('/').next().unwrap_or_default().to_owned();
    let head_user = user(state, &owner);
    let base_repository = repository(state, place);
    let timestamp = state.timestamp();
    json!({
        "id": i64::from(pull.number) + 500, "number": pull.number, "title": pull.title, "body": null,
        "state": if pull.is_open { "open" } else { "closed" }, "draft": pull.is_draft, "locked": false,
        "merged": pull.merged_as.is_some(), "merge_commit_sha": pull.merged_as,
        "user": user(state, &pull.author), "author_association": "NONE",
        "labels": pull.labels.iter().map(|name| label(name)).collect::<Vec<_>>(),
        "head": {
            "label": format!("{owner}:{}", pull.branch), "ref": pull.branch, "sha": pull.head,
            "user": head_user, "repo": head_repository,
        },
        "base": {
            "label": format!("{}:{}", place.split('/').next().unwrap_or_default(), pull.base), "ref": pull.base,
            "sha": base_sha, "user": base_repository["owner"], "repo": base_repository,
        },
        "html_url": format!("https://github.test/{place}/pull/{}", pull.number),
        "created_at": timestamp, "updated_at": timestamp,
    })
}

/// The fields by which the list of pull requests differs from one pull request.
pub fn listed(mut pull: Value) -> Value {
    pull.as_object_mut().expect("an object").remove("merged");
    pull
}

/// An issue, or a pull request as an issue.
pub fn issue(state: &mut State, place: &str, issue: &Issue, is_pull: bool) -> Value {
    let mut written = json!({
        "id": i64::from(issue.number) + 800, "number": issue.number, "title": issue.title, "body": issue.body,
        "state": if issue.is_open { "open" } else { "closed" }, "user": user(state, &issue.author),
        "labels": [], "html_url": format!("https://github.test/{place}/issues/{}", issue.number),
    });
    if is_pull {
        written["pull_request"] = json!({ "url": format!("https://github.test/{place}/pull/{}", issue.number) });
    }
    written
}

pub fn comment(state: &mut State, place: &str, comment: &Comment) -> Value {
    let by_app = comment.author == super::bot();
    let timestamp = state.timestamp();
    json!({
        "id": comment.id, "user": user(state, &comment.author), "body": comment.body, "author_association": "NONE",
        "performed_via_github_app": by_app.then(app), "created_at": timestamp, "updated_at": timestamp,
        "html_url": format!("https://github.test/{place}/pull/{}#issuecomment-{}", comment.pull, comment.id),
    })
}

pub fn check(check: &Check) -> Value {
    let mut by = app();
    by["id"] = json!(check.app);
    json!({
        "id": check.id, "head_sha": check.head, "name": check.name, "external_id": check.external_id,
        "status": check.status, "conclusion": check.conclusion, "details_url": check.details_url,
        "started_at": check.started_at, "completed_at": check.completed_at, "app": by,
        "check_suite": { "id": 1 }, "pull_requests": [],
        "output": { "title": check.title, "summary": check.summary, "text": check.text, "annotations_count": 0 },
    })
}

pub fn status(state: &mut State, id: i64, status: &Status) -> Value {
    json!({
        "id": id, "state": status.state, "context": status.context, "description": status.description,
        "target_url": status.target_url, "creator": user(state, &status.author),
    })
}

pub fn reaction(state: &mut State, id: i64, reaction: &Reaction) -> Value {
    json!({ "id": id, "content": reaction.content, "user": user(state, &reaction.author) })
}

pub fn delivery(state: &mut State, delivery: &Delivery) -> Value {
    let repository = state.repository(&delivery.repository).map(|held| held.id);
    json!({
        "id": delivery.id, "guid": delivery.guid, "event": delivery.event, "delivered_at": delivery.delivered_at,
        "action": delivery.payload.get("action"), "redelivery": delivery.is_redelivery, "duration": 0.1,
        "status": if (200..300).contains(&delivery.status_code) { "OK" } else { "failed" },
        "status_code": delivery.status_code, "installation_id": INSTALLATION, "repository_id": repository,
    })
}
