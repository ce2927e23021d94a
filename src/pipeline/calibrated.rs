//! What the newest calibration of this class of machines is good for: tails decide where it says that they can be decided,
//! and reports tell it.

use time::OffsetDateTime;

use super::{Pipeline, PipelineError};
use crate::domain::job::{JobKind, JobRequest};
use crate::domain::procedure::CompareMethod;
use crate::domain::run::NewRun;
use crate::domain::settings::Benchmark;

impl Pipeline {
    /// The benchmark with those tails primary of which nobody said whether they are. What measures alone, compares stored
    /// sets, or measures the noise itself, asks for none: only pairs can decide them.
    pub(super) async fn with_calibrated_tails(
        &self,
        mut benchmark: Benchmark,
        request: &JobRequest,
    ) -> Result<Benchmark, PipelineError> {
        if matches!(request.kind, JobKind::NewTest | JobKind::Experiment)
            && benchmark.compare != CompareMethod::Stored
            && let Some(calibration) =
                self.rooms.database.calibration(&request.project, &benchmark.name, &self.rooms.class).await?
        {
            calibration.promote_tails(&mut benchmark.queries, benchmark.pairs.max, OffsetDateTime::now_utc().date());
        }
        Ok(benchmark)
    }

    /// What a report says of the newest calibration; none where there is none.
    pub(super) async fn calibration_note(&self, new: &NewRun) -> Result<Option<String>, PipelineError> {
        let calibration = self.rooms.database.calibration(&new.project, &new.benchmark, &new.class).await?;
        Ok(calibration.map(|calibration| calibration.note(&new.measurement_hash)))
    }
}
