//! Orders: what the manager asks any worker for, and takes back.

use super::error::QueueError;
use super::turns::Queue;
use crate::domain::github::PullNumber;
use crate::domain::ids::JobId;
use crate::domain::job::Job;
use crate::domain::order::{Order, Ordered};
use crate::domain::revision::Revision;
use crate::domain::verdict::Outcome;

impl Queue {
    /// Puts an order into the queue; committed when this returns. Given twice, it is one job.
    pub async fn order(&self, order: &Order) -> Result<Ordered, QueueError> {
        Ok(self.database.order(order).await?)
    }

    /// Orders a served job once more: a fresh one, known as `again-N`, unless one of the same request still waits or
    /// runs, which is then the answer; a failure that it waits out is forgiven.
    pub async fn ask_again(&self, id: JobId) -> Result<Ordered, QueueError> {
        self.database.order_again(id).await?.ok_or(QueueError::NotServed { job: id })
    }

    /// Ends the jobs of a pull request as `outcome`, `superseded` or `cancelled`, but for those of one commit: queued
    /// ones at once, running ones as soon as their holders have taken the stacks down. Says which.
    pub async fn supersede(
        &self,
        project: &str,
        pull: PullNumber,
        except: Option<&Revision>,
        outcome: Outcome,
    ) -> Result<Vec<JobId>, QueueError> {
        // A holder that fell silent would never hear of it.
        self.reap().await?;
        Ok(self.database.supersede(project, pull, except, outcome).await?)
    }

    /// The jobs of a pull request, the newest first.
    pub async fn jobs_of_pull(&self, project: &str, pull: PullNumber) -> Result<Vec<Job>, QueueError> {
        Ok(self.database.jobs_of_pull(project, pull).await?)
    }
}
