//! Invalid rounds: found, told, and measured again in a fresh stack.

use std::time::Duration;

use time::OffsetDateTime;
use tokio::time::Instant;

use super::course::Course;
use super::side::Side;
use super::stand::Part;
use super::{Pipeline, PipelineError};
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
    /// Measures a round of each side, of two as twins, and again while one is invalid and there are attempts left. The
    /// last attempt counts, whatever it is; of those before, the reasons, logs and raw samples are kept. `course` learns
    /// how long each took.
    pub(super) async fn measure_until_valid(
        &self,
        benchmark: &Benchmark,
        sides: &[&Side],
        number: u16,
        course: &mut Course,
    ) -> Result<Vec<RoundResult>, PipelineError> {
        let mut parts: Vec<Part<'_>> = Vec::new();
        parts.extend(sides.iter().map(|side| Part { side, round: self.first_attempt(&side.new, number) }));
        let mut rejected = vec![Vec::new(); parts.len()];
        loop {
            let began = Instant::now();
            let mut results = self.measure_round(benchmark, &parts, course).await?;
            course.took(began.elapsed());
            let found = found_against(&results);
            if !found.is_empty() && parts.iter().all(|part| part.round.attempt < MOST_ATTEMPTS) {
                self.note(format!("{} is invalid and is measured again: {}", course.place(), found.join("; ")));
                for (rejected, result) in rejected.iter_mut().zip(&results) {
                    rejected.push(reasons(&result.faults).unwrap_or_else(|| format!("its twin: {}", found.join("; "))));
                }
                parts.iter_mut().for_each(|part| part.round.attempt += 1);
                continue;
            }
            if !found.is_empty() {
                self.note(format!("{} stays invalid: {}", course.place(), found.join("; ")));
            }
            for (result, rejected) in results.iter_mut().zip(rejected) {
                result.rejected = rejected;
            }
            return Ok(results);
        }
    }

    fn first_attempt(&self, new: &NewRun, round: u16) -> RoundId {
        let instance = self.rooms.stacks.instance();
        RoundId { instance, run: new.id, round, attempt: 1, arm: new.arm, revision: new.revision.clone() }
    }
}

/// What makes results invalid; of twins with the side.
fn found_against(results: &[RoundResult]) -> Vec<String> {
    let told = |result: &RoundResult| {
        let reason = reasons(&result.faults)?;
        Some(if results.len() == 1 { reason } else { format!("{}: {reason}", result.arm) })
    };
    results.iter().filter_map(told).collect()
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

    /// A stage was held; `end` is what the wait for the scrape after it gave.
    pub(super) fn add(&mut self, stage: u16, load_seconds: f64, end: Result<i64, Fault>) {
        let t0_ms = self.windows.last().map_or(self.from_ms, |window| window.t1_ms);
        match end {
            Ok(t1_ms) => self.windows.push(Window { stage, t0_ms, t1_ms, load_seconds }),
            Err(fault) => self.open = Some(fault),
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
