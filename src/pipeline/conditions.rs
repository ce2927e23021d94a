//! The record of a run's conditions: begun with the run, ended with it, however it ends.

use std::collections::BTreeMap;

use super::prepare::PreparedStack;
use super::{Measured, Pipeline, PipelineError};
use crate::domain::chain::error_chain;
use crate::domain::conditions::Conditions;
use crate::domain::ids::RunId;
use crate::domain::job::ClaimedJob;
use crate::host;
use crate::telemetry::Journal;

impl Pipeline {
    /// Measures a job's revision as run `run`, stores each round under the job's claim, and compares. Under which
    /// conditions is recorded with the run. A master set that is stored already is not measured again, unless that
    /// was asked.
    ///
    /// # Errors
    /// The service failed, our environment did, or the claim was lost; see [`PipelineError::failure`].
    pub async fn run(&self, claim: &ClaimedJob, run: RunId) -> Result<Measured, PipelineError> {
        let journal = Journal::default();
        let mut measured = journal.keep(self.tell_story(claim, run)).await;
        // The record is beside the point of the job: that it can't be kept costs no result.
        let own = self.end_conditions_or_note(claim, run, &journal).await;
        self.end_conditions_or_note(claim, run.of_baseline(), &journal).await;
        if let (Ok(measured), Some(own)) = (&mut measured, own) {
            if let Some(comparison) = &mut measured.comparison {
                comparison.notes.extend(own.contention());
            }
            measured.conditions = Some(own);
        }
        measured
    }

    async fn end_conditions_or_note(&self, claim: &ClaimedJob, run: RunId, journal: &Journal) -> Option<Conditions> {
        self.end_conditions(claim, run, journal).await.unwrap_or_else(|error| {
            self.note(format!("the conditions of run {run} are not all kept: {}", error_chain(&error)));
            None
        })
    }

    /// Begins the record of a run that was stored.
    pub(super) async fn begin_conditions(
        &self,
        claim: &ClaimedJob,
        run: RunId,
        stack: &PreparedStack,
    ) -> Result<(), PipelineError> {
        let stacks = &self.rooms.stacks;
        let mut images = stacks.image_names(&stack.project, &stack.images).await?;
        stacks.find_digests(&mut images).await?;
        let conditions = Conditions {
            loadmark: env!("CARGO_PKG_VERSION").to_owned(),
            placement: stack.project.placement().cloned(),
            host: host::facts(),
            host_at_end: None,
            engine: stacks.engine_info().await?,
            images,
            start: host::state(),
            end: None,
            steal_share: None,
            commands: Vec::new(),
        };
        Ok(self.rooms.database.store_conditions(claim, run, &conditions).await?)
    }

    /// Ends the record; none where the run was never stored.
    async fn end_conditions(
        &self,
        claim: &ClaimedJob,
        run: RunId,
        journal: &Journal,
    ) -> Result<Option<Conditions>, PipelineError> {
        let Some(mut conditions) = self.rooms.database.conditions(run).await? else { return Ok(None) };
        // Images that the compose tool has pulled are here by now.
        let mut missing: BTreeMap<_, _> = conditions
            .images
            .iter()
            .filter(|(_, digest)| digest.is_none())
            .map(|(name, _)| (name.clone(), None))
            .collect();
        self.rooms.stacks.find_digests(&mut missing).await?;
        conditions.images.extend(missing);
        conditions.end(host::state(), host::facts(), journal.commands());
        self.rooms.database.store_conditions(claim, run, &conditions).await?;
        Ok(Some(conditions))
    }
}
