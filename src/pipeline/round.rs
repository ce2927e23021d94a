//! One round: up, ready, warm-up, load window, drain, queries, raw samples, logs, down. Of twins both go through it
//! together.

use futures_util::future::try_join_all;
use tokio::time::Instant;

use super::course::Course;
use super::during::{SOON, during};
use super::samples::keep_samples;
use super::stand::{Part, Stand};
use super::validity::{Watch, Windows};
use super::{Pipeline, PipelineError};
use crate::domain::chain::error_chain;
use crate::domain::load::LoadRecord;
use crate::domain::progress::{Place, Step, TimeLeft};
use crate::domain::run::{RawSamples, RoundResult, StepTime};
use crate::domain::settings::Benchmark;
use crate::measure::{Collected, Found, collect};

/// Times the steps of a round, and tells which begins.
pub(super) struct Steps<'a> {
    pipeline: &'a Pipeline,
    place: Place,
    left: TimeLeft,
    began: Instant,
    current: Option<(Step, Instant)>,
    done: Vec<StepTime>,
}

impl Steps<'_> {
    pub(super) fn begin(&mut self, step: Step) {
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

/// What a round gave, its raw samples excepted.
struct Asked {
    windows: Windows,
    load: LoadRecord,
    found: Found,
    collected: Collected,
}

impl Pipeline {
    /// Measures a round of each part in fresh stacks, which are gone afterwards, whatever happened. Two parts are twins:
    /// both stacks are up at the same time, and take turns at the load, the first part first.
    pub(super) async fn measure_round(
        &self,
        benchmark: &Benchmark,
        parts: &[Part<'_>],
        course: &Course,
    ) -> Result<Vec<RoundResult>, PipelineError> {
        let mut steps = Steps {
            pipeline: self,
            place: course.place(),
            left: course.left(),
            began: Instant::now(),
            current: None,
            done: Vec::new(),
        };
        steps.begin(Step::Up);
        let (stands, failed) = during("up", SOON, self.bring_up(parts)).await;
        let measured = match failed {
            None => self.use_stacks(benchmark, &stands, &mut steps).await,
            Some(error) => Err(error),
        };
        steps.begin(Step::Logs);
        let logs = self.keep_logs(parts).await;
        steps.begin(Step::Down);
        // What tidying has to say comes after what was measured, or what went wrong with it.
        let removed = self.take_down(parts, stands).await;
        steps.end();
        let mut results = measured?;
        removed?;
        logs.iter().for_each(|error| self.note(error_chain(error)));
        for result in &mut results {
            result.steps.clone_from(&steps.done);
        }
        Ok(results)
    }

    /// From ready to the raw samples.
    async fn use_stacks(
        &self,
        benchmark: &Benchmark,
        stands: &[Stand<'_>],
        steps: &mut Steps<'_>,
    ) -> Result<Vec<RoundResult>, PipelineError> {
        steps.begin(Step::Ready);
        let limit = self.settings.timeouts.ready.0;
        each(stands, async |stand| stand.wait_ready(&benchmark.ready, limit).await).await?;
        let watches = each(stands, async |stand| Ok(Watch::begin(&stand.running).await?)).await?;
        let held = self.hold_load(benchmark, stands, steps).await?;
        steps.begin(Step::Queries);
        let asked = stands.iter().zip(watches).zip(held).map(|((stand, watch), windows)| async move {
            self.ask(benchmark, stand, watch, windows).await.map_err(|error| stand.part.failed(error))
        });
        let asked = try_join_all(asked).await?;
        steps.begin(Step::Snapshot);
        let raw = each(stands, async |stand| keep_samples(stand).await).await?;
        let results = stands.iter().zip(asked).zip(raw).map(|((stand, asked), raw)| asked.result(stand.part, raw));
        Ok(results.collect())
    }

    /// What the windows hold, and what speaks against it.
    async fn ask(
        &self,
        benchmark: &Benchmark,
        stand: &Stand<'_>,
        watch: Watch,
        windows: Windows,
    ) -> Result<Asked, PipelineError> {
        let Stand { running, scraper, .. } = stand;
        let load = running.load_record().await?;
        let found = watch.end(running, scraper, (&self.settings, benchmark), &windows, &load).await?;
        let collected = collect(scraper, &benchmark.queries, &windows.windows, &self.settings.prometheus).await?;
        Ok(Asked { windows, load, found, collected })
    }
}

impl Asked {
    fn result(self, part: &Part<'_>, raw: RawSamples) -> RoundResult {
        RoundResult {
            number: part.round.round,
            arm: part.round.arm,
            windows: self.windows.windows,
            load: self.load,
            measurements: self.collected.measurements,
            missing: self.collected.missing,
            raw,
            steps: Vec::new(),
            faults: self.found.faults,
            notes: self.found.notes,
            rejected: Vec::new(),
        }
    }
}

/// The same with all stacks at once. The first error ends it, told with its side.
pub(super) async fn each<T>(
    stands: &[Stand<'_>],
    work: impl AsyncFn(&Stand<'_>) -> Result<T, PipelineError>,
) -> Result<Vec<T>, PipelineError> {
    let work = &work;
    let all = stands.iter().map(|stand| async move { work(stand).await.map_err(|error| stand.part.failed(error)) });
    try_join_all(all).await
}
