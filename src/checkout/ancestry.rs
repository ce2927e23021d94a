//! Who comes from whom: common ancestors, the commits before one, and whether a branch of ours has one.

use super::error::CheckoutError;
use super::mirror::{HEADS, Mirror, TAGS};
use crate::domain::revision::Revision;

impl Mirror {
    /// The best common ancestor of two revisions; none for unrelated histories.
    ///
    /// # Errors
    /// Git fails for another reason than unrelated histories.
    pub async fn merge_base(&self, one: &Revision, other: &Revision) -> Result<Option<Revision>, CheckoutError> {
        let found = self.git().args(["merge-base", one.sha(), other.sha()]).output().await;
        match found {
            Ok(sha) => Ok(sha.parse().ok()),
            // Exit 1 without a word: no common ancestor.
            Err(CheckoutError::Git { message, .. }) if message.is_empty() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The commits before a revision, the nearest first, at most so many. Along first parents: on a branch that is
    /// merged into, those are the states it was in.
    ///
    /// # Errors
    /// The mirror has no such revision.
    pub async fn ancestors(&self, revision: &Revision, most: u32) -> Result<Vec<Revision>, CheckoutError> {
        let (count, sha) = (format!("--max-count={most}"), revision.sha());
        let args = ["rev-list", "--first-parent", "--skip=1", &count, "--end-of-options", sha, "--"];
        let listed = self.git().args(args).output().await?;
        Ok(listed.lines().filter_map(|line| line.parse().ok()).collect())
    }

    /// Whether a branch or a tag of the repository itself has the revision, or its HEAD: then somebody who may write
    /// there put it there. Heads of pull requests do not count, nor merge queues' branches, which hold them, nor those in `without`, with all that has them.
    ///
    /// # Errors
    /// The mirror has no such revision.
    pub async fn is_ours(&self, revision: &Revision, without: Option<&Revision>) -> Result<bool, CheckoutError> {
        let mut args = vec!["for-each-ref", "--format=%(refname)", "--contains", revision.sha()];
        args.extend(without.iter().flat_map(|without| ["--no-contains", without.sha()]));
        args.extend([HEADS, TAGS, "refs/source/HEAD"]);
        let queues = format!("{HEADS}/gh-readonly-queue/");
        Ok(self.git().args(args).output().await?.lines().any(|name| !name.starts_with(&queues)))
    }
}
