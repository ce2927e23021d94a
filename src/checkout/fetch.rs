//! What is fetched into the mirror: branches and tags, and the commit of a pull request that a job names.

use super::error::CheckoutError;
use super::mirror::{HEADS, Mirror, TAGS, commit, lock};
use crate::domain::github::PullNumber;
use crate::domain::revision::Revision;
use crate::domain::settings::Repository;

/// Where heads of pull requests land: away from branches, as anybody may push to them.
const PULLS: &str = "refs/source/pulls";
/// Keeps commits reachable that were fetched by themselves.
const COMMITS: &str = "refs/loadmark/commits";

impl Mirror {
    /// Has the revision here. Where it isn't, all branches and tags are fetched again, then the head of its pull request,
    /// and at last the commit by itself. Then it is here, or this fails: nothing else is ever taken in its place.
    ///
    /// # Errors
    /// The repository can't be reached, or has no such commit any more: the pull request moved on.
    pub async fn bring(&self, revision: &Revision, pull: Option<PullNumber>) -> Result<(), CheckoutError> {
        let _lock = lock(self.lock_path(), self.limit()).await?;
        if self.has(revision).await? {
            return Ok(());
        }
        self.fetch().await?;
        if self.has(revision).await? {
            return Ok(());
        }
        let head = pull.map(|pull| format!("+refs/pull/{0}/head:{PULLS}/{0}", pull.0));
        // Servers differ in whether they give a commit by its name that no ref of theirs leads to.
        let itself = format!("+{0}:{COMMITS}/{0}", revision.sha());
        for wanted in head.into_iter().chain([itself]) {
            match self.fetch_refs(&[&wanted]).await {
                // There is no such ref, or it is not given: then the commit is not there, and that is the error.
                Ok(()) | Err(CheckoutError::Git { .. }) => {}
                Err(error) => return Err(error),
            }
            if self.has(revision).await? {
                return Ok(());
            }
        }
        Err(CheckoutError::Gone { revision: revision.clone(), pull })
    }

    /// All branches and tags, and the HEAD: a detached one may lie on no branch.
    pub(super) async fn fetch(&self) -> Result<(), CheckoutError> {
        let heads = format!("+refs/heads/*:{HEADS}/*");
        let tags = format!("+refs/tags/*:{TAGS}/*");
        self.fetch_refs(&["--prune", &heads, &tags, "+HEAD:refs/source/HEAD"]).await
    }

    /// Options first, then refs.
    async fn fetch_refs(&self, wanted: &[&str]) -> Result<(), CheckoutError> {
        let source = match self.source() {
            Repository::Folder(path) => path.display().to_string(),
            Repository::Url(url) => url.clone(),
        };
        let (options, refs): (Vec<&str>, Vec<&str>) = wanted.iter().partition(|word| word.starts_with("--"));
        let git = self.git().args(["fetch", "--quiet", "--no-tags", "--no-write-fetch-head"]).args(options);
        let git = git.args(["--end-of-options", &source]).args(refs);
        self.access().given_to(git).await?.output().await?;
        Ok(())
    }

    async fn has(&self, revision: &Revision) -> Result<bool, CheckoutError> {
        Ok(commit(self.git(), revision.sha()).await?.is_some())
    }
}
