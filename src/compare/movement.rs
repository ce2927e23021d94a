//! How far a series moved, counted in its limit.

use crate::domain::comparison::SideSummary;
use crate::domain::limit::{Direction, Limit};

/// Changes of shares of counted events below this are nobody's concern, whatever the limit: 0.1 percentage point.
pub(super) const LEAST_SHARE: f64 = 0.001;

/// A series' median on both sides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Movement {
    /// The baseline's median.
    pub(super) baseline: f64,
    /// The candidate's median.
    pub(super) candidate: f64,
    /// Which way is good.
    pub(super) direction: Direction,
}

/// A movement by its sense, with its size as a multiple of the limit: 1 is exactly the limit.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Size {
    /// The medians are equal.
    None,
    /// For the worse.
    Worse(f64),
    /// For the better.
    Better(f64),
    /// From 0, for the better to it, or from one sign to the other, under a limit that is only relative.
    Undefined,
}

impl Movement {
    /// From the baseline's median to the candidate's.
    pub(super) fn between(baseline: &SideSummary, candidate: &SideSummary, direction: Direction) -> Self {
        Self { baseline: baseline.median, candidate: candidate.median, direction }
    }

    /// Candidate / baseline - 1; none from a baseline of 0.
    pub(super) fn relative(&self) -> Option<f64> {
        // By the magnitude, so that a negative gauge that grows has grown.
        (self.baseline != 0.0).then(|| (self.candidate - self.baseline) / self.baseline.abs())
    }

    /// Whether one side is positive and the other negative.
    pub(super) fn has_turned(&self) -> bool {
        self.baseline * self.candidate < 0.0
    }

    /// How much worse the candidate is.
    fn worse(&self) -> f64 {
        match self.direction {
            Direction::Lower => self.candidate - self.baseline,
            Direction::Higher => self.baseline - self.candidate,
        }
    }

    /// Whether it is for the worse.
    pub(super) fn is_worse(&self) -> bool {
        self.worse() > 0.0
    }

    /// Whether it is for the better by a limit of its own, which counts from the baseline.
    pub(super) fn is_better_by(&self, limit: &Limit) -> bool {
        let better = -self.worse();
        better > 0.0 && reaches(in_limits(better, self.baseline, limit), 1.0)
    }

    /// The movement in limits. An improvement is what would be a regression with the sides exchanged, so that both
    /// senses are judged alike: under `+25%`, from 1.25 to 1 counts as much as from 1 to 1.25.
    pub(super) fn size(&self, limit: &Limit) -> Size {
        let worse = self.worse();
        if worse == 0.0 {
            Size::None
        } else if (self.has_turned() || self.baseline == 0.0 || worse < 0.0 && self.candidate == 0.0)
            && limit.absolute.is_none()
        {
            Size::Undefined
        } else if worse > 0.0 {
            Size::Worse(in_limits(worse, self.baseline, limit))
        } else {
            Size::Better(in_limits(-worse, self.candidate, limit))
        }
    }
}

/// What is this close below a bar, of the bar, has reached it: 5 % more is 5 % more, whatever the last digit says.
const ROUNDING: f64 = 1e-9;

/// Whether a size has reached a bar.
pub(super) fn reaches(size: f64, bar: f64) -> bool {
    size >= bar - ROUNDING * bar.abs()
}

/// A positive difference, seen from a reference value, in limits. Both parts must be passed, so the lesser counts;
/// from a reference of 0 every relative part is passed.
fn in_limits(difference: f64, reference: f64, limit: &Limit) -> f64 {
    let relative = limit.relative.map(|part| difference / reference.abs() / part);
    let absolute = limit.absolute.map(|part| difference / part);
    relative.into_iter().chain(absolute).reduce(f64::min).unwrap_or(0.0)
}

/// What a relative change makes of a logarithm; a fall to nothing, or below, is without bound.
pub(super) fn in_logarithms(part: f64, is_rise: bool) -> f64 {
    match is_rise {
        true => part.ln_1p(),
        false if part < 1.0 => -(-part).ln_1p(),
        false => f64::INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(baseline: f64, candidate: f64, direction: Direction, relative: Option<f64>, absolute: Option<f64>) -> Size {
        Movement { baseline, candidate, direction }.size(&Limit { relative, absolute })
    }

    #[test]
    fn both_parts_of_a_limit_must_be_passed() {
        // Twice the relative limit, half the absolute one.
        assert_eq!(size(1.0, 1.5, Direction::Lower, Some(0.25), Some(1.0)), Size::Worse(0.5));
        assert_eq!(size(1.0, 1.5, Direction::Lower, Some(0.25), Some(0.25)), Size::Worse(2.0));
    }

    #[test]
    fn the_direction_says_what_is_worse() {
        assert_eq!(size(4.0, 3.0, Direction::Higher, Some(0.25), None), Size::Worse(1.0));
        assert_eq!(size(3.0, 4.0, Direction::Higher, Some(0.25), None), Size::Better(1.0));
        assert_eq!(size(5.0, 4.0, Direction::Lower, Some(0.25), None), Size::Better(1.0));
    }

    #[test]
    fn from_zero_only_an_absolute_limit_can_judge() {
        assert_eq!(size(0.0, 1.0, Direction::Lower, Some(0.25), None), Size::Undefined);
        assert_eq!(size(0.0, 1.0, Direction::Lower, Some(0.25), Some(0.5)), Size::Worse(2.0));
        assert_eq!(size(0.0, 0.0, Direction::Lower, Some(0.25), None), Size::None);
        assert_eq!(size(8.0, 0.0, Direction::Higher, Some(0.25), None), Size::Worse(4.0));
    }

    #[test]
    fn to_zero_only_an_absolute_limit_can_tell_an_improvement() {
        assert_eq!(size(1.0, 0.0, Direction::Lower, Some(0.25), None), Size::Undefined);
        assert_eq!(size(1.0, 0.0, Direction::Lower, Some(0.25), Some(0.5)), Size::Better(2.0));
    }

    #[test]
    fn exactly_the_limit_reaches_it_whatever_the_last_digit_says() {
        let Size::Worse(limits) = size(1.1, 1.155, Direction::Lower, Some(0.05), None) else { panic!("it is worse") };
        assert!(limits < 1.0 && reaches(limits, 1.0), "{limits}");
        assert!(!reaches(0.999, 1.0));
    }

    #[test]
    fn a_negative_gauge_that_grows_has_grown() {
        let movement = Movement { baseline: -2.0, candidate: -1.0, direction: Direction::Lower };
        assert_eq!(movement.relative(), Some(0.5));
        assert_eq!(movement.size(&Limit { relative: Some(0.5), absolute: None }), Size::Worse(1.0));
    }

    #[test]
    fn from_one_sign_to_the_other_only_an_absolute_limit_can_judge() {
        for (baseline, candidate) in [(-1.0, 1.0), (1.0, -1.0)] {
            assert_eq!(size(baseline, candidate, Direction::Lower, Some(0.25), None), Size::Undefined);
        }
        assert_eq!(size(-1.0, 1.0, Direction::Lower, Some(0.25), Some(0.5)), Size::Worse(4.0));
    }
}
