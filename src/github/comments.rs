//! Comments on pull requests, reactions to them, labels, and issues.

use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::accounts::Account;
use super::call::{Call, segment};
use super::checks::Numbered;
use super::client::Github;
use super::content::{MOST_TEXT, Reaction, cut};
use super::error::GithubError;
use crate::domain::github::PullNumber;

/// GitHub takes 2,500 comments on a pull request.
const MOST_PAGES: usize = 30;

#[derive(Deserialize)]
struct Written {
    id: i64,
    user: Option<Account>,
    body: Option<String>,
}

#[derive(Deserialize)]
struct Issue {
    number: i64,
    user: Option<Account>,
    body: Option<String>,
    /// The list holds pull requests as well; they have this.
    pull_request: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct IssueNumber {
    number: i64,
}

#[derive(Serialize)]
struct Body<'a> {
    body: &'a str,
}

#[derive(Serialize)]
struct IssueBody<'a> {
    title: &'a str,
    body: &'a str,
}

#[derive(Serialize)]
struct ReactionBody<'a> {
    content: &'a str,
}

impl Github {
    /// Our own comment on a pull request with a marker in it. Who else writes the marker is not us.
    ///
    /// # Errors
    /// GitHub does not say.
    pub async fn find_comment(&self, pull: PullNumber, marker: &str) -> Result<Option<i64>, GithubError> {
        let us = self.ourselves().await?;
        let path = self.path(format_args!("issues/{}/comments?per_page=100", pull.0));
        let call = Call::read(self.operation(format_args!("look for our comment on {pull}")), path);
        let ours = |comments: Vec<Written>| {
            let is_ours = |one: &Written| is_ours(&us, one.user.as_ref(), one.body.as_deref(), marker);
            comments.into_iter().find(is_ours).map(|comment| comment.id)
        };
        self.search(call, MOST_PAGES, ours).await
    }

    /// Comments on a pull request, or changes the comment with this id; its id.
    ///
    /// # Errors
    /// GitHub refuses, or does not answer: then it may have been done.
    pub async fn write_comment(&self, pull: PullNumber, id: Option<i64>, body: &str) -> Result<i64, GithubError> {
        let list = format!("issues/{}/comments", pull.0);
        let call = self.upsert(&format!("our comment on {pull}"), &list, id.map(|id| format!("issues/comments/{id}")));
        let body = Body { body: cut(body, MOST_TEXT) };
        self.write::<Numbered>(&call.with(&body)?).await.map(|written| written.id)
    }

    /// Reacts to a comment; a second time changes nothing.
    ///
    /// # Errors
    /// GitHub refuses, or does not answer.
    pub async fn react(&self, comment: i64, reaction: Reaction) -> Result<(), GithubError> {
        let path = self.path(format_args!("issues/comments/{comment}/reactions"));
        let call = Call::write(self.operation(format_args!("react to the comment {comment}")), Method::POST, path);
        self.call(&call.with(&ReactionBody { content: reaction.word() })?).await.map(drop)
    }

    /// Takes a label away from a pull request; one that is not there is fine.
    ///
    /// # Errors
    /// GitHub refuses, or does not answer.
    pub async fn remove_label(&self, pull: PullNumber, label: &str) -> Result<(), GithubError> {
        let path = self.path(format_args!("issues/{}/labels/{}", pull.0, segment(label)));
        let what = self.operation(format_args!("take the label `{label}` away from {pull}"));
        match self.call(&Call::write(what, Method::DELETE, path)).await {
            Err(error) if !error.is_gone() => Err(error),
            _ => Ok(()),
        }
    }

    /// The number of our own open issue with a marker in it.
    ///
    /// # Errors
    /// GitHub does not say.
    pub async fn find_issue(&self, marker: &str) -> Result<Option<i64>, GithubError> {
        let us = self.ourselves().await?;
        let path = self.path(format_args!("issues?state=open&creator={}&per_page=100", segment(&us.login)));
        let call = Call::read(self.operation("look for our issue"), path);
        let ours = |issues: Vec<Issue>| {
            let is_ours = |one: &Issue| {
                one.pull_request.is_none() && is_ours(&us, one.user.as_ref(), one.body.as_deref(), marker)
            };
            issues.into_iter().find(is_ours).map(|issue| issue.number)
        };
        self.search(call, MOST_PAGES, ours).await
    }

    /// Opens an issue, or changes the one with this number; its number.
    ///
    /// # Errors
    /// GitHub refuses, or does not answer: then it may have been done.
    pub async fn write_issue(&self, number: Option<i64>, title: &str, body: &str) -> Result<i64, GithubError> {
        let call = self.upsert("our issue", "issues", number.map(|number| format!("issues/{number}")));
        let body = IssueBody { title: cut(title, 255), body: cut(body, MOST_TEXT) };
        self.write::<IssueNumber>(&call.with(&body)?).await.map(|written| written.number)
    }
}

fn is_ours(us: &Account, author: Option<&Account>, body: Option<&str>, marker: &str) -> bool {
    author.is_some_and(|author| author.id == us.id) && body.is_some_and(|body| body.contains(marker))
}
