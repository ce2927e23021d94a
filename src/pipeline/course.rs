//! How far the rounds of a job have come: where the one under way lies, and about how long the rest takes.

use std::time::Duration;

use crate::domain::progress::{InPair, Place, TimeLeft, Twins};
use crate::domain::settings::Benchmark;

/// What a round takes beyond its load before one was measured, for the time left.
const GUESSED_OVERHEAD: Duration = Duration::from_secs(15);

/// Where a job is among its rounds.
#[derive(Clone, Debug)]
pub(super) struct Course {
    /// How long the warm-up is, and the stages; twins have the first at the same time, the others in turn.
    warm_up: Duration,
    stages: Duration,
    /// What those so far took.
    spent: Vec<Duration>,
    place: Place,
    /// Rounds that are still to be measured, the one under way included: at least, and at most.
    left: (u32, u32),
}

impl Course {
    /// Before the first round.
    pub(super) fn new(benchmark: &Benchmark) -> Self {
        let warm_up = benchmark.load.warm_up.map_or(0, |stage| u64::from(stage.seconds));
        let (warm_up, stages) = (Duration::from_secs(warm_up), Duration::from_secs(benchmark.load.plan.seconds()));
        Self { warm_up, stages, spent: Vec::new(), place: Place::Round { number: 1, of: 1 }, left: (1, 1) }
    }

    /// A round of a side by itself is next; after the last of them so many rounds more may be needed.
    pub(super) fn at_round(&mut self, number: u16, of: u16, may_follow: u32) {
        let left = u32::from(of.saturating_sub(number)) + 1;
        (self.place, self.left) = (Place::Round { number, of }, (left, left + may_follow));
    }

    /// A round of a pair is next.
    pub(super) fn at_pair(&mut self, pair: InPair) {
        let of_this = if pair.is_first { 2 } else { 1 };
        let until = |last: u16| 2 * u32::from(last.saturating_sub(pair.number)) + of_this;
        (self.place, self.left) = (Place::Pair(pair), (until(pair.least), until(pair.most)));
    }

    /// Both rounds of a pair are next, as twins: they count as one.
    pub(super) fn at_twins(&mut self, twins: Twins) {
        let until = |last: u16| u32::from(last.saturating_sub(twins.number)) + 1;
        (self.place, self.left) = (Place::Twins(twins), (until(twins.least), until(twins.most)));
    }

    /// The round that is next, or under way.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// A round, or an attempt at one, took so long.
    pub(super) fn took(&mut self, elapsed: Duration) {
        self.spent.push(elapsed);
    }

    /// About how long a round takes: as the ones before did, else its load and a guess.
    pub(super) fn of_one(&self) -> Duration {
        let count = u32::try_from(self.spent.len()).unwrap_or(u32::MAX);
        let stages = if matches!(self.place, Place::Twins(_)) { 2 * self.stages } else { self.stages };
        self.spent.iter().sum::<Duration>().checked_div(count).unwrap_or(self.warm_up + stages + GUESSED_OVERHEAD)
    }

    /// About how long a pair takes.
    pub(super) fn of_pair(&self) -> Duration {
        let rounds = if matches!(self.place, Place::Twins(_)) { 1 } else { 2 };
        rounds * self.of_one()
    }

    /// From the beginning of this round to the end of all.
    pub(super) fn left(&self) -> TimeLeft {
        let one = self.of_one();
        TimeLeft { least: one * self.left.0, most: one * self.left.1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::run::Arm;

    fn course() -> Course {
        let (warm_up, stages) = (Duration::from_secs(2), Duration::from_secs(8));
        Course { warm_up, stages, spent: Vec::new(), place: Place::Round { number: 1, of: 1 }, left: (1, 1) }
    }

    fn seconds(course: &Course) -> (u64, u64) {
        (course.left().least.as_secs(), course.left().most.as_secs())
    }

    #[test]
    fn the_first_rounds_are_guessed_by_their_load_and_the_others_by_those_before() {
        let mut course = course();
        course.at_round(1, 3, 0);
        assert_eq!(seconds(&course), (75, 75));
        course.took(Duration::from_secs(11));
        course.took(Duration::from_secs(13));
        course.at_round(3, 3, 3);
        assert_eq!(seconds(&course), (12, 48), "three more, if it has to be confirmed");
    }

    #[test]
    fn of_pairs_both_rounds_are_counted_to_the_next_look_and_to_the_last() {
        let mut course = course();
        course.took(Duration::from_secs(10));
        let pair = InPair { number: 3, least: 10, most: 32, arm: Arm::Baseline, is_first: true };
        course.at_pair(pair);
        assert_eq!(seconds(&course), (160, 600));
        course.at_pair(InPair { is_first: false, ..pair });
        assert_eq!(seconds(&course), (150, 590));
        assert_eq!(course.of_pair(), Duration::from_secs(20));
    }

    #[test]
    fn twins_are_measured_at_once() {
        let mut course = course();
        course.at_twins(Twins { number: 3, least: 10, most: 32 });
        assert_eq!((seconds(&course), course.of_pair().as_secs()), ((264, 990), 33));
        course.took(Duration::from_secs(10));
        assert_eq!(seconds(&course), (80, 300));
    }
}
