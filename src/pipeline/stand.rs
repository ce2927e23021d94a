//! The stacks of a round: one, or those of twins together. Up, ready, logs, down.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;

use super::side::Side;
use super::{Pipeline, PipelineError};
use crate::domain::flow::RoundId;
use crate::domain::ready::ReadyCondition;
use crate::measure::{MeasureError, Scraper};
use crate::stack::{Running, StackError};

/// The round of one side.
pub(super) struct Part<'a> {
    pub(super) side: &'a Side,
    pub(super) round: RoundId,
}

/// Its stack, which is up.
pub(super) struct Stand<'a> {
    pub(super) part: &'a Part<'a>,
    pub(super) running: Running,
    pub(super) scraper: Scraper,
}

impl Part<'_> {
    /// An error of this part, told with its side.
    pub(super) fn failed(&self, error: impl Into<PipelineError>) -> PipelineError {
        error.into().of_side(&self.side.new)
    }
}

impl Stand<'_> {
    /// All conditions within one limit; those on PromQL come last, asked of the stack's own Prometheus.
    pub(super) async fn wait_ready(&self, conditions: &[ReadyCondition], limit: Duration) -> Result<(), PipelineError> {
        let (running, scraper) = (&self.running, &self.scraper);
        let deadline = Instant::now() + limit;
        running.wait_ready(conditions, limit).await?;
        for condition in conditions {
            let ReadyCondition::Promql(promql) = condition else { continue };
            let left = deadline.saturating_duration_since(Instant::now());
            let result = tokio::select! {
                result = scraper.wait_true(promql, left) => result,
                error = running.ended_before_ready() => return Err(error.into()),
            };
            match result {
                Err(error @ MeasureError::NotTrue { .. }) => {
                    return Err(running.not_ready(error.to_string()).await.into());
                }
                result => result?,
            }
        }
        Ok(())
    }
}

impl Pipeline {
    /// Starts all stacks at once, and waits for each, whatever becomes of the others: what came up has to be taken down.
    pub(super) async fn bring_up<'a>(&self, parts: &'a [Part<'a>]) -> (Vec<Stand<'a>>, Option<PipelineError>) {
        let ups = join_all(parts.iter().map(|part| self.bring_one_up(part))).await;
        let (mut stands, mut failed) = (Vec::new(), None);
        for (part, up) in parts.iter().zip(ups) {
            match up {
                Ok(stand) => stands.push(stand),
                Err(error) => failed = failed.or(Some(part.failed(error))),
            }
        }
        (stands, failed)
    }

    async fn bring_one_up<'a>(&self, part: &'a Part<'a>) -> Result<Stand<'a>, PipelineError> {
        let Part { side, round } = part;
        let (stack, work) = (&side.stack, side.folders.work().join(round.project_name()));
        let up = self.rooms.stacks.up(&self.settings, &stack.project, &stack.images, &stack.load, round, &work);
        let running = up.await?;
        let scraper = Scraper::new(running.endpoints(), round, self.settings.timeouts.query.0)?;
        Ok(Stand { part, running, scraper })
    }

    /// Keeps the logs of all stacks, whether they came up or not.
    pub(super) async fn keep_logs(&self, parts: &[Part<'_>]) -> Vec<StackError> {
        let keep = parts.iter().map(|part| async {
            let folder = part.side.folders.kept_round(&part.round);
            self.rooms.stacks.keep_logs(&part.round, &folder).await
        });
        join_all(keep).await.into_iter().filter_map(Result::err).collect()
    }

    /// Takes all stacks down, those that did not come up whole included.
    pub(super) async fn take_down(&self, parts: &[Part<'_>], stands: Vec<Stand<'_>>) -> Result<(), StackError> {
        let were_up = stands.len() == parts.len();
        let downs = join_all(stands.into_iter().map(|stand| stand.running.down())).await;
        if were_up && downs.iter().all(Result::is_ok) {
            return Ok(());
        }
        let removals = join_all(parts.iter().map(|part| self.rooms.stacks.remove_run(part.round.run))).await;
        removals.into_iter().collect()
    }
}
