//! Catching up: what GitHub told while nobody listened, and what it never told. Everything goes by the same decisions
//! as events do, and done again it does nothing.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::domain::github::{PullNumber, PullRequest};
use crate::domain::job::Job;
use crate::domain::verdict::Outcome;

use super::desk::Desk;
use super::error::ManagerError;
use super::orders::{automatic_ask, is_open, newest};
use super::trust::Occasion;

/// How far a look at deliveries goes back behind the one before: GitHub's clock is not ours, and what was sent again
/// may have failed again.
const OVERLAP: time::Duration = time::Duration::HOUR;

impl Desk<'_> {
    /// Compares GitHub with the queue once. One part's failure keeps no other from being done; the first is told.
    pub(super) async fn catch_up(&self) -> Result<(), ManagerError> {
        let redelivered = self.have_redelivered().await;
        let reconciled = self.reconcile_pulls().await;
        let default = &self.project.settings.default_branch;
        let tip = self.pushed(default, "catch-up").await;
        redelivered.and(reconciled).and(tip.map(drop))
    }

    /// Has deliveries sent again that nobody took; they arrive as webhooks.
    async fn have_redelivered(&self) -> Result<(), ManagerError> {
        let source = format!("deliveries of {}", self.rules().repository);
        let began = OffsetDateTime::now_utc();
        let since = self.database.seen_upto(&source).await?;
        let mut result = Ok(());
        for failed in self.github().failed_deliveries(since.as_deref()).await? {
            // Taken, but answered too late for GitHub.
            if !self.database.has_delivery(&failed.guid).await? {
                tracing::info!(delivery = failed.guid, event = failed.event, "GitHub is asked to deliver once more");
                result = result.and(self.github().redeliver(failed.id).await);
            }
        }
        // What could not be asked for is found again next time.
        result?;
        if let Ok(upto) = (began - OVERLAP).format(&Rfc3339) {
            self.database.saw_upto(&source, &upto).await?;
        }
        Ok(())
    }

    async fn reconcile_pulls(&self) -> Result<(), ManagerError> {
        let open = self.github().open_pulls().await?;
        let mut result = Ok(());
        for number in self.database.pulls_under_way(self.name()).await? {
            if !open.iter().any(|pull| pull.number == number) {
                result = result.and(self.end_if_closed(number).await);
            }
        }
        for pull in &open {
            result = result.and(self.reconcile(pull).await);
        }
        result
    }

    async fn reconcile(&self, pull: &PullRequest) -> Result<(), ManagerError> {
        if !self.is_settled(pull).await? {
            let told = self.pull_as_it_is(pull, Occasion::look(&pull.head)).await?;
            tracing::info!(project = self.name(), pull = pull.number.0, told, "reconciled");
        }
        Ok(())
    }

    /// GitHub lists only so many: one that is not in the list is asked for by its number before its jobs end.
    async fn end_if_closed(&self, number: PullNumber) -> Result<(), ManagerError> {
        let is_open = match self.github().pull(number).await {
            Err(error) if error.is_gone() => false,
            pull => pull?.is_open,
        };
        if !is_open {
            self.queue.supersede(self.name(), number, None, Outcome::Superseded).await?;
        }
        Ok(())
    }

    /// Whether a head has all its jobs, and no older one any more: then nothing need be asked of GitHub. One that is
    /// held is decided about again, as the rules, a label or a draft may be others now.
    async fn is_settled(&self, pull: &PullRequest) -> Result<bool, ManagerError> {
        let jobs = self.queue.jobs_of_pull(self.name(), pull.number).await?;
        let is_overtaken = |job: &Job| job.request.revision != pull.head && is_open(job);
        let has_job = |benchmark: &String| automatic_ask(newest(&jobs, &pull.head, benchmark)).is_none();
        Ok(!jobs.iter().any(is_overtaken) && self.project.benchmarks().iter().all(has_job))
    }
}
