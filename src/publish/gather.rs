//! Gathers what a notice tells of: jobs become sections of a report.

use crate::database::{Database, DatabaseError};
use crate::domain::job::{Job, JobState};
use crate::report::{ReportModel, Section, Standing, Words};

use super::run::Publication;

/// A project, with the database that knows its jobs.
#[derive(Clone, Copy)]
pub(super) struct Desk<'a> {
    pub(super) publication: &'a Publication,
    pub(super) database: &'a Database,
}

impl Desk<'_> {
    /// The project's name.
    pub(super) fn project(&self) -> &str {
        &self.publication.settings.project
    }

    /// What people write to have things done.
    pub(super) fn words(&self) -> Words {
        let rules = &self.publication.rules;
        let buttons = self.publication.github.uses_checks();
        Words { command: rules.command.clone(), label: rules.label.clone(), buttons }
    }

    /// Where people reach the manager; with a page's path behind it.
    pub(super) fn url(&self, path: &str) -> String {
        let manager = &self.publication.settings.manager;
        let base = manager.url.clone().unwrap_or_else(|| format!("http://{}", manager.listen));
        format!("{base}{path}")
    }

    /// A job's page.
    pub(super) fn url_of(&self, job: &Job) -> String {
        self.url(&format!("/jobs/{}", job.id))
    }

    /// A job as a section of a report.
    pub(super) async fn section(&self, job: &Job) -> Result<Section, DatabaseError> {
        Ok(Section {
            benchmark: job.request.benchmark.clone(),
            revision: job.request.revision.clone(),
            standing: self.standing(job).await?,
            url: Some(self.url_of(job)),
        })
    }

    async fn standing(&self, job: &Job) -> Result<Standing, DatabaseError> {
        Ok(match &job.state {
            // How many go first changes without a word to us; what we wrote would be wrong soon.
            JobState::Queued { .. } => {
                Standing::Queued { ahead: None, last_error: self.database.last_error(job.id).await? }
            }
            JobState::Running { phase, .. } => {
                Standing::Running { phase: phase.clone(), last_error: self.database.last_error(job.id).await? }
            }
            JobState::Finished { outcome, detail, .. } => match self.report(job).await? {
                Some(Ok(report)) => Standing::Ended(Box::new(report)),
                Some(Err(problem)) => Standing::Dropped { outcome: *outcome, reason: Some(problem) },
                None => Standing::Dropped { outcome: *outcome, reason: detail.clone() },
            },
        })
    }

    /// What a job came to, where it was stored; or why that can't be read.
    pub(super) async fn report(&self, job: &Job) -> Result<Option<Result<ReportModel, String>>, DatabaseError> {
        let document = self.database.job_result(job.id).await?;
        Ok(document.map(|document| ReportModel::from_document(document).map_err(|error| format!("failed to {error}"))))
    }
}
