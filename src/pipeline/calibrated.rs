//! Tails that decide, because the newest calibration of this class of machines says that they can be decided.

use super::{Pipeline, PipelineError};
use crate::domain::job::{JobKind, JobRequest};
use crate::domain::settings::Benchmark;

impl Pipeline {
    /// The benchmark with those tails primary of which nobody said whether they are. What measures alone, or measures
    /// the noise itself, asks for none.
    pub(super) async fn with_calibrated_tails(
        &self,
        mut benchmark: Benchmark,
        request: &JobRequest,
    ) -> Result<Benchmark, PipelineError> {
        if matches!(request.kind, JobKind::NewTest | JobKind::Experiment) {
            let known = self.rooms.database.calibrations(&request.project).await?;
            let ours = known.iter().find(|one| one.benchmark == benchmark.name && one.class == self.rooms.class);
            if let Some(calibration) = ours {
                calibration.promote_tails(&mut benchmark.queries);
            }
        }
        Ok(benchmark)
    }
}
