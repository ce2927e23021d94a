//! One round: up, ready, warm-up, load window, drain, queries, raw samples, logs, down.

use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::course::Course;
use super::during::{SOON, during};
use super::prepare::PreparedStack;
use super::validity::{Watch, Windows};
use super::{Folders, Pipeline, PipelineError};
use crate::domain::chain::error_chain;
use crate::domain::flow::RoundId;
use crate::domain::load::{Phase, PhaseOrder};
use crate::domain::plan::Stage;
use crate::domain::progress::{Listener, Place, Progress, Step, TimeLeft};
use crate::domain::ready::ReadyCondition;
use crate::domain::run::{RawSamples, RoundResult, StepTime, Window};
use crate::domain::settings::Benchmark;
use crate::measure::{MeasureError, Scraper, collect};
use crate::stack::{Running, StackError};

/// What a phase may take beyond its schedule and the time-out of its last request.
const PHASE_MARGIN: Duration = Duration::from_secs(30);

/// Times the steps of a round, and tells which begins.
struct Steps<'a> {
    pipeline: &'a Pipeline,
    place: Place,
    left: TimeLeft,
    began: Instant,
    current: Option<(Step, Instant)>,
    done: Vec<StepTime>,
}

impl Steps<'_> {
    fn begin(&mut self, step: Step) {
        self.end();
        let left = self.left.after(self.began.elapsed());
        self.pipeline.tell(step, Some(self.place), Some(left));
        self.current = Some((step, Instant::now()));
    }

    fn end(&mut self) {
        if let Some((step, since)) = self.current.take() {
            self.done.push(StepTime { step: step.as_str().to_owned(), seconds: since.elapsed().as_secs_f64() });
        }
    }
}

impl Pipeline {
    /// Measures one round in a fresh stack, which is gone afterwards, whatever happened.
    pub(super) async fn measure_round(
        &self,
        benchmark: &Benchmark,
        stack: &PreparedStack,
        round: &RoundId,
        folders: &Folders,
        course: &Course,
    ) -> Result<RoundResult, PipelineError> {
        let mut steps = Steps {
            pipeline: self,
            place: course.place(),
            left: course.left(),
            began: Instant::now(),
            current: None,
            done: Vec::new(),
        };
        steps.begin(Step::Up);
        let (stacks, work) = (&self.rooms.stacks, folders.work().join(round.project_name()));
        let kept = folders.kept_round(round);
        let up = stacks.up(&self.settings, &stack.project, &stack.images, &stack.load, round, &work);
        let up = during("up", SOON, up).await;
        let (running, measured) = match up {
            Ok(running) => {
                let measured = self.use_stack(benchmark, &running, round, folders, &mut steps).await;
                (Some(running), measured)
            }
            Err(error) => (None, Err(error.into())),
        };
        steps.begin(Step::Logs);
        let logs = stacks.keep_logs(round, &kept).await;
        steps.begin(Step::Down);
        // What tidying has to say comes after what was measured, or what went wrong with it.
        let is_down = match running {
            Some(running) => running.down().await.is_ok(),
            None => false,
        };
        let removed = if is_down { Ok(()) } else { stacks.remove_run(round.run).await };
        steps.end();
        let mut result = measured?;
        removed?;
        if let Err(error) = logs {
            self.note(error_chain(&error));
        }
        result.steps = steps.done;
        Ok(result)
    }

    /// From ready to the raw samples.
    async fn use_stack(
        &self,
        benchmark: &Benchmark,
        running: &Running,
        round: &RoundId,
        folders: &Folders,
        steps: &mut Steps<'_>,
    ) -> Result<RoundResult, PipelineError> {
        let timeouts = &self.settings.timeouts;
        let scraper = Scraper::new(running.endpoints(), round, timeouts.query.0)?;
        steps.begin(Step::Ready);
        wait_ready(running, &scraper, &benchmark.ready, timeouts.ready.0).await?;
        let watch = Watch::begin(running).await?;
        let held = self.hold_load(benchmark, running, &scraper, steps).await?;
        let load = running.load_record().await?;
        steps.begin(Step::Queries);
        let found = watch.end(running, &scraper, (&self.settings, benchmark), &held, &load).await?;
        let collected = collect(&scraper, &benchmark.queries, &held.windows, &self.settings.prometheus).await?;
        steps.begin(Step::Snapshot);
        let raw = keep_samples(running, &scraper, folders, round).await?;
        Ok(RoundResult {
            number: round.round,
            arm: round.arm,
            windows: held.windows,
            load,
            measurements: collected.measurements,
            missing: collected.missing,
            raw,
            steps: Vec::new(),
            faults: found.faults,
            notes: found.notes,
            rejected: Vec::new(),
        })
    }

