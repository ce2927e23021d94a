//! When each request is intended to be sent, exactly, and which request it is.

use std::sync::Arc;

use super::clock::SECOND_NS;
use super::lottery::{Lottery, Stream};
use super::timetable::Timetable;
use crate::domain::load::{Arrivals, Phase};
use crate::domain::plan::Stage;

/// Salts of the two streams of a phase.
const CHOICES: u64 = 1;
const GAPS: u64 = 2;

/// One intended send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Event {
    /// Nanoseconds after the phase's start.
    pub(super) offset_ns: u64,
    /// Index of the request in the specification.
    pub(super) request: usize,
}

/// The schedule of a phase: a pure function of its parameters.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    pub(super) stage: Stage,
    pub(super) arrivals: Arrivals,
    pub(super) seed: u64,
    pub(super) phase: Phase,
    pub(super) lottery: Arc<Lottery>,
    pub(super) timetable: Timetable,
}

impl Schedule {
    /// For how long load is on, in nanoseconds.
    pub(super) fn load_ns(&self) -> u64 {
        u64::from(self.stage.seconds) * SECOND_NS
    }

    /// From its start to its end, in nanoseconds; longer where it is held in turn with another.
    pub(super) fn length_ns(&self) -> u64 {
        self.timetable.wall_end_ns(self.load_ns())
    }

    /// The events i = `worker` (mod `workers`), in order of time.
    pub(super) fn share(&self, worker: u16, workers: u16) -> Share {
        Share {
            times: match self.arrivals {
                Arrivals::Even => Times::Even,
                Arrivals::Poisson => {
                    Times::Poisson { gaps: Stream::new(self.seed, self.phase, GAPS), drawn: 0, elapsed_ns: 0.0 }
                }
            },
            choices: Stream::new(self.seed, self.phase, CHOICES),
            schedule: self.clone(),
            next: u64::from(worker),
            step: u64::from(workers),
        }
    }
}

/// How the time of an event comes about.
#[derive(Clone, Debug)]
enum Times {
    Even,
    /// The time of an event is the sum of all gaps up to it, so each worker draws those of the others as well.
    Poisson {
        gaps: Stream,
        drawn: u64,
        elapsed_ns: f64,
    },
}

impl Times {
    /// Nanoseconds of load from the start to event `index`; indices must not decrease.
    fn offset_ns(&mut self, index: u64, rate: u32) -> u64 {
        match self {
            // Fits in u64: the index is below rate * seconds.
            Self::Even => (u128::from(index) * u128::from(SECOND_NS) / u128::from(rate)) as u64,
            Self::Poisson { gaps, drawn, elapsed_ns } => {
                while *drawn <= index {
                    *elapsed_ns -= gaps.draw_unit(*drawn).ln() * SECOND_NS as f64 / f64::from(rate);
                    *drawn += 1;
                }
                *elapsed_ns as u64
            }
        }
    }
}

/// One worker's part of a schedule.
#[derive(Clone, Debug)]
pub(super) struct Share {
    schedule: Schedule,
    times: Times,
    choices: Stream,
    next: u64,
    step: u64,
}

impl Iterator for Share {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        let index = self.next;
        let offset_ns = self.times.offset_ns(index, self.schedule.stage.rate);
        if offset_ns >= self.schedule.load_ns() {
            return None;
        }
        self.next += self.step;
        let offset_ns = self.schedule.timetable.wall_ns(offset_ns);
        Some(Event { offset_ns, request: self.schedule.lottery.choose(self.choices.draw(index)) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::load::{RequestSpec, Turn, TurnSide};
    use crate::load::target::tests::request;

    fn schedule(rate: u32, seconds: u32, arrivals: Arrivals) -> Schedule {
        let requests = [1_u32, 3].map(|weight| RequestSpec { weight, ..request("r", "http://h/") });
        Schedule {
            stage: Stage { rate, seconds },
            arrivals,
            seed: 11,
            phase: Phase::Stage(0),
            lottery: Arc::new(Lottery::new(&requests)),
            timetable: Timetable::default(),
        }
    }

    proptest! {
        #[test]
        fn even_times_are_exact_and_as_many_as_planned(rate in 1_u32..5_000, seconds in 1_u32..4) {
            let schedule = schedule(rate, seconds, Arrivals::Even);
            let offsets: Vec<u64> = schedule.share(0, 1).map(|event| event.offset_ns).collect();
            prop_assert_eq!(offsets.len() as u64, schedule.stage.requests());
            for (index, offset) in offsets.iter().enumerate() {
                prop_assert_eq!(*offset, index as u64 * SECOND_NS / u64::from(rate));
            }
        }

        #[test]
        fn the_shares_of_any_number_of_workers_are_the_whole(workers in 1_u16..9, poisson: bool) {
            let arrivals = if poisson { Arrivals::Poisson } else { Arrivals::Even };
            let schedule = schedule(997, 2, arrivals);
            let whole: Vec<Event> = schedule.share(0, 1).collect();
            let mut shares: Vec<Share> = (0..workers).map(|worker| schedule.share(worker, workers)).collect();
            let dealt: Vec<Event> =
                (0..whole.len()).map(|index| shares[index % usize::from(workers)].next().unwrap()).collect();
            prop_assert_eq!(dealt, whole);
            prop_assert!(shares.iter_mut().all(|share| share.next().is_none()));
        }
    }

    proptest! {
        #[test]
        fn in_turn_every_request_of_the_plain_schedule_is_sent_in_its_own_slices(
            rate in 1_u32..2_000, seconds in 1_u32..12, slice_seconds in 1_u32..4, second: bool, poisson: bool,
        ) {
            let side = if second { TurnSide::Second } else { TurnSide::First };
            let plain = schedule(rate, seconds, if poisson { Arrivals::Poisson } else { Arrivals::Even });
            let turn = Timetable::new(Some(Turn { side, slice_seconds }));
            let masked = Schedule { timetable: turn, ..plain.clone() };
            let (plain, held): (Vec<Event>, Vec<Event>) = (plain.share(0, 1).collect(), masked.share(0, 1).collect());
            prop_assert_eq!(plain.len(), held.len());
            for (plain, held) in plain.iter().zip(&held) {
                prop_assert_eq!((turn.load_ns(held.offset_ns), held.request), (plain.offset_ns, plain.request));
                let slice = held.offset_ns / SECOND_NS / u64::from(slice_seconds) % 4;
                prop_assert_eq!(side == TurnSide::First, slice == 0 || slice == 3);
                prop_assert!(held.offset_ns < masked.length_ns());
            }
            prop_assert!(held.is_sorted_by_key(|event| event.offset_ns));
        }
    }

    #[test]
    fn poisson_gaps_have_the_rate_and_the_spread_of_the_exponential() {
        let schedule = schedule(1_000, 50, Arrivals::Poisson);
        let offsets: Vec<f64> = schedule.share(0, 1).map(|event| event.offset_ns as f64 / 1e6).collect();
        // 50,000 expected, 5 standard deviations are 1,118.
        assert!(offsets.len().abs_diff(50_000) < 1_118, "{}", offsets.len());
        let gaps: Vec<f64> = offsets.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        assert!((mean - 1.0).abs() < 0.03 && (variance - 1.0).abs() < 0.1, "mean {mean}, variance {variance}");
    }
}
