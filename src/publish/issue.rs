//! The issue about a regression on the default branch.

use crate::database::DatabaseError;
use crate::domain::job::JobKind;
use crate::domain::verdict::{Outcome, Verdict};
use crate::report::{self, IssueText, ReportModel};

use super::content::Subject;
use super::gather::Desk;

impl Desk<'_> {
    /// Has the issue of a benchmark written, where the master set of a commit is worse than the one before it.
    pub(super) async fn see_regression(&self, of: Subject<'_>) -> Result<(), DatabaseError> {
        if of.pull.is_some() || !self.publication.rules.regression_issue {
            return Ok(());
        }
        let jobs = self.database.jobs_of_check(self.project(), None, of.revision, of.benchmark).await?;
        let Some(newest) = jobs.first().filter(|job| job.request.kind == JobKind::NewMaster) else { return Ok(()) };
        if let Some(Ok(report)) = self.report(newest).await?
            && is_worse(&report)
        {
            self.database.due_issue(self.project(), of.benchmark).await?;
        }
        Ok(())
    }

    /// The issue as it is to be: about the newest master set that is worse than the one before it.
    pub(super) async fn issue(&self, benchmark: &str) -> Result<Option<IssueText>, DatabaseError> {
        for job in self.database.newest_masters(self.project(), benchmark).await? {
            if let Some(Ok(report)) = self.report(&job).await?
                && is_worse(&report)
            {
                let (branch, url) = (&self.publication.settings.default_branch, self.url_of(&job));
                return Ok(report::issue(&report, branch, Some(&url), &self.words()));
            }
        }
        Ok(None)
    }
}

fn is_worse(report: &ReportModel) -> bool {
    report.against_previous().is_some_and(|report| report.outcome == Outcome::Verdict(Verdict::Regression))
}