    /// Warm-up and stages, with a scrape at quiescence before, between and after.
    async fn hold_load(
        &self,
        benchmark: &Benchmark,
        running: &Running,
        scraper: &Scraper,
        steps: &mut Steps<'_>,
    ) -> Result<Windows, PipelineError> {
        let scrape_limit = self.settings.timeouts.scrape.0 + self.settings.prometheus.scrape_interval.0;
        let quiet_since_ms = match benchmark.load.warm_up {
            Some(stage) => {
                steps.begin(Step::WarmUp);
                self.hold_phase(benchmark, running, Phase::WarmUp, stage).await?.0
            }
            // Our own readiness probes are no load of the window.
            None => scraper.now_ms(scrape_limit).await?,
        };
        let mut t0_ms = scraper.boundary(quiet_since_ms, scrape_limit).await?;
        let mut held = Windows { windows: Vec::new(), from_ms: t0_ms, open: None };
        for (stage, planned) in (0..).zip(benchmark.load.plan.stages()) {
            steps.begin(Step::Load);
            let (quiet_since_ms, load_seconds) =
                self.hold_phase(benchmark, running, Phase::Stage(stage), *planned).await?;
            steps.begin(Step::Drain);
            let t1_ms = match Windows::end(scraper.boundary(quiet_since_ms, scrape_limit).await)? {
                Ok(t1_ms) => t1_ms,
                Err(fault) => {
                    held.open = Some(fault);
                    break;
                }
            };
            held.windows.push(Window { stage, t0_ms, t1_ms, load_seconds });
            t0_ms = t1_ms;
        }
        Ok(held)
    }

    /// Holds one phase; the end of its drain in milliseconds since the Unix epoch, and its seconds of load, both by
    /// the generator's clock.
    async fn hold_phase(
        &self,
        benchmark: &Benchmark,
        running: &Running,
        phase: Phase,
        planned: Stage,
    ) -> Result<(i64, f64), PipelineError> {
        let limit = Duration::from_secs(u64::from(planned.seconds)) + benchmark.load.timeout.0 + PHASE_MARGIN;
        let listener: Arc<Listener> = Arc::clone(&self.listener);
        let last = Mutex::new(Instant::now());
        let load = running.run_load(PhaseOrder::now(phase), limit, |status| {
            // A poisoned lock would only mean a missed line of progress.
            let Ok(mut last) = last.lock() else { return };
            if last.elapsed() >= Duration::from_millis(400) {
                *last = Instant::now();
                let planned = f64::from(planned.rate);
                listener(Progress::Load { rate: status.rate, planned, p99: Duration::from_nanos(status.p99_ns) });
            }
        });
        if phase == Phase::WarmUp {
            load.await?;
        } else {
            let half = Duration::from_secs(planned.seconds.into()) / 2;
            during("load-started", SOON, during("mid-window", half, load)).await?;
        }
        let record = running.load_record().await?;
        let held = record.phases.iter().rev().find(|held| held.phase == phase);
        let held = held.ok_or_else(|| StackError::Generator {
            operation: "read the record of",
            message: format!("it has no {phase:?}, which it said was done"),
        })?;
        let drained_ms = held.drained_unix_ns.div_ceil(1_000_000);
        Ok((i64::try_from(drained_ms).unwrap_or(i64::MAX), held.load_seconds()))
    }
}

/// All conditions within one limit; those on PromQL come last, asked of the stack's own Prometheus.
async fn wait_ready(
    running: &Running,
    scraper: &Scraper,
    conditions: &[ReadyCondition],
    limit: Duration,
) -> Result<(), PipelineError> {
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
            Err(error @ MeasureError::NotTrue { .. }) => return Err(running.not_ready(error.to_string()).await.into()),
            result => result?,
        }
    }
    Ok(())
}

/// Keeps the round's samples: the TSDB snapshot, packed.
async fn keep_samples(
    running: &Running,
    scraper: &Scraper,
    folders: &Folders,
    round: &RoundId,
) -> Result<RawSamples, PipelineError> {
    let name = scraper.snapshot().await?;
    let archive = running.snapshot_archive(&name).await?;
    let folder = folders.kept_round(round);
    let path = folder.join("tsdb.tar.gz");
    let packed = tokio::task::spawn_blocking(move || write_packed(&folder, &archive)).await;
    let io = |source| PipelineError::Io { operation: "write", path: path.clone(), source };
    let (bytes, sha256) = packed.map_err(|error| io(std::io::Error::other(error)))?.map_err(io)?;
    Ok(RawSamples { path: folders.relative(&path), bytes, sha256 })
}

/// Written beside its place and moved there whole: what is there is never the half of it.
fn write_packed(folder: &Path, archive: &[u8]) -> std::io::Result<(u64, String)> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    std::io::Write::write_all(&mut packer, archive)?;
    let packed = packer.finish()?;
    std::fs::create_dir_all(folder)?;
    let part = folder.join("tsdb.tar.gz.part");
    let written = std::fs::write(&part, &packed).and_then(|()| std::fs::rename(&part, folder.join("tsdb.tar.gz")));
    if written.is_err() {
        // What can't be removed, either, is known by its name.
        let _ = std::fs::remove_file(&part);
    }
    written?;
    Ok((packed.len() as u64, hex::encode(Sha256::digest(&packed))))
}
