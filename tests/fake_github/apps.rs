//! Accounts, the app, its tokens, and deliveries.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::credentials::Who;
use super::reply::Reply;
use super::server::{Call, invalid};
use super::state::{Grant, Shared, rfc3339};
use super::{INSTALLATION, PERMISSIONS, answers, webhooks};

pub fn answer(shared: &Arc<Shared>, call: &Call, rest: &[&str]) -> Reply {
    match (call.method.as_str(), rest) {
        ("GET", []) => Reply::of(200, answers::app()),
        ("POST", ["installations", id, "access_tokens"]) => match id.parse::<i64>() {
            Ok(INSTALLATION) if shared.state().is_installed => mint(shared, call),
            _ => Reply::missing(),
        },
        (_, ["hook", "deliveries", rest @ ..]) => deliveries(shared, call, rest),
        _ => Reply::missing(),
    }
}

pub fn installation(shared: &Shared, place: &str) -> Reply {
    let mut state = shared.state();
    if !state.is_installed {
        return Reply::missing();
    }
    let owner = place.split('/').next().unwrap_or_default().to_owned();
    Reply::of(200, answers::installation(&mut state, &owner))
}

/// A token that may do no more than was asked for, nor more than the installation.
fn mint(shared: &Shared, call: &Call) -> Reply {
    let mut state = shared.state();
    let mut permissions = BTreeMap::new();
    for (subject, level) in call.body["permissions"].as_object().into_iter().flatten() {
        let granted = PERMISSIONS.iter().find(|(known, _)| known == subject).map(|(_, level)| *level);
        let asked = level.as_str().unwrap_or_default();
        if !(granted == Some("write") || (granted == Some("read") && asked == "read")) {
            return Reply::message(422, "The permissions requested are not granted to this installation.");
        }
        permissions.insert(subject.clone(), asked.to_owned());
    }
    if permissions.is_empty() {
        permissions = PERMISSIONS.iter().map(|(name, level)| ((*name).to_owned(), (*level).to_owned())).collect();
    }
    let asked = call.body["repositories"].as_array().cloned().unwrap_or_default();
    let mut repositories = Vec::new();
    for name in &asked {
        let name = name.as_str().unwrap_or_default();
        match state.repositories.keys().find(|known| known.ends_with(&format!("/{name}"))) {
            Some(known) => repositories.push(known.clone()),
            None => return Reply::message(422, "There is at least one repository that does not exist."),
        }
    }
    if asked.is_empty() {
        repositories = state.repositories.keys().cloned().collect();
    }
    let ends = state.now() + i64::try_from(state.token_life.map_or(3600, |life| life.as_secs())).expect("seconds");
    let token = format!("ghs_{}{}", super::CANARY, state.next_id());
    let written = json!({ "token": token, "expires_at": rfc3339(ends), "permissions": permissions });
    state.tokens.insert(token, Grant::Installation { ends, repositories, permissions });
    Reply::of(201, written)
}

pub fn deliveries(shared: &Arc<Shared>, call: &Call, rest: &[&str]) -> Reply {
    match (call.method.as_str(), rest) {
        ("GET", []) => {
            let mut state = shared.state();
            let newest_first: Vec<_> = state.deliveries.iter().rev().cloned().collect();
            Reply::list(newest_first.iter().map(|one| answers::delivery(&mut state, one)).collect())
        }
        ("POST", [id, "attempts"]) => {
            let Ok(id) = id.parse::<i64>() else { return invalid("delivery_id", "invalid") };
            let found = shared.state().deliveries.iter().find(|one| one.id == id).cloned();
            let Some(delivery) = found else { return Reply::missing() };
            webhooks::again(shared, &delivery);
            Reply::of(202, json!({}))
        }
        _ => Reply::missing(),
    }
}

pub fn user(shared: &Shared, call: &Call) -> Reply {
    match &call.by {
        Who::User(login) => Reply::of(200, answers::user(&mut shared.state(), login)),
        _ => Reply::message(403, "Resource not accessible by integration"),
    }
}

pub fn account(shared: &Shared, login: &str) -> Reply {
    let mut state = shared.state();
    if !state.accounts.contains_key(login) {
        return Reply::missing();
    }
    Reply::of(200, answers::user(&mut state, login))
}

pub fn repository(shared: &Shared, place: &str) -> Reply {
    Reply::of(200, answers::repository(&mut shared.state(), place))
}
