//! Pull requests, branches, comparisons, permissions.

use std::sync::Arc;

use serde_json::{Value, json};

use super::reply::Reply;
use super::server::Call;
use super::state::Shared;
use super::{answers, git};

/// GitHub lists no more files of a comparison.
const MOST_FILES: usize = 300;

pub fn answer(shared: &Arc<Shared>, call: &Call, place: &str, rest: &[&str]) -> Reply {
    if call.method != "GET" {
        return Reply::missing();
    }
    match rest {
        ["pulls"] => list(shared, call, place),
        ["pulls", number] => one(shared, place, number),
        ["git", "ref", "heads", branch @ ..] => reference(shared, place, &branch.join("/")),
        ["compare", both] => compare(shared, place, both),
        ["collaborators", login, "permission"] => permission(shared, place, login),
        _ => Reply::missing(),
    }
}

fn list(shared: &Shared, call: &Call, place: &str) -> Reply {
    let mut state = shared.state();
    let wanted = call.query.get("state").map_or("open", String::as_str).to_owned();
    let held = state.repository(place).expect("a repository that is held");
    let is_asked = |is_open: bool| wanted == "all" || (wanted == "open") == is_open;
    let found: Vec<_> = held.pulls.values().filter(|pull| is_asked(pull.is_open)).cloned().collect();
    Reply::list(found.iter().map(|pull| answers::listed(answers::pull(&mut state, place, pull))).collect())
}

fn one(shared: &Shared, place: &str, number: &str) -> Reply {
    let mut state = shared.state();
    let held = state.repository(place).expect("a repository that is held");
    let found = number.parse().ok().and_then(|number: i32| held.pulls.get(&number).cloned());
    match found {
        Some(pull) => Reply::of(200, answers::pull(&mut state, place, &pull)),
        None => Reply::missing(),
    }
}

fn reference(shared: &Shared, place: &str, branch: &str) -> Reply {
    let mut state = shared.state();
    let held = state.repository(place).expect("a repository that is held");
    match git::commit(&held.folder, &format!("refs/heads/{branch}")) {
        Some(sha) => {
            Reply::of(200, json!({ "ref": format!("refs/heads/{branch}"), "object": { "type": "commit", "sha": sha } }))
        }
        None => Reply::missing(),
    }
}

fn compare(shared: &Shared, place: &str, both: &str) -> Reply {
    let mut state = shared.state();
    let folder = state.repository(place).expect("a repository that is held").folder.clone();
    let Some((base, head)) = both.split_once("...") else { return Reply::missing() };
    let (Some(base), Some(head)) = (git::commit(&folder, base), git::commit(&folder, head)) else {
        return Reply::missing();
    };
    let Some(parted) = git::merge_base(&folder, &base, &head) else {
        return Reply::message(404, "No common ancestor between the commits");
    };
    let file = |one: git::Changed| {
        let mut file = json!({ "filename": one.name, "status": one.status });
        if let Some(before) = one.before {
            file["previous_filename"] = Value::String(before);
        }
        file
    };
    let files: Vec<_> = git::changed(&folder, &parted, &head).into_iter().take(MOST_FILES).map(file).collect();
    Reply::of(
        200,
        json!({ "base_commit": { "sha": base }, "merge_base_commit": { "sha": parted }, "commits": [], "files": files }),
    )
}

fn permission(shared: &Shared, place: &str, login: &str) -> Reply {
    let mut state = shared.state();
    if !state.accounts.contains_key(login) {
        return Reply::message(404, &format!("{login} is not a user"));
    }
    let held = state.repository(place).expect("a repository that is held");
    // Everybody may read a public repository.
    let (level, role) = held.permissions.get(login).cloned().unwrap_or_else(|| ("read".to_owned(), "read".to_owned()));
    let user = answers::user(&mut state, login);
    Reply::of(200, json!({ "permission": level, "role_name": role, "user": user }))
}
