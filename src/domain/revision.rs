//! Revisions: full commit SHAs, or a dirty work tree on top of one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A full commit SHA (40 or 64 lower-case hexadecimal digits), with the tree's hash if the work tree was dirty.
/// Written `SHA` or `SHA+dirty.HASH`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Revision {
    sha: String,
    dirty: Option<String>,
}

/// A text that is no revision.
#[derive(Debug, Error)]
#[error("`{0}` is not a revision: expected a full commit SHA, or SHA+dirty.HASH")]
pub struct RevisionError(String);

impl Revision {
    /// The revision with a dirty work tree whose tree hash is `tree`; its first 12 digits are kept.
    pub fn with_dirty_tree(&self, tree: &str) -> Self {
        Self { sha: self.sha.clone(), dirty: Some(tree.chars().take(12).collect()) }
    }

    /// The commit, without the dirty part.
    pub fn sha(&self) -> &str {
        &self.sha
    }

    /// Whether uncommitted changes belong to it.
    pub fn is_dirty(&self) -> bool {
        self.dirty.is_some()
    }

    /// Twelve digits, with `+dirty.HASH` where it applies: for tables.
    pub fn short(&self) -> String {
        match &self.dirty {
            None => self.sha[..12].to_owned(),
            Some(hash) => format!("{}+dirty.{hash}", &self.sha[..12]),
        }
    }
}

/// Whether a text may be the name of a branch, as git has them, and is safe as its argument.
pub fn is_branch(text: &str) -> bool {
    let wrong = |c: char| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c);
    let is_wrong_part = |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with(".lock");
    (1..=255).contains(&text.len())
        && !text.starts_with('-')
        && !text.ends_with('.')
        && !text.contains("..")
        && !text.contains("@{")
        && !text.contains(wrong)
        && !text.split('/').any(is_wrong_part)
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

impl FromStr for Revision {
    type Err = RevisionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (sha, dirty) = match text.split_once("+dirty.") {
            Some((sha, hash)) => (sha, Some(hash)),
            None => (text, None),
        };
        let valid = is_hex(sha) && matches!(sha.len(), 40 | 64) && dirty.is_none_or(is_hex);
        if !valid {
            return Err(RevisionError(text.to_owned()));
        }
        Ok(Self { sha: sha.to_owned(), dirty: dirty.map(str::to_owned) })
    }
}

impl TryFrom<String> for Revision {
    type Error = RevisionError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Revision> for String {
    fn from(revision: Revision) -> Self {
        revision.to_string()
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sha)?;
        match &self.dirty {
            None => Ok(()),
            Some(hash) => write!(f, "+dirty.{hash}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn reads_what_it_writes() {
        for text in [SHA.to_owned(), format!("{SHA}+dirty.abc123")] {
            assert_eq!(text.parse::<Revision>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn branches_are_those_that_git_takes_and_no_options() {
        for text in ["main", "feature/x_y-z", "v1.2", "#17", "größer"] {
            assert!(is_branch(text), "{text}");
        }
        let long = "x".repeat(256);
        for text in
            ["", "-x", "/x", "x/", "a//b", "a..b", "a b", "a\nb", "x.lock", ".x", "a/.b", "x.", "@{-1}", "a:b", &long]
        {
            assert!(!is_branch(text), "{text}");
        }
    }

    #[test]
    fn refuses_options_and_short_or_upper_case_shas() {
        for text in ["--upload-pack=x", "HEAD", "0123", &SHA.to_uppercase(), &format!("{SHA}+dirty.")] {
            assert!(text.parse::<Revision>().is_err(), "{text}");
        }
    }
}
