//! Issues, and what pull requests have because they are issues: comments, reactions, labels.

use std::sync::Arc;

use super::reply::Reply;
use super::route::text;
use super::server::{Call, invalid};
use super::state::{Comment, Issue, Reaction, Repository, Shared, State};
use super::{answers, webhooks};

const MOST_COMMENT: usize = 65_536;

const REACTIONS: [&str; 8] = ["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"];

pub fn answer(shared: &Arc<Shared>, call: &Call, place: &str, rest: &[&str]) -> Reply {
    let number = |text: &str| text.parse::<i32>().unwrap_or(-1);
    match (call.method.as_str(), rest) {
        ("GET", ["issues"]) => list(shared, call, place),
        ("POST", ["issues"]) => open(shared, call, place),
        ("PATCH", ["issues", "comments", id]) => edit(shared, call, place, id),
        ("POST", ["issues", "comments", id, "reactions"]) => react(shared, call, place, id),
        ("PATCH", ["issues", issue]) => change(shared, call, place, number(issue)),
        ("GET", ["issues", issue, "comments"]) => comments(shared, place, number(issue)),
        ("POST", ["issues", issue, "comments"]) => write(shared, call, place, number(issue)),
        ("DELETE", ["issues", issue, "labels", label]) => unlabel(shared, call, place, number(issue), label),
        _ => Reply::missing(),
    }
}

fn held<'s>(state: &'s mut State, place: &str) -> &'s mut Repository {
    state.repository(place).expect("a repository that is held")
}

/// Comments on a pull request as somebody, for calls and for people alike.
pub fn say(shared: &Arc<Shared>, place: &str, pull: i32, author: &str, body: &str) -> Comment {
    let mut state = shared.state();
    state.account(author);
    let id = state.next_id();
    let (author, body) = (author.to_owned(), body.to_owned());
    let comment = Comment { id, pull, author, grown: vec![body.clone()], body };
    held(&mut state, place).comments.push(comment.clone());
    comment
}

fn comments(shared: &Shared, place: &str, issue: i32) -> Reply {
    let mut state = shared.state();
    if !is_there(held(&mut state, place), issue) {
        return Reply::missing();
    }
    let found: Vec<_> = held(&mut state, place).comments.iter().filter(|one| one.pull == issue).cloned().collect();
    Reply::list(found.iter().map(|one| answers::comment(&mut state, place, one)).collect())
}

fn write(shared: &Arc<Shared>, call: &Call, place: &str, issue: i32) -> Reply {
    if !is_there(held(&mut shared.state(), place), issue) {
        return Reply::missing();
    }
    match body(call) {
        Ok(body) => {
            let comment = say(shared, place, issue, &call.by.login(), &body);
            webhooks::in_background(shared, webhooks::commented(shared, place, &comment, "created"));
            Reply::of(201, answers::comment(&mut shared.state(), place, &comment))
        }
        Err(refused) => refused,
    }
}

