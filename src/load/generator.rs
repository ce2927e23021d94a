//! The generator as others use it: made from a specification, run phase by phase, asked for what it saw.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::board::{Board, Running};
use super::error::LoadError;
use super::lesson::learn;
use super::lottery::Lottery;
use super::meter::Meter;
use super::metrics::write_metrics;
use super::run::{Run, Window};
use super::schedule::Schedule;
use super::target::Targets;
use super::timetable::Timetable;
use super::worker::{Equipment, Order, start_worker};
use crate::domain::load::{LoadRecord, LoadSpec, LoadStatus, Phase, PhaseOrder, PhaseRecord};
use crate::domain::plan::Stage;

/// The schema of [`LoadRecord`].
const SCHEMA: &str = "loadmark.load/1";

/// An open-loop load generator. Its worker threads live as long as it does, and keep their connections from phase to
/// phase.
#[derive(Debug)]
pub struct Generator {
    spec: LoadSpec,
    targets: Arc<Targets>,
    lottery: Arc<Lottery>,
    workers: Vec<mpsc::UnboundedSender<Order>>,
    board: Arc<Board>,
}

impl Generator {
    /// Checks the specification and starts the workers; sends nothing.
    ///
    /// # Errors
    /// [`LoadError::Spec`] names the field; [`LoadError::StartWorker`] if the system refuses threads or timers.
    pub fn new(spec: LoadSpec) -> Result<Self, LoadError> {
        let targets = Arc::new(Targets::new(&spec)?);
        let mut workers = Vec::new();
        let mut meters = Vec::new();
        for index in 0..spec.workers {
            let meter = Arc::new(Meter::new(spec.requests.len()));
            meters.push(Arc::clone(&meter));
            workers.push(start_worker(equip(&spec, &targets, index, meter))?);
        }
        let names = spec.requests.iter().map(|request| request.name.clone()).collect();
        let lottery = Arc::new(Lottery::new(&spec.requests));
        Ok(Self { spec, targets, lottery, workers, board: Arc::new(Board::new(names, meters)) })
    }

    /// What it was made from.
    pub fn spec(&self) -> &LoadSpec {
        &self.spec
    }

    /// Runs one phase to the end of its drain, which the time-out bounds. Dropping the future gives the phase up.
    /// Before the first one, services are asked what their gRPC methods take, where the specification leaves that
    /// open. Needs a tokio runtime with time and I/O.
    ///
    /// # Errors
    /// [`LoadError::UnknownPhase`], [`LoadError::Busy`] while another runs, [`LoadError::Pace`] and
    /// [`LoadError::WorkerLost`] if the generator itself failed; [`LoadError::Reflection`] and [`LoadError::Spec`] if a
    /// service does not tell what a method takes, or it takes something else. Whatever else the service does is no error.
    pub async fn run(&self, phase: Phase) -> Result<PhaseRecord, LoadError> {
        self.begin(PhaseOrder::now(phase)).await?.finish().await
    }

    /// Orders a phase from the workers. It is under way when this returns, and given up if the run is dropped.
    pub(super) async fn begin(&self, order: PhaseOrder) -> Result<Run, LoadError> {
        let PhaseOrder { phase, start_unix_ns, turn } = order;
        let planned = self.stage(phase)?;
        learn(&self.spec, &self.targets).await?;
        let schedule = Schedule {
            stage: planned,
            arrivals: self.spec.arrivals,
            seed: self.spec.seed,
            phase,
            lottery: Arc::clone(&self.lottery),
            timetable: Timetable::new(turn),
        };
        let window = Window::starting(start_unix_ns, schedule.length_ns());
        let window = window.map_err(|late| LoadError::Late { phase, late })?;
        let Window { start, end, .. } = window;
        let running = Running { phase, rate: planned.rate, start, end, timetable: schedule.timetable };
        let ongoing = self.board.begin(running)?;
        Ok(Run::order(&schedule, turn, window, ongoing, &self.workers))
    }

    /// What is going on, for progress: never exact to the request while a phase runs.
    pub fn status(&self) -> LoadStatus {
        self.board.status()
    }

    /// The phases that ended so far, in the order in which they ran.
    pub fn record(&self) -> LoadRecord {
        LoadRecord { schema: SCHEMA.to_owned(), spec: self.spec.clone(), phases: self.board.records() }
    }

    /// The metrics as OpenMetrics text; see [`crate::load::METRICS_CONTENT_TYPE`].
    pub fn metrics(&self) -> String {
        write_metrics(&self.board)
    }

    /// The stage that a phase means.
    ///
    /// # Errors
    /// [`LoadError::UnknownPhase`].
    pub fn stage(&self, phase: Phase) -> Result<Stage, LoadError> {
        let stage = match phase {
            Phase::WarmUp => self.spec.warm_up,
            Phase::Stage(index) => self.spec.stages.get(usize::from(index)).copied(),
        };
        stage.ok_or(LoadError::UnknownPhase {
            phase,
            stages: self.spec.stages.len(),
            warm_up: if self.spec.warm_up.is_some() { "a warm-up" } else { "no warm-up" },
        })
    }
}

/// What worker `index` gets of the specification's means.
fn equip(spec: &LoadSpec, targets: &Arc<Targets>, index: u16, meter: Arc<Meter>) -> Equipment {
    let mut weights = vec![0_u64; targets.hosts.len()];
    for (request, target) in spec.requests.iter().zip(&targets.requests) {
        weights[target.host] += u64::from(request.weight);
    }
    let share =
        |total: u32| total / u32::from(spec.workers) + u32::from(u32::from(index) < total % u32::from(spec.workers));
    Equipment {
        index,
        targets: Arc::clone(targets),
        connections: deal_connections(share(spec.connections), &weights),
        capacity: share(spec.queue) as usize,
        timeout_ns: u64::try_from(spec.timeout.0.as_nanos()).unwrap_or(u64::MAX),
        meter,
    }
}

/// Deals connections to hosts: one each, the rest in proportion to the weights, what the division leaves to those
/// who lost most by it. `total` is at least the number of hosts.
fn deal_connections(total: u32, weights: &[u64]) -> Vec<u32> {
    let sum: u64 = weights.iter().sum();
    let rest = u64::from(total).saturating_sub(weights.len() as u64);
    let mut dealt: Vec<u64> = weights.iter().map(|weight| 1 + rest * weight / sum).collect();
    let mut by_loss: Vec<usize> = (0..weights.len()).collect();
    by_loss.sort_by_key(|&host| std::cmp::Reverse(rest * weights[host] % sum));
    let left = u64::from(total).saturating_sub(dealt.iter().sum());
    for host in by_loss.into_iter().take(left as usize) {
        dealt[host] += 1;
    }
    dealt.into_iter().map(|count| count as u32).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn all_connections_are_dealt_and_each_host_has_one(weights in prop::collection::vec(1_u64..100, 1..6), more in 0_u32..50) {
            let total = weights.len() as u32 + more;
            let dealt = deal_connections(total, &weights);
            prop_assert_eq!(dealt.iter().sum::<u32>(), total);
            prop_assert!(dealt.iter().all(|count| *count >= 1));
        }
    }

    #[test]
    fn connections_follow_the_weights() {
        assert_eq!(deal_connections(12, &[1, 9]), [2, 10]);
        assert_eq!(deal_connections(2, &[1, 9]), [1, 1]);
    }
}
