//! Holding the load: warm-up and stages, with a scrape at quiescence before, between and after them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::time::Instant;

use super::during::{SOON, during};
use super::round::{Steps, each};
use super::stand::Stand;
use super::validity::Windows;
use super::{Pipeline, PipelineError};
use crate::domain::load::{LoadStatus, Phase, PhaseOrder, Turn, TurnSide};
use crate::domain::plan::Stage;
use crate::domain::progress::{Listener, Progress, Step};
use crate::domain::settings::Benchmark;
use crate::stack::StackError;

/// What a phase may take beyond its schedule and the time-out of its last request.
const PHASE_MARGIN: Duration = Duration::from_secs(30);
/// How often it is told how the load goes.
const TOLD_EVERY: Duration = Duration::from_millis(400);
/// How long a slice is of load that alternates between twins: long beside what a service takes to answer, and short
/// beside the host's moods, which last for some seconds (docs/statistics.md has their measure).
const SLICE_SECONDS: u32 = 1;
/// Both generators of twins begin so long after the order: time for both to have it, however busy this host is.
const TWINS_LEAD: Duration = Duration::from_secs(1);

/// A phase of one stack as it was held, by its generator's clock.
struct Held {
    /// The end of its drain, all counted, in milliseconds since the Unix epoch.
    drained_ms: i64,
    load_seconds: f64,
}

/// How the load of all stacks goes, from what each generator said last.
struct Told {
    last: Instant,
    rates: Vec<(f64, u64)>,
}

impl Pipeline {
    /// Warm-up and stages. Twins are warmed up side by side, as nothing is measured of that; of a stage both have their
    /// turns in the same time, and their windows span it.
    pub(super) async fn hold_load(
        &self,
        benchmark: &Benchmark,
        stands: &[Stand<'_>],
        steps: &mut Steps<'_>,
    ) -> Result<Vec<Windows>, PipelineError> {
        let limit = self.settings.timeouts.scrape.0 + self.settings.prometheus.scrape_interval.0;
        let quiet_since_ms = match benchmark.load.warm_up {
            Some(stage) => {
                steps.begin(Step::WarmUp);
                last_drained(&self.hold_phase(benchmark, stands, Phase::WarmUp, stage).await?)
            }
            // Our own readiness probes are no load of the window.
            None => {
                let now = each(stands, async |stand| Ok(stand.scraper.now_ms(limit).await?)).await?;
                now.into_iter().max().unwrap_or_default()
            }
        };
        let begin = async |stand: &Stand<'_>| Ok(stand.scraper.boundary(quiet_since_ms, limit).await?);
        let begins = each(stands, begin).await?;
        let from = |t0_ms| Windows { windows: Vec::new(), from_ms: t0_ms, open: None };
        let mut held: Vec<Windows> = begins.into_iter().map(from).collect();
        for (stage, planned) in (0..).zip(benchmark.load.plan.stages()) {
            steps.begin(Step::Load);
            let phases = self.hold_phase(benchmark, stands, Phase::Stage(stage), *planned).await?;
            steps.begin(Step::Drain);
            let since = last_drained(&phases);
            let end = async |stand: &Stand<'_>| Ok(Windows::end(stand.scraper.boundary(since, limit).await)?);
            let ends = each(stands, end).await?;
            for ((windows, phase), end) in held.iter_mut().zip(phases).zip(ends) {
                windows.add(stage, phase.load_seconds, end);
            }
            if held.iter().any(|windows| windows.open.is_some()) {
                break;
            }
        }
        Ok(held)
    }

    /// Holds one phase on all stacks.
    async fn hold_phase(
        &self,
        benchmark: &Benchmark,
        stands: &[Stand<'_>],
        phase: Phase,
        planned: Stage,
    ) -> Result<Vec<Held>, PipelineError> {
        let orders = orders(stands, phase).await?;
        let seconds = match orders.iter().all(|order| order.turn.is_none()) {
            true => planned.seconds,
            false => 2 * (planned.seconds + SLICE_SECONDS),
        };
        let limit = Duration::from_secs(seconds.into()) + benchmark.load.timeout.0 + PHASE_MARGIN;
        let told = Mutex::new(Told { last: Instant::now(), rates: vec![(0.0, 0); stands.len()] });
        let told = &told;
        let load = stands.iter().zip(orders).enumerate().map(|(index, (stand, order))| async move {
            let ran = stand.running.run_load(order, limit, |status| self.tell_load(told, index, planned, status));
            ran.await.map_err(|error| stand.part.failed(error))
        });
        let load = try_join_all(load);
        if phase == Phase::WarmUp {
            load.await?;
        } else {
            let half = Duration::from_secs(seconds.into()) / 2;
            during("load-started", SOON, during("mid-window", half, load)).await?;
        }
        each(stands, async |stand| held(stand, phase).await).await
    }

    /// Tells how the load goes. Of twins one is at rest, whose last full second may still be told for a moment: the busier
    /// one counts.
    fn tell_load(&self, told: &Mutex<Told>, index: usize, planned: Stage, status: &LoadStatus) {
        // A poisoned lock would only mean a missed line of progress.
        let Ok(mut told) = told.lock() else { return };
        told.rates[index] = (status.rate, status.p99_ns);
        if told.last.elapsed() >= TOLD_EVERY {
            told.last = Instant::now();
            let rate = told.rates.iter().map(|(rate, _)| *rate).fold(0.0, f64::max);
            let p99 = Duration::from_nanos(told.rates.iter().map(|(_, p99_ns)| *p99_ns).max().unwrap_or_default());
            let listener: &Arc<Listener> = &self.listener;
            listener(Progress::Load { rate, planned: f64::from(planned.rate), p99 });
        }
    }
}

/// What each generator is told: to begin at once, or, in a stage of twins, in turn from the same instant.
async fn orders(stands: &[Stand<'_>], phase: Phase) -> Result<Vec<PhaseOrder>, PipelineError> {
    let first = match stands {
        [first, _, ..] if phase != Phase::WarmUp => first,
        _ => return Ok(stands.iter().map(|_| PhaseOrder::now(phase)).collect()),
    };
    // Both generators run on the same host, by the same clock, which need not be this process' own.
    let now = first.running.load_clock().await.map_err(|error| first.part.failed(error))?;
    let start = now.saturating_add(u64::try_from(TWINS_LEAD.as_nanos()).unwrap_or(u64::MAX));
    let order = |side| {
        let turn = Turn { side, slice_seconds: SLICE_SECONDS };
        PhaseOrder { phase, start_unix_ns: Some(start), turn: Some(turn) }
    };
    Ok([TurnSide::First, TurnSide::Second].map(order).to_vec())
}

/// From the generator's record.
async fn held(stand: &Stand<'_>, phase: Phase) -> Result<Held, PipelineError> {
    let record = stand.running.load_record().await?;
    let held = record.phases.iter().rev().find(|held| held.phase == phase);
    let held = held.ok_or_else(|| StackError::Generator {
        operation: "read the record of",
        message: format!("it has no {phase:?}, which it said was done"),
    })?;
    // A scrape between the end of the drain and that of the counting has no tails of the stage.
    let over_ns = held.drained_unix_ns.max(held.scheduled_end_unix_ns).max(held.recorded_unix_ns);
    let drained_ms = over_ns.div_ceil(1_000_000);
    Ok(Held { drained_ms: i64::try_from(drained_ms).unwrap_or(i64::MAX), load_seconds: held.load_seconds() })
}

fn last_drained(phases: &[Held]) -> i64 {
    phases.iter().map(|held| held.drained_ms).max().unwrap_or_default()
}
