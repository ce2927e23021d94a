//! Pull requests, branches, and what changed between two commits.

use serde::Deserialize;

use super::accounts::Account;
use super::call::{Call, segment};
use super::client::Github;
use super::error::GithubError;
use crate::domain::github::{Divergence, PullNumber, PullRequest, RepositoryName};
use crate::domain::revision::Revision;

/// Three thousand open pull requests.
const MOST_PAGES: usize = 30;

/// GitHub lists no more files of a comparison.
const MOST_FILES: usize = 300;

/// Whose account was deleted.
const GHOST: &str = "ghost";

#[derive(Deserialize)]
struct Pull {
    number: PullNumber,
    state: String,
    #[serde(default)]
    draft: bool,
    user: Option<Account>,
    #[serde(default)]
    labels: Vec<Label>,
    head: Side,
    base: Side,
}

#[derive(Deserialize)]
struct Label {
    name: String,
}

#[derive(Deserialize)]
struct Side {
    #[serde(rename = "ref")]
    branch: String,
    sha: Revision,
    repo: Option<Repository>,
}

#[derive(Deserialize)]
struct Repository {
    full_name: RepositoryName,
}

#[derive(Deserialize)]
struct Reference {
    object: Commit,
}

#[derive(Deserialize)]
struct Commit {
    sha: Revision,
}

#[derive(Deserialize)]
struct Comparison {
    merge_base_commit: Commit,
    #[serde(default)]
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    filename: String,
    previous_filename: Option<String>,
}

impl Github {
    /// A pull request as it is now.
    ///
    /// # Errors
    /// There is none, or GitHub does not say.
    pub async fn pull(&self, number: PullNumber) -> Result<PullRequest, GithubError> {
        let path = self.path(format_args!("pulls/{}", number.0));
        let call = Call::read(self.operation(format_args!("read pull request {number}")), path);
        Ok(self.read::<Pull>(call).await?.content.into())
    }

    /// The open pull requests, the oldest first.
    ///
    /// # Errors
    /// GitHub does not say.
    pub async fn open_pulls(&self) -> Result<Vec<PullRequest>, GithubError> {
        let path = self.path("pulls?state=open&sort=created&direction=asc&per_page=100");
        let mut pulls = Vec::new();
        let collect = |page: Vec<Pull>| {
            pulls.extend(page.into_iter().map(PullRequest::from));
            None::<()>
        };
        self.search(Call::read(self.operation("list the open pull requests"), path), MOST_PAGES, collect).await?;
        Ok(pulls)
    }

    /// The newest commit of a branch.
    ///
    /// # Errors
    /// There is no such branch, or GitHub does not say.
    pub async fn branch_tip(&self, branch: &str) -> Result<Revision, GithubError> {
        let name: Vec<_> = branch.split('/').map(segment).collect();
        let path = self.path(format_args!("git/ref/heads/{}", name.join("/")));
        let call = Call::read(self.operation(format_args!("read the tip of the branch `{branch}`")), path);
        Ok(self.read::<Reference>(call).await?.content.object.sha)
    }

    /// Where two commits parted, and which files differ since.
    ///
    /// # Errors
    /// They have nothing in common, or GitHub does not say.
    pub async fn divergence(&self, base: &Revision, head: &Revision) -> Result<Divergence, GithubError> {
        let path = self.path(format_args!("compare/{}...{}?per_page=1", base.sha(), head.sha()));
        let what = self.operation(format_args!("compare {} with {}", base.short(), head.short()));
        let found = self.read::<Comparison>(Call::read(what, path)).await?.content;
        let is_whole = found.files.len() < MOST_FILES;
        let names = |file: File| [Some(file.filename), file.previous_filename].into_iter().flatten();
        Ok(Divergence {
            merge_base: found.merge_base_commit.sha,
            files: is_whole.then(|| found.files.into_iter().flat_map(names).collect()),
        })
    }
}

impl From<Pull> for PullRequest {
    fn from(pull: Pull) -> Self {
        Self {
            number: pull.number,
            head: pull.head.sha,
            head_repository: pull.head.repo.map(|repository| repository.full_name),
            base_branch: pull.base.branch,
            base: pull.base.sha,
            author: pull.user.map_or_else(|| GHOST.to_owned(), |user| user.login),
            is_draft: pull.draft,
            is_open: pull.state == "open",
            labels: pull.labels.into_iter().map(|label| label.name).collect(),
        }
    }
}
