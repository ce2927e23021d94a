//! Recorded rounds in pairs, as the procedure judges them, wherever they come from: a job, a file, a simulation.

use serde::{Deserialize, Serialize};

use super::comparison::{Estimate, Tier};
use super::limit::{Direction, Limit, Unit};
use super::verdict::Verdict;

/// One series over the pairs of a comparison.
#[derive(Clone, PartialEq, Debug)]
pub struct RecordedSeries {
    /// Unique within what is judged together.
    pub name: String,
    /// Which way is good.
    pub direction: Direction,
    /// How changes are counted.
    pub scale: Scale,
    /// How far it may move for the worse; none: never judged.
    pub limit: Option<Limit>,
    /// How far it may move for the worse before that is told.
    pub warn: Option<Limit>,
    /// How far it has to move for the better; none: as `limit`, mirrored.
    pub improvement: Option<Limit>,
    /// Whether its verdict decides: then it shares in the control of the family-wise error.
    pub primary: bool,
    /// Whether 0 on one side alone is a value as any other, and not a fault of the measurement.
    pub nullable: bool,
    /// One a pair, in the order in which they were measured; every series of a comparison has as many.
    pub pairs: Vec<RecordedPair>,
}

impl RecordedSeries {
    /// Whether it is a share of events that were counted: each pair with values of both sides has totals.
    pub fn has_totals(&self) -> bool {
        let mut both = self.pairs.iter().filter(|pair| pair.baseline.is_some() && pair.candidate.is_some()).peekable();
        both.peek().is_some() && both.all(|pair| pair.totals.is_some())
    }
}

/// How changes of a series are counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scale {
    /// As ratios: latencies, CPU time, bytes. Values are positive.
    Ratio,
    /// As differences: shares, and what may be 0 or negative.
    Difference,
}

impl Scale {
    /// That of a series in this unit, under its limit. Shares may be 0; and what counts single events has no ratio worth
    /// the name, unless its limit asks for one.
    pub fn of(unit: Unit, limit: Option<Limit>) -> Self {
        let is_count = unit == Unit::Count && limit.is_some_and(|limit| limit.relative.is_none());
        if unit == Unit::Ratio || is_count { Self::Difference } else { Self::Ratio }
    }
}

/// The values of a series in one pair of rounds; none where a side has none.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct RecordedPair {
    /// The baseline's.
    pub baseline: Option<f64>,
    /// The candidate's.
    pub candidate: Option<f64>,
    /// Of a share: the events that it is of, baseline and candidate.
    pub totals: Option<(f64, f64)>,
}

impl RecordedPair {
    /// Of what the sides have: values, each of a share with its total. One side's total alone is none.
    pub fn of(baseline: Option<(f64, Option<f64>)>, candidate: Option<(f64, Option<f64>)>) -> Self {
        let total = |side: Option<(f64, Option<f64>)>| side.and_then(|(_, total)| total);
        Self {
            baseline: baseline.map(|(value, _)| value),
            candidate: candidate.map(|(value, _)| value),
            totals: total(baseline).zip(total(candidate)),
        }
    }
}

/// After how many pairs is looked, and how sure a claim has to be.
#[derive(Clone, PartialEq, Debug)]
pub struct Looks {
    /// Numbers of pairs, ascending.
    pub at: Vec<u16>,
    /// The family-wise error of a job in each direction, such as 0.05; shared by the looks.
    pub error: f64,
    /// Seed of the random draws, where not all flips of signs can be counted.
    pub seed: u64,
}

/// What was found over all series.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// One a series, in their order.
    pub series: Vec<SeriesFinding>,
    /// How many pairs were used: those up to the look that ended it, or all.
    pub pairs: u16,
    /// The looks that were taken, the one that ended it last.
    pub looks: Vec<u16>,
    /// Whether further pairs would change nothing: every primary series is decided, one is worse, or the last look
    /// was taken.
    pub is_decided: bool,
}

/// What was found of one series.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SeriesFinding {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, where the figures do not say it.
    pub reason: Option<String>,
    /// Of a regression: which limit it passed.
    pub tier: Option<Tier>,
    /// How large the change is; none where nothing could be computed.
    pub estimate: Option<Estimate>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_counts_of_single_events_have_no_ratio() {
        let absolute = Some(Limit { relative: None, absolute: Some(2.0) });
        let both = Some(Limit { relative: Some(0.1), absolute: Some(2.0) });
        for (unit, limit, scale) in [
            (Unit::Ratio, both, Scale::Difference),
            (Unit::Count, absolute, Scale::Difference),
            (Unit::Count, both, Scale::Ratio),
            (Unit::Count, None, Scale::Ratio),
            (Unit::Seconds, absolute, Scale::Ratio),
        ] {
            assert_eq!(Scale::of(unit, limit), scale, "{unit:?} {limit:?}");
        }
    }

    #[test]
    fn totals_are_those_of_both_sides_in_all_pairs_that_have_both() {
        let share = |total| Some((0.0, total));
        let series = |pairs: Vec<RecordedPair>| RecordedSeries {
            name: "errors".to_owned(),
            direction: Direction::Lower,
            scale: Scale::Difference,
            limit: None,
            warn: None,
            improvement: None,
            primary: true,
            nullable: false,
            pairs,
        };
        let counted = RecordedPair::of(share(Some(9.0)), share(Some(8.0)));
        let half = RecordedPair::of(share(Some(9.0)), share(None));
        let alone = RecordedPair::of(None, share(None));
        assert_eq!((counted.totals, half.totals), (Some((9.0, 8.0)), None));
        assert!(series(vec![counted, alone]).has_totals());
        assert!(!series(vec![counted, half]).has_totals());
        assert!(!series(vec![alone]).has_totals() && !series(Vec::new()).has_totals());
    }
}
