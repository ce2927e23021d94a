//! A whole plan in one go: the warm-up, then every stage. For the load generator used by itself.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::error::LoadError;
use super::generator::Generator;
use crate::domain::load::{LoadRecord, LoadStatus, Phase};

/// How often progress is told.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);

/// Runs all of a generator's specification; others may scrape it meanwhile. `on_progress` is called about once a
/// second.
///
/// # Errors
/// As [`Generator::run`].
pub async fn run_plan(generator: &Generator, on_progress: impl Fn(&LoadStatus)) -> Result<LoadRecord, LoadError> {
    let spec = generator.spec();
    let warm_up = spec.warm_up.map(|_| Phase::WarmUp);
    // The specification was refused if it had more stages than u16 counts.
    let stages = (0..spec.stages.len()).map(|index| Phase::Stage(index as u16));
    let mut ticks = interval(PROGRESS_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for phase in warm_up.into_iter().chain(stages) {
        let mut run = std::pin::pin!(generator.run(phase));
        loop {
            tokio::select! {
                ended = &mut run => break ended.map(drop)?,
                _ = ticks.tick() => on_progress(&generator.status()),
            }
        }
    }
    on_progress(&generator.status());
    Ok(generator.record())
}
