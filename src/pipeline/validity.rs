//! Invalid rounds: found, told, and measured again in a fresh stack.

use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::Instant;

use super::course::Course;
use super::prepare::PreparedStack;
use super::{Folders, Pipeline, PipelineError};
use crate::domain::fault::{Fault, reasons};
use crate::domain::flow::RoundId;
use crate::domain::load::LoadRecord;
use crate::domain::run::{NewRun, RoundResult, Window};
use crate::domain::settings::{Benchmark, Settings};
use crate::measure::{Found, Held, MeasureError, Scraper, Span, find_faults};
use crate::stack::{Lives, Running, StackError};

/// A round is measured at most so often: what three fresh stacks share is no accident.
const MOST_ATTEMPTS: u16 = 3;
/// Clocks that drift apart by less are being slewed, or were read one after the other.
const MOST_STEP: Duration = Duration::from_millis(100);

impl Pipeline {
    /// Measures a round, and again while it is invalid and there are attempts left. The last attempt counts, whatever
    /// it is; of those before, the reasons, logs and raw samples are kept. `course` learns how long each took.
    pub(super) async fn measure_until_valid(
        &self,
        benchmark: &Benchmark,
        stack: &PreparedStack,
        first: RoundId,
        folders: &Folders,
        course: &mut Course,
    ) -> Result<RoundResult, PipelineError> {
        let mut rejected = Vec::new();
        let mut round = first;
        loop {
            let began = Instant::now();
            let mut result = self.measure_round(benchmark, stack, &round, folders, course).await?;
            course.took(began.elapsed());
            match reasons(&result.faults) {
                Some(reason) if round.attempt < MOST_ATTEMPTS => {
                    self.note(format!("{} is invalid and is measured again: {reason}", course.place()));
                    rejected.push(reason);
                    round.attempt += 1;
                }
                reason => {
                    if let Some(reason) = reason {
                        self.note(format!("{} stays invalid: {reason}", course.place()));
                    }
                    result.rejected = rejected;
                    return Ok(result);
                }
            }
        }
    }

    pub(super) fn first_attempt(&self, new: &NewRun, round: u16) -> RoundId {
        let instance = self.rooms.stacks.instance();
        RoundId { instance, run: new.id, round, attempt: 1, arm: new.arm, revision: new.revision.clone() }
    }
}

/// What is looked at before the load, to be compared after it.
pub(super) struct Watch {
    clocks: Clocks,
    lives: Lives,
}

/// The load as it was held.
pub(super) struct Windows {
    /// Of the stages that were measured to their end.
    pub(super) windows: Vec<Window>,
    /// The first scrape at quiescence.
    pub(super) from_ms: i64,
    /// Why the next stage's window has no end, if so.
    pub(super) open: Option<Fault>,
}

impl Windows {
    /// What a wait for the scrape after a stage gave. That a target is lost by then is the round's fault, not the
    /// job's end.
    pub(super) fn end(waited: Result<i64, MeasureError>) -> Result<Result<i64, Fault>, MeasureError> {
        match waited {
            Err(MeasureError::NotScraped { targets, limit }) => Ok(Err(Fault::WindowOpen { targets, limit })),
            waited => waited.map(Ok),
        }
    }

    /// To the end of the last window. What happened after it matters only where that is why there is no further one.
    async fn span(&self, scraper: &Scraper, limit: Duration) -> Result<Span, MeasureError> {
        let last = self.windows.last().map_or(self.from_ms, |window| window.t1_ms);
        let to_ms = if self.open.is_some() { scraper.now_ms(limit).await?.max(last) } else { last };
        Ok(Span { from_ms: self.from_ms, to_ms })
    }
}

impl Watch {
    /// Begins to watch.
    pub(super) async fn begin(running: &Running) -> Result<Self, StackError> {
        Ok(Self { clocks: Clocks::now(), lives: running.lives().await? })
    }

    /// Everything that speaks against the round since.
    pub(super) async fn end(
        self,
        running: &Running,
        scraper: &Scraper,
        settings: (&Settings, &Benchmark),
        held: &Windows,
        load: &LoadRecord,
    ) -> Result<Found, PipelineError> {
        let (settings, benchmark) = settings;
        let mut faults = running.faults_since(&self.lives).await?;
        faults.extend(self.clocks.step());
        faults.extend(held.open.clone());
        let seen = Held {
            windows: &held.windows,
            span: held.span(scraper, settings.timeouts.query.0).await?,
            load,
            interval: settings.prometheus.scrape_interval.0,
            max_lag: benchmark.load.max_lag.0,
            request_count: benchmark.request_count.as_ref(),
        };
        let found = find_faults(scraper, seen).await?;
        faults.extend(found.faults);
        Ok(Found { faults, notes: found.notes })
    }
}

/// This host's two clocks at one moment: the one that can be set, and the one that can't.
struct Clocks {
    wall: OffsetDateTime,
    steady: Instant,
}

impl Clocks {
    fn now() -> Self {
        Self { wall: OffsetDateTime::now_utc(), steady: Instant::now() }
    }

    fn step(&self) -> Option<Fault> {
        let now = Self::now();
        step(now.wall - self.wall, now.steady - self.steady)
    }
}

/// How far the wall clock was set while both clocks went on by so much, if it was.
fn step(wall: time::Duration, steady: Duration) -> Option<Fault> {
    let ahead = wall - steady;
    let step = ahead.unsigned_abs();
    (step > MOST_STEP).then_some(Fault::ClockStepped { step, forward: ahead.is_positive() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_in_a_round_is_a_fault_either_way() {
        let step = |wall_ms, steady_ms| step(time::Duration::milliseconds(wall_ms), Duration::from_millis(steady_ms));
        assert_eq!(step(60_000, 60_000), None);
        assert_eq!(step(60_090, 60_000), None);
        let set = |ms, forward| Some(Fault::ClockStepped { step: Duration::from_millis(ms), forward });
        assert_eq!(step(60_101, 60_000), set(101, true));
        assert_eq!(step(-3_540_000, 60_000), set(3_600_000, false));
    }
}
