//! Writes to GitHub: first it is looked whether the thing stands there already, as the answer to an earlier write may
//! have been lost; then what is found is taken over.

use crate::domain::github::PullNumber;
use crate::github::{CheckContent, Github, GithubError};
use crate::report::{IssueText, comment_marker, issue_marker};
use crate::telemetry;

use super::content::Check;

/// Writes a check run, and says which it is.
pub(super) async fn check(github: &Github, known: Option<i64>, check: &Check) -> Result<i64, GithubError> {
    let Check { content, marks, .. } = check;
    if let Some(id) = known {
        match github.write_check(Some(id), content).await {
            Err(error) if error.is_gone() => {}
            written => return written,
        }
    }
    let found = find_check(github, content, marks).await?;
    github.write_check(found, content).await
}

async fn find_check(github: &Github, content: &CheckContent, marks: &[String]) -> Result<Option<i64>, GithubError> {
    for mark in marks {
        if let Some(id) = github.find_check(&content.head, &content.name, mark).await? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Writes the comment of a pull request, and says which it is. One that somebody deleted is written anew.
pub(super) async fn comment(
    github: &Github,
    known: Option<i64>,
    project: &str,
    pull: PullNumber,
    body: &str,
) -> Result<i64, GithubError> {
    if let Some(id) = known {
        match github.write_comment(pull, Some(id), body).await {
            Err(error) if error.is_gone() => {}
            written => return written,
        }
    }
    let found = github.find_comment(pull, &comment_marker(project)).await?;
    let written = github.write_comment(pull, found, body).await?;
    telemetry::failpoint("comment-posted");
    Ok(written)
}

/// Writes the issue of a benchmark, and says which it is. Only an open one is written to: one that somebody closed is
/// done with, and a further regression opens another.
pub(super) async fn issue(
    github: &Github,
    project: &str,
    benchmark: &str,
    text: &IssueText,
) -> Result<i64, GithubError> {
    let found = github.find_issue(&issue_marker(project, benchmark)).await?;
    github.write_issue(found, &text.title, &text.body).await
}