fn edit(shared: &Arc<Shared>, call: &Call, place: &str, id: &str) -> Reply {
    let body = match body(call) {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    let comment = {
        let mut state = shared.state();
        let Some(comment) = held(&mut state, place).comments.iter_mut().find(|one| one.id.to_string() == id) else {
            return Reply::missing();
        };
        if comment.author != call.by.login() {
            return Reply::message(403, "Must be the comment's author.");
        }
        comment.body.clone_from(&body);
        comment.grown.push(body);
        comment.clone()
    };
    webhooks::in_background(shared, webhooks::commented(shared, place, &comment, "edited"));
    Reply::of(200, answers::comment(&mut shared.state(), place, &comment))
}

fn body(call: &Call) -> Result<String, Reply> {
    let body = text(&call.body, "body").filter(|body| !body.is_empty());
    let body = body.ok_or_else(|| invalid("body", "missing_field"))?;
    if body.chars().count() > MOST_COMMENT {
        return Err(invalid("body", "Body is too long (maximum is 65536 characters)"));
    }
    Ok(body)
}

fn react(shared: &Shared, call: &Call, place: &str, id: &str) -> Reply {
    let mut state = shared.state();
    let Some(comment) = held(&mut state, place).comments.iter().find(|one| one.id.to_string() == id).map(|one| one.id)
    else {
        return Reply::missing();
    };
    let Some(content) = text(&call.body, "content").filter(|content| REACTIONS.contains(&content.as_str())) else {
        return invalid("content", "invalid");
    };
    let reaction = Reaction { comment, author: call.by.login(), content };
    let is_new = !held(&mut state, place).reactions.contains(&reaction);
    if is_new {
        held(&mut state, place).reactions.push(reaction.clone());
    }
    let id = state.next_id();
    Reply::of(if is_new { 201 } else { 200 }, answers::reaction(&mut state, id, &reaction))
}

fn unlabel(shared: &Arc<Shared>, call: &Call, place: &str, number: i32, label: &str) -> Reply {
    let left: Vec<String> = {
        let mut state = shared.state();
        let Some(pull) = held(&mut state, place).pulls.get_mut(&number) else { return Reply::missing() };
        if !pull.labels.remove(label) {
            return Reply::message(404, "Label does not exist");
        }
        pull.labels.iter().cloned().collect()
    };
    let told = webhooks::pull_changed(shared, place, number, "unlabeled", &call.by.login(), Some(label));
    webhooks::in_background(shared, told);
    Reply::of(200, left.iter().map(|name| answers::label(name)).collect())
}

fn list(shared: &Shared, call: &Call, place: &str) -> Reply {
    let mut state = shared.state();
    let is_asked = |author: &str, is_open: bool| {
        let wanted = call.query.get("state").map_or("open", String::as_str);
        (wanted == "all" || (wanted == "open") == is_open)
            && call.query.get("creator").is_none_or(|creator| creator.eq_ignore_ascii_case(author))
    };
    let repository = held(&mut state, place);
    let issues = repository.issues.values().filter(|one| is_asked(&one.author, one.is_open)).cloned();
    let mut found: Vec<(Issue, bool)> = issues.map(|issue| (issue, false)).collect();
    let pulls = repository.pulls.values().filter(|one| is_asked(&one.author, one.is_open));
    found.extend(pulls.map(|pull| {
        let (number, author, title) = (pull.number, pull.author.clone(), pull.title.clone());
        (Issue { number, author, title, body: String::new(), is_open: pull.is_open }, true)
    }));
    Reply::list(found.iter().map(|(one, is_pull)| answers::issue(&mut state, place, one, *is_pull)).collect())
}

fn open(shared: &Shared, call: &Call, place: &str) -> Reply {
    let Some(title) = text(&call.body, "title").filter(|title| !title.is_empty()) else {
        return invalid("title", "missing_field");
    };
    let mut state = shared.state();
    let repository = held(&mut state, place);
    repository.last_number += 1;
    let issue = Issue {
        number: repository.last_number,
        author: call.by.login(),
        title,
        body: text(&call.body, "body").unwrap_or_default(),
        is_open: true,
    };
    repository.issues.insert(issue.number, issue.clone());
    Reply::of(201, answers::issue(&mut state, place, &issue, false))
}

fn change(shared: &Shared, call: &Call, place: &str, number: i32) -> Reply {
    let mut state = shared.state();
    let Some(issue) = held(&mut state, place).issues.get_mut(&number) else { return Reply::missing() };
    if let Some(title) = text(&call.body, "title") {
        issue.title = title;
    }
    if let Some(body) = text(&call.body, "body") {
        issue.body = body;
    }
    if let Some(word) = text(&call.body, "state") {
        issue.is_open = word == "open";
    }
    let issue = issue.clone();
    Reply::of(200, answers::issue(&mut state, place, &issue, false))
}

fn is_there(repository: &Repository, issue: i32) -> bool {
    repository.pulls.contains_key(&issue) || repository.issues.contains_key(&issue)
}
