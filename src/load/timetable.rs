//! When the instants of a plain schedule are, where two generators share the time in slices, A B B A A B B A ...
//!
//! A schedule counts load time: nanoseconds in which the phase is on. A phase that has its time to itself is on
//! throughout; one that is held in turn pauses while the other's slices last. Each instant of load time is one of wall
//! time, and their order is the same, so that nothing else of a schedule changes.

use super::clock::SECOND_NS;
use crate::domain::load::{Turn, TurnSide};

/// Maps load time to wall time; both begin at the phase's start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Timetable(Option<Turn>);

impl Timetable {
    /// Without a turn the two are the same.
    pub(super) fn new(turn: Option<Turn>) -> Self {
        Self(turn)
    }

    /// The wall time of an instant of load.
    pub(super) fn wall_ns(self, load_ns: u64) -> u64 {
        let Some(turn) = self.0 else { return load_ns };
        let slice = slice_ns(turn);
        position(turn, load_ns / slice) * slice + load_ns % slice
    }

    /// The wall time at which so much load ends: with the slice, not with the pause after it.
    pub(super) fn wall_end_ns(self, load_ns: u64) -> u64 {
        load_ns.checked_sub(1).map_or(0, |last| self.wall_ns(last) + 1)
    }

    /// How much load time goes by in so much wall time.
    pub(super) fn load_ns(self, wall_ns: u64) -> u64 {
        let Some(turn) = self.0 else { return wall_ns };
        let slice = slice_ns(turn);
        let (four, within, rest) = (wall_ns / slice / 4, wall_ns / slice % 4, wall_ns % slice);
        let (before, is_own) = match (turn.side, within) {
            (TurnSide::First, 0) => (0, true),
            (TurnSide::First, within) => (1, within == 3),
            (TurnSide::Second, 0) => (0, false),
            (TurnSide::Second, within) => (within - 1, within < 3),
        };
        (four * 2 + before) * slice + if is_own { rest } else { 0 }
    }

    /// How long load was on: so much by schedule, and what requests took beyond their slices, into the other's or after
    /// the last. Before the last that is less `usual_ns`, which a request takes anyway: who is under way when a slice ends
    /// is no backlog, and would count once a slice. `ends` holds, by second of wall time and ascending, when the last
    /// request intended in it ended.
    pub(super) fn held_ns(self, scheduled_ns: u64, usual_ns: u64, ends: &[(u32, u64)]) -> u64 {
        let Some(turn) = self.0 else {
            return ends.iter().map(|(_, ended_ns)| *ended_ns).fold(scheduled_ns, u64::max);
        };
        let slice = slice_ns(turn);
        let count = scheduled_ns.div_ceil(slice);
        let (mut ends, mut busy_until, mut over) = (ends.iter().peekable(), 0, 0);
        for own in 0..count {
            let begins = position(turn, own) * slice;
            while let Some((_, ended_ns)) = ends.next_if(|(second, _)| u64::from(*second) * SECOND_NS < begins + slice)
            {
                busy_until = busy_until.max(*ended_ns);
            }
            let (end, next, usual) = match own + 1 == count {
                true => (self.wall_end_ns(scheduled_ns), u64::MAX, 0),
                false => (begins + slice, position(turn, own + 1) * slice, usual_ns),
            };
            over += busy_until.min(next).saturating_sub(end + usual);
        }
        scheduled_ns + over
    }
}

fn slice_ns(turn: Turn) -> u64 {
    u64::from(turn.slice_seconds.max(1)) * SECOND_NS
}

/// Which of all slices is a side's own slice of this number.
fn position(turn: Turn, own: u64) -> u64 {
    let within = match (turn.side, own % 2) {
        (TurnSide::First, 0) => 0,
        (TurnSide::First, _) => 3,
        (TurnSide::Second, 0) => 1,
        (TurnSide::Second, _) => 2,
    };
    own / 2 * 4 + within
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn timetable(side: TurnSide, slice_seconds: u32) -> Timetable {
        Timetable::new(Some(Turn { side, slice_seconds }))
    }

    /// By second of wall time, who is on: from the slices that each side's load seconds lie in.
    fn pattern(load_seconds: u64, slice_seconds: u32) -> String {
        let mut seconds = vec!['.'; 2 * load_seconds as usize + 4 * slice_seconds as usize];
        for (side, name) in [(TurnSide::First, 'A'), (TurnSide::Second, 'B')] {
            for second in 0..load_seconds {
                let wall = timetable(side, slice_seconds).wall_ns(second * SECOND_NS) / SECOND_NS;
                assert_eq!(std::mem::replace(&mut seconds[wall as usize], name), '.', "two at once");
            }
        }
        seconds.into_iter().collect::<String>().trim_end_matches('.').to_owned()
    }

    #[test]
    fn the_sides_alternate_a_b_b_a() {
        assert_eq!(pattern(4, 1), "ABBAABBA");
        assert_eq!(pattern(8, 2), "AABBBBAAAABBBBAA");
        assert_eq!(pattern(3, 2), "AABBB.A");
        assert_eq!(pattern(1, 2), "A.B");
    }

    proptest! {
        #[test]
        fn the_sides_never_overlap_and_no_instant_is_lost(
            first in 0..100 * SECOND_NS, second in 0..100 * SECOND_NS, slice in 1_u32..5,
        ) {
            let (a, b) = (timetable(TurnSide::First, slice), timetable(TurnSide::Second, slice));
            prop_assert_ne!(a.wall_ns(first), b.wall_ns(second));
            for (table, load) in [(a, first), (b, second), (Timetable::default(), first)] {
                // The instant is found again, the order is kept, and the pauses count nothing.
                prop_assert_eq!(table.load_ns(table.wall_ns(load)), load);
                prop_assert!(table.wall_ns(load) < table.wall_ns(load + 1));
                prop_assert_eq!(table.load_ns(table.wall_end_ns(load)), load);
            }
            // Of all wall time, one side or the other is on.
            prop_assert_eq!(a.load_ns(first) + b.load_ns(first), first);
        }
    }

    #[test]
    fn what_runs_into_the_others_slices_or_beyond_the_last_is_load_as_well() {
        let ms = |ms: u64| ms * 1_000_000;
        let table = timetable(TurnSide::Second, 1);
        // Its slices are the seconds 1 and 2, 5 and 6; only what follows 2 and 6 lies beyond them.
        let prompt = [(1, ms(1_999)), (2, ms(2_990)), (5, ms(5_990)), (6, ms(6_990))];
        assert_eq!(table.held_ns(ms(4_000), 0, &prompt), ms(4_000));
        let late = [(1, ms(2_500)), (2, ms(3_200)), (5, ms(6_300)), (6, ms(7_100))];
        assert_eq!(table.held_ns(ms(4_000), 0, &late), ms(4_300));
        // Were 250 ms what a request takes, then only the end of the last slice would be late.
        assert_eq!(table.held_ns(ms(4_000), ms(250), &late), ms(4_100));
        assert_eq!(table.held_ns(ms(4_000), ms(150), &late), ms(4_150));
        // One that takes until after the next own slice was on all the time.
        let slow = [(1, ms(6_500)), (6, ms(6_900))];
        assert_eq!(table.held_ns(ms(4_000), 0, &slow), ms(6_000));
        assert_eq!(Timetable::default().held_ns(ms(4_000), 0, &[(0, ms(500)), (3, ms(4_100))]), ms(4_100));
        assert_eq!(Timetable::default().held_ns(ms(4_000), 0, &[(0, ms(500))]), ms(4_000));
    }
}
