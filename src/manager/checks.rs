//! Checks: asked for again on GitHub's pages, or by a button of ours.

use crate::domain::approval::ApprovalWay;
use crate::domain::check::CheckId;
use crate::domain::github::{PullNumber, PullRequest};
use crate::domain::job::{Job, JobKind};
use crate::domain::order::{Order, Ordered, Priority, Terms};
use crate::domain::revision::Revision;

use super::desk::Desk;
use super::error::ManagerError;
use super::orders::{is_open, newest, told};

impl Desk<'_> {
    /// Somebody wants one of our checks again, or all of a commit.
    pub(super) async fn rerequested(
        &self,
        head: &Revision,
        check: Option<&str>,
        sender: &str,
    ) -> Result<String, ManagerError> {
        let checks = match check {
            Some(text) => CheckId::parse(text, self.name()).into_iter().collect(),
            None => self.database.checks_of(self.name(), head).await?,
        };
        if checks.is_empty() {
            return Ok("no check of this project".to_owned());
        }
        if !self.may_write(sender).await? {
            return Ok(format!("`{sender}` may not ask for it"));
        }
        let mut outcomes = Vec::new();
        for check in checks {
            outcomes.push(self.check_again(head, &check, sender).await?);
        }
        Ok(outcomes.join("; "))
    }

    /// Somebody pressed a button of ours.
    pub(super) async fn pressed(
        &self,
        head: &Revision,
        check: &str,
        button: &str,
        sender: &str,
    ) -> Result<String, ManagerError> {
        let Some(check) = CheckId::parse(check, self.name()) else { return Ok("no check of this project".to_owned()) };
        if !self.may_write(sender).await? {
            return Ok(format!("`{sender}` may not press it"));
        }
        match (button, check.pull) {
            (CheckId::RERUN, _) => self.check_again(head, &check, sender).await,
            (CheckId::APPROVE, Some(number)) => match self.current(number, head).await? {
                Err(why) => Ok(why),
                Ok(pull) => {
                    self.approve(&pull, sender, ApprovalWay::Button).await?;
                    Ok(told(&self.order_automatic(&pull, Priority::Commanded, sender).await?))
                }
            },
            _ => Ok("no button of ours".to_owned()),
        }
    }

    async fn check_again(&self, head: &Revision, check: &CheckId, sender: &str) -> Result<String, ManagerError> {
        let Some(number) = check.pull else { return self.branch_check_again(head, check, sender).await };
        let pull = match self.current(number, head).await? {
            Ok(pull) => pull,
            Err(why) => return Ok(why),
        };
        if !self.is_trusted(&pull).await? {
            return Ok("held, unapproved".to_owned());
        }
        let Ok(benchmark) = self.project.benchmark(&check.benchmark) else {
            return Ok("its benchmark is not configured any more".to_owned());
        };
        let jobs = self.queue.jobs_of_pull(self.name(), number).await?;
        let before = newest(&jobs, head, &benchmark);
        let ordered = self.again(&pull, &benchmark, before, sender, &check.ask()).await?;
        Ok(told(&[ordered]))
    }

    /// The pull request, if it is open and the commit is still its head; else why not.
    async fn current(&self, number: PullNumber, head: &Revision) -> Result<Result<PullRequest, String>, ManagerError> {
        let pull = self.github().pull(number).await?;
        Ok(match (pull.is_open, pull.head == *head) {
            (false, _) => Err("the pull request is closed".to_owned()),
            (true, false) => Err("the pull request has moved on".to_owned()),
            (true, true) => Ok(pull),
        })
    }

    /// Of the default branch, or of a merge queue: the job once more; a master set is measured even if one is stored.
    async fn branch_check_again(&self, head: &Revision, check: &CheckId, sender: &str) -> Result<String, ManagerError> {
        let jobs = self.database.jobs_of_check(self.name(), None, head, &check.benchmark).await?;
        let Some(before) = jobs.first() else { return Ok("nothing was measured there".to_owned()) };
        if is_open(before) {
            return Ok(told(&[Ordered::Known(before.id)]));
        }
        let ordered = self.queue.order(&once_more(before, check, sender)).await?;
        Ok(told(&[ordered]))
    }
}

fn once_more(before: &Job, check: &CheckId, sender: &str) -> Order {
    let mut request = before.request.clone();
    request.force = request.kind == JobKind::NewMaster;
    let terms = Terms { served: true, priority: Priority::Commanded, ask: check.ask(), asked_by: sender.to_owned() };
    Order { request, terms, after: None }
}
