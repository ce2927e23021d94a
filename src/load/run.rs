//! One phase under way: the workers' parts of it on one side, its record on the other.

use std::io;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{MissedTickBehavior, interval_at};

use super::board::Ongoing;
use super::clock::{Calendar, Mono, SECOND_NS};
use super::error::LoadError;
use super::schedule::Schedule;
use super::slices::{Outlet, SettledSlice, SliceBook, Slices};
use super::tally::{ClosedTally, RequestTally};
use super::timetable::Timetable;
use super::worker::Order;
use crate::domain::grpc::GrpcCode;
use crate::domain::load::{HeldTurn, Ledger, Phase, PhaseRecord, RequestRecord, SliceTails, Turn};
use crate::domain::plan::Stage;

/// Between the order to run and the first intended send: time for the workers to hear of it.
const LEAD_NS: u64 = 10_000_000;

/// When a schedule is on, by both clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    calendar: Calendar,
    /// The intended time of the first request.
    pub(super) start: Mono,
    /// The end of the schedule.
    pub(super) end: Mono,
}

impl Window {
    /// At a time by the calendar, or at once; refused with how much too late that is.
    pub(super) fn starting(start_unix_ns: Option<u64>, length_ns: u64) -> Result<Self, Duration> {
        let calendar = Calendar::now();
        let soonest = calendar.now_unix_ns() + LEAD_NS;
        let start_unix_ns = start_unix_ns.unwrap_or(soonest);
        let late = Duration::from_nanos(soonest.saturating_sub(start_unix_ns));
        let start = calendar.mono(start_unix_ns).filter(|_| late.is_zero()).ok_or(late)?;
        Ok(Self { calendar, start, end: start.plus_ns(length_ns) })
    }
}

/// A phase that was ordered from the workers. Dropping it gives the phase up.
pub(super) struct Run {
    phase: Phase,
    planned: Stage,
    turn: Option<Turn>,
    window: Window,
    ongoing: Ongoing,
    settled: mpsc::UnboundedReceiver<(usize, SettledSlice)>,
    parts: Vec<oneshot::Receiver<io::Result<ClosedTally>>>,
}

impl Run {
    /// Deals the schedule to the workers. One that is gone drops its order, which [`Run::finish`] notices.
    pub(super) fn order(
        schedule: &Schedule,
        turn: Option<Turn>,
        window: Window,
        ongoing: Ongoing,
        workers: &[mpsc::UnboundedSender<Order>],
    ) -> Self {
        let (sender, settled) = mpsc::unbounded_channel();
        // The specification was refused if it had more workers than u16 counts.
        let count = workers.len() as u16;
        let parts = workers.iter().zip(0..count).map(|(worker, index)| {
            let (done, part) = oneshot::channel();
            let share = schedule.share(index, count);
            let settled = Outlet { worker: usize::from(index), book: sender.clone() };
            let _ = worker.send(Order { share, start: window.start, end: window.end, settled, done });
            part
        });
        let Schedule { phase, stage: planned, .. } = *schedule;
        Self { phase, planned, turn, window, ongoing, parts: parts.collect(), settled }
    }

    /// Follows the phase to the end of its drain.
    pub(super) async fn finish(mut self) -> Result<PhaseRecord, LoadError> {
        let book = self.follow().await;
        let mut parts = self.collect().await?;
        let Window { calendar, start, end } = self.window;
        let drained = parts.iter().map(|part| part.last_end).fold(end, Mono::max);
        let slices = complete(book, &mut parts);
        let requests = merge(&self.ongoing.board().names, &parts, &slices.tails);
        let record = PhaseRecord {
            phase: self.phase,
            planned: self.planned,
            started_unix_ns: calendar.unix_ns(start),
            scheduled_end_unix_ns: calendar.unix_ns(end),
            drained_unix_ns: calendar.unix_ns(drained),
            recorded_unix_ns: 0,
            turn: self.held(&slices, start, usual_ns(&requests)),
            ledger: requests.iter().fold(Ledger::default(), |sum, request| sum.plus(&request.ledger)),
            requests,
            slices: slices.records,
            tails: slices.all,
        };
        Ok(self.ongoing.finish(record))
    }

    /// Merges slices as they settle, and takes the pulse, until no worker has anything to say any more.
    async fn follow(&mut self) -> SliceBook {
        let mut book = SliceBook::new(self.parts.len(), self.ongoing.board().names.len());
        let second = Duration::from_secs(1);
        let mut seconds = interval_at(tokio::time::Instant::now() + second, second);
        seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                slice = self.settled.recv() => match slice {
                    Some((worker, slice)) => book.add(worker, slice),
                    None => return book,
                },
                _ = seconds.tick() => self.ongoing.board().tick(),
            }
        }
    }

    fn held(&self, slices: &Slices, start: Mono, usual_ns: u64) -> Option<HeldTurn> {
        let turn = self.turn?;
        let ends: Vec<_> = slices.ends.iter().map(|(second, ended)| (*second, ended.since(start))).collect();
        let scheduled_ns = u64::from(self.planned.seconds) * SECOND_NS;
        Some(HeldTurn { turn, load_ns: Timetable::new(Some(turn)).held_ns(scheduled_ns, usual_ns, &ends) })
    }

    async fn collect(&mut self) -> Result<Vec<ClosedTally>, LoadError> {
        let phase = self.phase;
        let mut tallies = Vec::new();
        for part in self.parts.drain(..) {
            let tally = part.await.map_err(|_gone| LoadError::WorkerLost { phase })?;
            tallies.push(tally.map_err(|source| LoadError::Pace { phase, source })?);
        }
        Ok(tallies)
    }
}

/// What the slowest kind of request takes nine times in ten.
fn usual_ns(requests: &[RequestRecord]) -> u64 {
    requests.iter().map(|request| request.service.p90_ns).max().unwrap_or_default()
}

fn merge(names: &[String], parts: &[ClosedTally], tails: &[Option<SliceTails>]) -> Vec<RequestRecord> {
    let requests = names.iter().zip(tails).enumerate().map(|(index, (name, tails))| {
        let mut tally = RequestTally::new();
        for part in parts {
            tally.merge(&part.requests[index]);
        }
        RequestRecord {
            name: name.clone(),
            ledger: tally.ledger,
            response: tally.response.summarize(),
            service: tally.service.summarize(),
            lag: tally.lag.summarize(),
            queue_wait: tally.queue_wait.summarize(),
            tails: *tails,
            grpc_codes: GrpcCode::ALL.into_iter().zip(tally.codes).filter(|(_, count)| *count > 0).collect(),
        }
    });
    requests.collect()
}

/// The slices that had settled, and those that the end of the phase settled.
fn complete(mut book: SliceBook, parts: &mut [ClosedTally]) -> Slices {
    for (worker, part) in parts.iter_mut().enumerate() {
        for slice in std::mem::take(&mut part.slices) {
            book.add(worker, slice);
        }
    }
    book.close()
}
