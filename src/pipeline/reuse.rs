//! Before a master set is measured: whether it is stored already.

use time::OffsetDateTime;

use super::{Measured, Pipeline, PipelineError};
use crate::compare;
use crate::domain::job::{ClaimedJob, JobKind};
use crate::domain::query::Query;
use crate::domain::run::{MeasurementHash, StoredRun};
use crate::domain::series::SeriesInfo;
use crate::domain::settings::Benchmark;
use crate::domain::verdict::Outcome;
use crate::measure::{self, definition};

impl Pipeline {
    /// The result of a master job that an earlier one has measured on the same ground, where it was asked all that is
    /// asked now; the job then points to that run. None: there is nothing as good, that one has no data or no valid
    /// round, or it was asked to measure anew.
    pub(super) async fn stored_already(
        &self,
        claim: &ClaimedJob,
        benchmark: &Benchmark,
        hash: &MeasurementHash,
    ) -> Result<Option<Measured>, PipelineError> {
        let request = &claim.request;
        if request.kind != JobKind::NewMaster || request.force {
            return Ok(None);
        }
        let (database, class) = (&self.rooms.database, &self.rooms.class);
        let project = &self.settings.project;
        let stored = database.master_set(project, &benchmark.name, &request.revision, hash, class).await?;
        let queries = &benchmark.queries;
        let info =
            |query: &Query| SeriesInfo { unit: query.unit, direction: query.direction, definition: definition(query) };
        let is_as_good =
            |run: &StoredRun| run.summary.rounds.0 >= benchmark.rounds && compare::was_asked(run, queries, info);
        let Some(mut run) = stored.filter(is_as_good) else { return Ok(None) };
        measure::keep_asked(&mut run, queries);
        let outcome = compare::judge_master(&run, queries, OffsetDateTime::now_utc().date());
        if outcome != Outcome::Measured {
            return Ok(None);
        }
        database.point_to_run(claim, run.summary.id).await?;
        let conditions = database.conditions(run.summary.id).await?;
        Ok(Some(Measured { outcome, run, base: None, comparison: None, previous: None, conditions }))
    }
}
