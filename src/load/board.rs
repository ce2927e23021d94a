//! What is known of the generator from outside while it runs: the phase under way, those that ended, live counts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::clock::{Calendar, Mono, SECOND_NS};
use super::error::LoadError;
use super::meter::{Meter, Totals};
use super::timetable::Timetable;
use crate::domain::load::{LoadStatus, Phase, PhaseRecord, SliceTails};

/// The phase under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Running {
    pub(super) phase: Phase,
    /// Requests a second.
    pub(super) rate: u32,
    pub(super) start: Mono,
    /// The end of the schedule.
    pub(super) end: Mono,
    pub(super) timetable: Timetable,
}

impl Running {
    /// Nanoseconds in which it was on so far, by schedule.
    fn load_ns(&self) -> u64 {
        self.timetable.load_ns(Mono::now().min(self.end).since(self.start))
    }
}

/// Totals over all requests at the last tick, and what the second before it was like.
#[derive(Debug)]
struct Pulse {
    at: Mono,
    totals: Totals,
    rate: f64,
    p99_ns: u64,
}

#[derive(Debug)]
struct State {
    running: Option<Running>,
    /// Totals when the phase under way began.
    before: Totals,
    pulse: Pulse,
    done: Vec<PhaseRecord>,
    /// Of the phases that ended.
    active_ns: u64,
}

/// Shared by the generator, the run under way and the scrapes.
#[derive(Debug)]
pub(super) struct Board {
    /// Of the requests.
    pub(super) names: Vec<String>,
    meters: Vec<Arc<Meter>>,
    state: Mutex<State>,
}

/// Proof that this run is the only one; dropping it unfinished gives the phase up.
#[derive(Debug)]
pub(super) struct Ongoing {
    board: Arc<Board>,
    finished: bool,
}

impl Board {
    pub(super) fn new(names: Vec<String>, meters: Vec<Arc<Meter>>) -> Self {
        let pulse = Pulse { at: Mono::now(), totals: Totals::new(), rate: 0.0, p99_ns: 0 };
        let state = State { running: None, before: Totals::new(), pulse, done: Vec::new(), active_ns: 0 };
        Self { names, meters, state: Mutex::new(state) }
    }

    /// Nothing that is done under the lock leaves the state half-changed, so a panic there would not spoil it.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks a phase as under way, unless one is.
    pub(super) fn begin(self: &Arc<Self>, running: Running) -> Result<Ongoing, LoadError> {
        let mut state = self.state();
        if let Some(other) = state.running {
            return Err(LoadError::Busy { asked: running.phase, running: other.phase });
        }
        let totals = self.total();
        state.running = Some(running);
        state.before = totals.clone();
        state.pulse = Pulse { at: running.start, totals, rate: 0.0, p99_ns: 0 };
        Ok(Ongoing { board: Arc::clone(self), finished: false })
    }

    /// Takes the pulse; to be called once a second while a phase is under way.
    pub(super) fn tick(&self) {
        let pulse = &mut self.state().pulse;
        let (totals, now) = (self.total(), Mono::now());
        let elapsed_ns = now.since(pulse.at).max(1);
        let second = totals.since(&pulse.totals);
        let ledger = second.ledger();
        let answers = ledger.ok + ledger.http_error + ledger.grpc_error + ledger.wrong_answer;
        let rate = answers as f64 * SECOND_NS as f64 / elapsed_ns as f64;
        *pulse = Pulse { at: now, totals, rate, p99_ns: second.response.quantile(0.99) };
    }

    pub(super) fn status(&self) -> LoadStatus {
        let state = self.state();
        // Read under the lock, so that it is not older than the totals with which a phase began.
        let total = self.total();
        let ledger = match (&state.running, state.done.last()) {
            (Some(_), _) | (None, None) => total.since(&state.before).ledger(),
            (None, Some(last)) => last.ledger,
        };
        LoadStatus {
            running: state.running.map(|running| running.phase),
            done: state.done.iter().map(|record| record.phase).collect(),
            rate: state.pulse.rate,
            p99_ns: state.pulse.p99_ns,
            ledger,
            now_unix_ns: Calendar::now().now_unix_ns(),
        }
    }

    pub(super) fn records(&self) -> Vec<PhaseRecord> {
        self.state().done.clone()
    }

    /// The tails of each stage that ended: of its requests, by name, and of all of them.
    pub(super) fn tails(&self) -> Vec<(u16, Option<String>, SliceTails)> {
        let state = self.state();
        // A stage that was run again counts as it was last.
        let stages: BTreeMap<u16, &PhaseRecord> = (state.done.iter())
            .filter_map(|record| match record.phase {
                Phase::Stage(stage) => Some((stage, record)),
                Phase::WarmUp => None,
            })
            .collect();
        let of_stage = |(stage, record): (u16, &PhaseRecord)| {
            let requests = record.requests.iter().map(|request| (Some(request.name.clone()), request.tails));
            let all = requests.chain([(None, record.tails)]).collect::<Vec<_>>();
            all.into_iter().filter_map(move |(request, tails)| tails.map(|tails| (stage, request, tails)))
        };
        stages.into_iter().flat_map(of_stage).collect()
    }

    /// The live totals by request.
    pub(super) fn totals(&self) -> Vec<Totals> {
        let mut totals = vec![Totals::new(); self.names.len()];
        for meter in &self.meters {
            meter.read_into(&mut totals);
        }
        totals
    }

    fn total(&self) -> Totals {
        let mut total = Totals::new();
        for request in self.totals() {
            total.plus(&request);
        }
        total
    }

    /// Seconds in which load was on. Never decreases: a phase counts up to the end of its schedule while it runs, and
    /// its drain is added when that has ended.
    pub(super) fn active_seconds(&self) -> f64 {
        let state = self.state();
        let running_ns = state.running.map_or(0, |running| running.load_ns());
        (state.active_ns + running_ns) as f64 / SECOND_NS as f64
    }

    /// Requests a second that the schedule asks for at this moment; in the other's slices as well, where it is held in
    /// turn, so that a scrape sees it wherever it falls.
    pub(super) fn planned_rate(&self) -> u32 {
        let now = Mono::now();
        let on = self.state().running.filter(|running| (running.start..running.end).contains(&now));
        on.map_or(0, |running| running.rate)
    }
}

impl Ongoing {
    pub(super) fn board(&self) -> &Board {
        &self.board
    }

    /// Ends the phase with its record.
    pub(super) fn finish(mut self, mut record: PhaseRecord) -> PhaseRecord {
        self.finished = true;
        let mut state = self.board.state();
        // Whoever reads the metrics after this instant waits for the lock, and finds the phase there.
        record.recorded_unix_ns = Calendar::now().now_unix_ns();
        state.active_ns += record.load_ns();
        state.done.push(record.clone());
        state.running = None;
        record
    }
}

impl Drop for Ongoing {
    fn drop(&mut self) {
        if !self.finished {
            let mut state = self.board.state();
            if let Some(running) = state.running.take() {
                state.active_ns += running.load_ns();
            }
        }
    }
}
