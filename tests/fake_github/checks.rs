//! Check runs and commit statuses.

use std::sync::Arc;

use serde_json::{Value, json};

use super::reply::Reply;
use super::route::text;
use super::server::{Call, invalid};
use super::state::{Check, Shared, State, Status};
use super::{APP_ID, answers, git};

const CONCLUSIONS: [&str; 7] =
    ["action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out"];

pub fn answer(shared: &Arc<Shared>, call: &Call, place: &str, rest: &[&str]) -> Reply {
    let mut state = shared.state();
    match (call.method.as_str(), rest) {
        ("POST", ["check-runs"]) => create(&mut state, call, place),
        ("PATCH", ["check-runs", id]) => change(&mut state, call, place, id),
        ("GET", ["check-runs", id]) => {
            let held = state.repository(place).expect("a repository that is held");
            match held.checks.iter().find(|check| check.id.to_string() == *id) {
                Some(check) => Reply::of(200, answers::check(check)),
                None => Reply::missing(),
            }
        }
        ("GET", ["commits", sha, "check-runs"]) => list(&mut state, call, place, sha),
        ("POST", ["statuses", sha]) => set(&mut state, call, place, sha),
        _ => Reply::missing(),
    }
}

fn create(state: &mut State, call: &Call, place: &str) -> Reply {
    let (Some(name), Some(head)) = (text(&call.body, "name"), text(&call.body, "head_sha")) else {
        return invalid("name", "missing_field");
    };
    if let Some(refused) = wrong(&call.body) {
        return refused;
    }
    if !has_commit(state, place, &head) {
        return Reply::message(422, &format!("No commit found for SHA: {head}"));
    }
    let mut check = Check {
        id: state.next_id(),
        app: APP_ID,
        head,
        name,
        external_id: None,
        status: "queued".to_owned(),
        conclusion: None,
        details_url: None,
        started_at: None,
        completed_at: None,
        title: None,
        summary: None,
        text: None,
        actions: Vec::new(),
        grown: Vec::new(),
    };
    take_over(&mut check, &call.body);
    let written = answers::check(&check);
    state.repository(place).expect("a repository that is held").checks.push(check);
    Reply::of(201, written)
}

fn change(state: &mut State, call: &Call, place: &str, id: &str) -> Reply {
    let held = state.repository(place).expect("a repository that is held");
    let Some(check) = held.checks.iter_mut().find(|check| check.id.to_string() == id) else {
        return Reply::missing();
    };
    if check.app != APP_ID {
        return Reply::message(
            403,
            "Invalid app_id - check run can only be modified by the GitHub App that created it.",
        );
    }
    if let Some(refused) = wrong(&call.body) {
        return refused;
    }
    take_over(check, &call.body);
    Reply::of(200, answers::check(check))
}

/// The sizes and words that GitHub holds a check to.
fn wrong(body: &Value) -> Option<Reply> {
    let status = text(body, "status");
    if status.as_deref().is_some_and(|status| !["queued", "in_progress", "completed"].contains(&status)) {
        return Some(invalid("status", "invalid"));
    }
    let conclusion = text(body, "conclusion");
    if conclusion.as_deref().is_some_and(|conclusion| !CONCLUSIONS.contains(&conclusion)) {
        return Some(invalid("conclusion", "invalid"));
    }
    let is_over = status.as_deref() == Some("completed") || !body["completed_at"].is_null();
    if is_over && conclusion.is_none() {
        return Some(invalid("conclusion", "missing_field"));
    }
    if let Some(output) = body.get("output") {
        let (Some(_), Some(summary)) = (text(output, "title"), text(output, "summary")) else {
            return Some(invalid("output", "missing_field"));
        };
        let details = text(output, "text").unwrap_or_default();
        if summary.chars().count() > 65_535 || details.chars().count() > 65_535 {
            return Some(invalid("output", "too_long"));
        }
    }
    let actions = body["actions"].as_array().cloned().unwrap_or_default();
    let fits = |action: &Value| {
        [("label", 20), ("description", 40), ("identifier", 20)]
            .iter()
            .all(|(field, most)| text(action, field).is_some_and(|text| (1..=*most).contains(&text.chars().count())))
    };
    (actions.len() > 3 || !actions.iter().all(fits)).then(|| invalid("actions", "invalid"))
}

fn take_over(check: &mut Check, body: &Value) {
    let fields = [
        ("external_id", &mut check.external_id),
        ("details_url", &mut check.details_url),
        ("started_at", &mut check.started_at),
    ];
    for (field, place) in fields {
        if let Some(given) = text(body, field) {
            *place = Some(given);
        }
    }
    if let Some(name) = text(body, "name") {
        check.name = name;
    }
    if let Some(status) = text(body, "status") {
        check.status = status;
    }
    check.conclusion = text(body, "conclusion");
    if check.conclusion.is_some() {
        check.status = "completed".to_owned();
    }
    check.completed_at = text(body, "completed_at");
    if let Some(output) = body.get("output") {
        check.title = text(output, "title");
        check.summary = text(output, "summary");
        check.text = text(output, "text");
    }
    if let Some(actions) = body["actions"].as_array() {
        check.actions.clone_from(actions);
    }
    let conclusion = check.conclusion.as_deref().unwrap_or("-");
    check.grown.push(format!("{} {conclusion}: {}", check.status, check.title.as_deref().unwrap_or("-")));
}

fn list(state: &mut State, call: &Call, place: &str, sha: &str) -> Reply {
    let (name, app) = (call.query.get("check_name"), call.query.get("app_id"));
    let held = state.repository(place).expect("a repository that is held");
    let is_meant = |check: &&Check| {
        check.head == sha
            && name.is_none_or(|name| *name == check.name)
            && app.is_none_or(|app| *app == check.app.to_string())
    };
    let mut found: Vec<&Check> = held.checks.iter().filter(is_meant).collect();
    found.sort_by_key(|check| std::cmp::Reverse(check.id));
    if call.query.get("filter").map(String::as_str) != Some("all") {
        let mut seen = Vec::new();
        found.retain(|check| {
            !seen.contains(&check.name) && {
                seen.push(check.name.clone());
                true
            }
        });
    }
    Reply::counted("check_runs", found.into_iter().map(answers::check).collect())
}

fn set(state: &mut State, call: &Call, place: &str, sha: &str) -> Reply {
    let Some(word) =
        text(&call.body, "state").filter(|word| ["error", "failure", "pending", "success"].contains(&word.as_str()))
    else {
        return invalid("state", "invalid");
    };
    let description = text(&call.body, "description");
    if description.as_deref().is_some_and(|text| text.chars().count() > 140) {
        return invalid("description", "too_long");
    }
    if !has_commit(state, place, sha) {
        return Reply::message(422, &format!("No commit found for SHA: {sha}"));
    }
    let status = Status {
        head: sha.to_owned(),
        context: text(&call.body, "context").unwrap_or_else(|| "default".to_owned()),
        state: word,
        description,
        target_url: text(&call.body, "target_url"),
        author: call.by.login(),
    };
    let id = state.next_id();
    let written = answers::status(state, id, &status);
    state.repository(place).expect("a repository that is held").statuses.push(status);
    Reply::of(201, json!(written))
}

fn has_commit(state: &mut State, place: &str, sha: &str) -> bool {
    let held = state.repository(place).expect("a repository that is held");
    sha.len() == 40 && git::commit(&held.folder, sha).is_some()
}
