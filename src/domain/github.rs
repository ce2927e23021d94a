//! What GitHub's things are called here: repositories, pull requests, permissions.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::revision::Revision;

/// A repository on GitHub, written `OWNER/NAME`. GitHub ignores case; so do equality and order.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepositoryName {
    owner: String,
    name: String,
}

impl RepositoryName {
    /// The account or organisation.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The repository's own name.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn folded(&self) -> String {
        self.to_string().to_ascii_lowercase()
    }
}

impl PartialEq for RepositoryName {
    fn eq(&self, other: &Self) -> bool {
        self.folded() == other.folded()
    }
}

impl Eq for RepositoryName {}

impl PartialOrd for RepositoryName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RepositoryName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.folded().cmp(&other.folded())
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl From<RepositoryName> for String {
    fn from(name: RepositoryName) -> Self {
        name.to_string()
    }
}

impl TryFrom<String> for RepositoryName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for RepositoryName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_sound = |part: &str| {
            let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
            (1..=100).contains(&part.len()) && part.bytes().all(allowed) && !part.bytes().all(|b| b == b'.')
        };
        match text.split_once('/') {
            Some((owner, name)) if is_sound(owner) && is_sound(name) => {
                Ok(Self { owner: owner.to_owned(), name: name.to_owned() })
            }
            _ => Err(format!("`{text}` is no repository of GitHub; expected OWNER/NAME")),
        }
    }
}

/// A pull request's number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PullNumber(pub i32);

impl fmt::Display for PullNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// What somebody may do in a repository, the least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Permission {
    /// Nothing; also what holds where GitHub did not say.
    None,
    /// Read.
    Read,
    /// Label and close.
    Triage,
    /// Push.
    Write,
    /// Push, and some settings.
    Maintain,
    /// Everything.
    Admin,
}

impl Permission {
    /// Whether that is enough to have code run on our machines.
    pub fn may_write(self) -> bool {
        self >= Self::Write
    }
}

/// A pull request as GitHub last told it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PullRequest {
    /// Its number.
    pub number: PullNumber,
    /// The tip of its branch.
    pub head: Revision,
    /// Where that branch is; none where the fork was deleted.
    pub head_repository: Option<RepositoryName>,
    /// The branch it is to be merged into.
    pub base_branch: String,
    /// That branch's tip.
    pub base: Revision,
    /// Who opened it.
    pub author: String,
    /// Not yet to be looked at.
    pub is_draft: bool,
    /// Neither merged nor closed.
    pub is_open: bool,
    /// Its labels.
    pub labels: BTreeSet<String>,
}

impl PullRequest {
    /// Whether its branch lies outside the repository, where people without permission can push to it.
    pub fn is_from_elsewhere(&self, repository: &RepositoryName) -> bool {
        self.head_repository.as_ref() != Some(repository)
    }
}

/// What changed between two revisions, and where they parted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Divergence {
    /// The best common ancestor.
    pub merge_base: Revision,
    /// The files that differ from it; none where there are more than GitHub lists.
    pub files: Option<Vec<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_owner_and_name_whatever_their_case() {
        let name: RepositoryName = "Team/shop.api".parse().unwrap();
        assert_eq!((name.owner(), name.name()), ("Team", "shop.api"));
        assert_eq!(name, "team/Shop.API".parse().unwrap());
        for wrong in ["", "shop", "/shop", "team/", "team/shop/x", "team/..", "te am/shop", "team/sh?op"] {
            assert!(wrong.parse::<RepositoryName>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn writing_begins_at_write() {
        let all = [Permission::None, Permission::Read, Permission::Triage, Permission::Write, Permission::Admin];
        assert_eq!(all.map(Permission::may_write), [false, false, false, true, true]);
    }
}
