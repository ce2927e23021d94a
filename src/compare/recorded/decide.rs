//! What a look says of one series.

use crate::compare::movement::reaches;
use crate::compare::stats::Adjusted;
use crate::domain::comparison::Tier;
use crate::domain::verdict::Verdict;

use super::sample::{Sample, Size};

/// What a look says.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Decision {
    /// It is decided.
    Made(Verdict, Option<Tier>),
    /// It is not worse beyond its limit, but further pairs may show more than that.
    Within(&'static str),
    /// Whether it is worse beyond its limit can't be told.
    Open,
}

/// The differences of a sample that its limits ask for; infinite where there is no such limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bars {
    pub(super) limit: f64,
    warn: f64,
    improvement: f64,
}

impl Bars {
    /// Of a series with a limit.
    pub(super) fn of(sample: &Sample<'_>) -> Option<Self> {
        let series = sample.series;
        let limit = series.limit.as_ref()?;
        let better = series.improvement.as_ref().map(|better| sample.for_the_better(better));
        Some(Self {
            limit: sample.for_the_worse(limit),
            warn: series.warn.as_ref().map_or(f64::INFINITY, |warn| sample.for_the_worse(warn)),
            improvement: better.unwrap_or_else(|| sample.mirrored(limit)),
        })
    }
}

/// Decides a sample of this size by the chances that it has when nothing changed, of which one up to `claim` is a claim.
pub(super) fn decide(sample: &Sample<'_>, size: Size, bars: Bars, chances: Adjusted, claim: f64) -> Decision {
    if sample.is_same() {
        return match sample.is_silent(size, bars.limit) {
            true => Decision::Within("the same in every pair, of too few events to exclude a change beyond the limit"),
            false => Decision::Made(Verdict::Unchanged, None),
        };
    }
    let (is_worse, is_better) = (chances.worse <= claim, chances.better <= claim);
    let is_within = size.upper.is_some_and(|upper| upper < bars.limit);
    if is_worse && reaches(size.centre, bars.limit) {
        Decision::Made(Verdict::Regression, Some(Tier::Fail))
    } else if is_better && reaches(-size.centre, bars.improvement) {
        Decision::Made(Verdict::Improvement, None)
    } else if !is_within {
        Decision::Open
    } else if reaches(size.centre, bars.warn) {
        match is_worse {
            true => Decision::Made(Verdict::Regression, Some(Tier::Warn)),
            false => Decision::Within("looks worse beyond the limit that warns, but that is not shown"),
        }
    } else if reaches(-size.centre, bars.improvement) {
        Decision::Within("looks better, but that is not shown")
    } else {
        Decision::Made(Verdict::Unchanged, None)
    }
}
