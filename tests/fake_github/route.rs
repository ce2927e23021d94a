//! Which call is for what, and who may make it.

use std::sync::Arc;

use serde_json::Value;

use super::credentials::Who;
use super::reply::Reply;
use super::server::Call;
use super::state::Shared;
use super::{apps, checks, issues, pulls};

pub fn answer(shared: &Arc<Shared>, call: &Call) -> Reply {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["app", rest @ ..] => match (&call.by, rest) {
            (Who::App, _) => apps::answer(shared, call, rest),
            _ => Reply::message(401, "A JSON web token could not be decoded"),
        },
        ["user"] => apps::user(shared, call),
        ["users", login] if call.method == "GET" => apps::account(shared, login),
        ["repos", owner, name, rest @ ..] => repository(shared, call, &format!("{owner}/{name}"), rest),
        _ => Reply::missing(),
    }
}

fn repository(shared: &Arc<Shared>, call: &Call, name: &str, rest: &[&str]) -> Reply {
    // As it is spelled where it is held.
    let known = shared.state().repositories.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned();
    let Some(place) = known else { return Reply::missing() };
    if rest == ["installation"] {
        return match call.by {
            Who::App => apps::installation(shared, &place),
            _ => Reply::message(401, "A JSON web token could not be decoded"),
        };
    }
    match &call.by {
        Who::App => return Reply::message(401, "This endpoint needs an installation's token"),
        Who::Installation { repositories, .. } if !repositories.contains(&place) => return Reply::missing(),
        _ => {}
    }
    if let Some(refused) = not_permitted(shared, call, &place, rest) {
        return refused;
    }
    match rest {
        [] => apps::repository(shared, &place),
        ["hooks", _, "deliveries", rest @ ..] => apps::deliveries(shared, call, rest),
        ["check-runs", ..] | ["statuses", _] | ["commits", _, "check-runs"] => {
            checks::answer(shared, call, &place, rest)
        }
        ["issues", ..] => issues::answer(shared, call, &place, rest),
        ["pulls", ..] | ["git", "ref", ..] | ["compare", _] | ["collaborators", _, "permission"] => {
            pulls::answer(shared, call, &place, rest)
        }
        _ => Reply::missing(),
    }
}

/// A token may do what it was made for; a person what they are permitted.
fn not_permitted(shared: &Arc<Shared>, call: &Call, place: &str, rest: &[&str]) -> Option<Reply> {
    let is_write = call.method != "GET";
    let subjects: &[&str] = match rest {
        ["check-runs", ..] | ["commits", _, "check-runs"] => &["checks"],
        ["statuses", _] => &["statuses"],
        ["issues"] => &["issues"],
        ["issues", number] => match number.parse::<i32>() {
            Ok(_) => &["issues"],
            Err(_) => &["issues", "pull_requests"],
        },
        ["issues", ..] => &["issues", "pull_requests"],
        ["pulls", ..] => &["pull_requests"],
        ["git", ..] | ["compare", _] => &["contents"],
        _ => &["metadata"],
    };
    match &call.by {
        Who::Installation { permissions, .. } => {
            let has = |subject: &&str| {
                permissions.get(*subject).is_some_and(|level| level == "write" || (level == "read" && !is_write))
            };
            (!subjects.iter().any(has)).then(|| Reply::message(403, "Resource not accessible by integration"))
        }
        Who::User(_) | Who::Workflow if subjects == ["checks"] && is_write => {
            Some(Reply::message(403, "You must authenticate via a GitHub App."))
        }
        Who::User(login) if is_write => {
            let mut state = shared.state();
            let level = state.repository(place)?.permissions.get(login).map(|(level, _)| level.clone());
            let needed = subjects == ["statuses"] || matches!(rest, ["issues", _, "labels", ..]);
            let may = !needed || level.is_some_and(|level| level == "write" || level == "admin");
            (!may).then(|| Reply::message(403, "Must have push access to the repository."))
        }
        _ => None,
    }
}

/// A text of a body; none where it is missing or something else.
pub fn text(body: &Value, field: &str) -> Option<String> {
    body.get(field).and_then(Value::as_str).map(str::to_owned)
}
