//! Asked for by hand: over the web's API and the command line, for what was lost or nobody asked for on GitHub.

use crate::domain::github::PullNumber;
use crate::domain::order::Ordered;
use crate::domain::order::Priority;
use crate::domain::revision::Revision;

use super::decide::how_to_approve;
use super::desk::Desk;
use super::error::ManagerError;
use super::orders::{Wish, is_open, newest};
use super::run::Manager;

impl Manager {
    /// Orders tests of a pull request's head: those of the configuration, or of one benchmark. What waits or runs
    /// already is not ordered again.
    ///
    /// # Errors
    /// There is no such project or benchmark; the pull request is closed, or its head may not run; GitHub or the
    /// database fails.
    pub async fn enqueue_pull(
        &self,
        project: &str,
        pull: PullNumber,
        benchmark: Option<&str>,
        asked_by: &str,
    ) -> Result<Vec<Ordered>, ManagerError> {
        let desk = self.desk_of(project)?;
        let benchmarks = benchmarks(desk, benchmark)?;
        let pull = desk.github().pull(pull).await?;
        if !pull.is_open {
            return Err(ManagerError::Closed { pull: pull.number });
        }
        if !desk.is_trusted(&pull).await? {
            let how = how_to_approve(desk.rules(), &pull);
            return Err(ManagerError::Unapproved { pull: pull.number, how });
        }
        let base = desk.base_of(&pull).await?;
        let jobs = desk.queue.jobs_of_pull(desk.name(), pull.number).await?;
        let mut ordered = Vec::new();
        for benchmark in benchmarks {
            let before = newest(&jobs, &pull.head, &benchmark);
            if let Some(job) = before.filter(|job| is_open(job)) {
                ordered.push(Ordered::Known(job.id));
                continue;
            }
            let ask = format!("hand-{}", before.map_or(0, |job| job.id.0));
            let wish = Wish { priority: Priority::Commanded, ask: &ask, asked_by, ..Wish::of(&pull, &base) };
            ordered.push(desk.order_test(&benchmark, wish).await?);
        }
        Ok(ordered)
    }

    /// Orders the master set of a commit, or of the default branch's tip: of the configured benchmarks, or of one.
    ///
    /// # Errors
    /// There is no such project or benchmark; GitHub or the database fails.
    pub async fn enqueue_master(
        &self,
        project: &str,
        revision: Option<&Revision>,
        benchmark: Option<&str>,
        asked_by: &str,
    ) -> Result<Vec<Ordered>, ManagerError> {
        let desk = self.desk_of(project)?;
        let benchmarks = benchmarks(desk, benchmark)?;
        let branch = &desk.project.settings.default_branch;
        let (revision, asked_as) = match revision {
            Some(revision) => (revision.clone(), revision.short()),
            None => (desk.github().branch_tip(branch).await?, branch.clone()),
        };
        let mut ordered = Vec::new();
        for benchmark in benchmarks {
            ordered.push(desk.order_master(&benchmark, &revision, &asked_as, Priority::Master, asked_by).await?);
        }
        Ok(ordered)
    }
}

fn benchmarks(desk: Desk<'_>, one: Option<&str>) -> Result<Vec<String>, ManagerError> {
    match one {
        None => Ok(desk.project.benchmarks()),
        Some(name) => Ok(vec![desk.project.benchmark(name)?]),
    }
}
