//! What the first pairs of a series come to: differences that can be judged, or the reason why there are none.

use crate::compare::judge::Judgement;
use crate::compare::movement::{LEAST_SHARE, in_logarithms};
use crate::compare::stats::{Counts, Ranks, Stratum, Untied, Walsh, signed_ranks, spread};
use crate::domain::comparison::SideSummary;
use crate::domain::limit::{Direction, Limit};
use crate::domain::recorded::{RecordedPair, RecordedSeries, Scale};
use crate::domain::verdict::Verdict;

/// One pair in so many may lack a value; with more, what is left is a choice of pairs, not a sample of them.
pub(in crate::compare) const MOST_DROPPED: usize = 5;
/// Values this close, of the larger one, are equal, and so are differences, of the largest one.
const ROUNDING: f64 = 1e-12;

/// The first pairs of a series.
pub(super) enum Observed<'a> {
    /// They can be judged.
    Sample(Sample<'a>),
    /// They can't, and further ones would change nothing.
    Never(Judgement),
    /// They can't, but with further ones they may.
    NotYet(Judgement),
}

impl<'a> Observed<'a> {
    /// The first so many pairs.
    pub(super) fn of(series: &'a RecordedSeries, pairs: usize) -> Self {
        let pairs = &series.pairs[..pairs.min(series.pairs.len())];
        if let Some(judgement) = one_sided(pairs) {
            // A side that has values later only lacks those of the first pairs.
            return if one_sided(&series.pairs).is_some() { Self::Never(judgement) } else { Self::NotYet(judgement) };
        }
        if let Some(reason) = infinite(pairs) {
            return Self::Never(Judgement::because(Verdict::Invalid, reason));
        }
        let odd = without_ratio(pairs).filter(|_| series.scale == Scale::Ratio);
        // What is never judged is told as far as that goes.
        let is_ratio = series.scale == Scale::Ratio && odd.is_none();
        if let Some(reason) = odd.filter(|odd| !(series.limit.is_none() || series.nullable && odd.is_zero)) {
            return Self::Never(Judgement::because(Verdict::Invalid, reason.told));
        }
        let usable: Vec<_> = pairs.iter().map(values).collect();
        let dropped = usable.iter().filter(|pair| pair.is_none()).count();
        if dropped * MOST_DROPPED > pairs.len() {
            let reason = format!("{dropped} of {} pairs lack a value of a side", pairs.len());
            return Self::NotYet(Judgement::because(Verdict::Invalid, reason));
        }
        let sample = Sample::new(series, pairs, &usable, is_ratio);
        match sample.without_reference() {
            true => {
                let reason = "the baseline is 0, so there is no relative change: give the limit an absolute part";
                Self::NotYet(Judgement::because(Verdict::Invalid, reason))
            }
            false => Self::Sample(sample),
        }
    }
}

/// The values of a pair that has both, and events where they are shares of some.
fn values(pair: &RecordedPair) -> Option<(f64, f64)> {
    let is_of_events = pair.totals.is_none_or(|(baseline, candidate)| baseline > 0.0 && candidate > 0.0);
    number(pair.baseline).zip(number(pair.candidate)).filter(|_| is_of_events)
}

fn number(value: Option<f64>) -> Option<f64> {
    value.filter(|value| !value.is_nan())
}

fn one_sided(pairs: &[RecordedPair]) -> Option<Judgement> {
    let has_baseline = pairs.iter().any(|pair| number(pair.baseline).is_some());
    let has_candidate = pairs.iter().any(|pair| number(pair.candidate).is_some());
    match (has_baseline, has_candidate) {
        (true, true) => None,
        (true, false) => Some(Judgement::because(Verdict::Gone, "no pair has a value of the candidate")),
        (false, true) => Some(Judgement::because(Verdict::New, "no pair has a value of the baseline")),
        (false, false) => Some(Judgement::because(Verdict::NoData, "no pair has a value")),
    }
}

fn infinite(pairs: &[RecordedPair]) -> Option<String> {
    let of = |value: Option<f64>| value.filter(|value| value.is_infinite());
    pairs.iter().enumerate().find_map(|(index, pair)| {
        let (side, value) = of(pair.baseline)
            .map(|value| ("baseline", value))
            .or_else(|| of(pair.candidate).map(|value| ("candidate", value)))?;
        Some(format!("pair {}: {value} of the {side} is no measurement", index + 1))
    })
}

fn is_zero_on_one_side(pair: &RecordedPair) -> bool {
    values(pair).is_some_and(|(baseline, candidate)| (baseline == 0.0) != (candidate == 0.0))
}

/// Why a pair has no ratio.
struct NoRatio {
    /// Whether one side is 0, as may be declared to be no fault.
    is_zero: bool,
    told: String,
}

/// The first pair that has no ratio: one that no declaration excuses, if there is one.
fn without_ratio(pairs: &[RecordedPair]) -> Option<NoRatio> {
    let odd = || pairs.iter().enumerate().filter_map(no_ratio);
    odd().find(|odd| !odd.is_zero).or_else(|| odd().next())
}

fn no_ratio((index, pair): (usize, &RecordedPair)) -> Option<NoRatio> {
    let number = index + 1;
    let negative = [("baseline", pair.baseline), ("candidate", pair.candidate)]
        .into_iter()
        .find_map(|(side, value)| Some((side, value.filter(|value| *value < 0.0)?)));
    if let Some((side, value)) = negative {
        let told = format!("pair {number}: {value} of the {side} is negative and has no ratio");
        return Some(NoRatio { is_zero: false, told });
    }
    let (baseline, candidate) = values(pair).filter(|_| is_zero_on_one_side(pair))?;
    let told = format!(
        "pair {number}: {baseline} of the baseline, {candidate} of the candidate: from or to 0 there is no ratio; if 0 \
         is a value as any other, declare the series nullable"
    );
    Some(NoRatio { is_zero: true, told })
}

/// Pairs that can be judged.
pub(super) struct Sample<'a> {
    pub(super) series: &'a RecordedSeries,
    /// How much worse the candidate is, one a pair; as a difference of logarithms, or of values.
    worse: Vec<Option<f64>>,
    is_ratio: bool,
    tolerance: f64,
    /// What relative limits are of, on the side of the baseline and of the candidate: their medians over the pairs that are
    /// not 0 on both sides, or, where those are 0, what the larger side has on average.
    references: (f64, f64),
    /// Whether the baseline's median is 0 there.
    is_from_nothing: bool,
    /// Where the values are shares of events.
    counts: Option<Counts>,
}

/// How much worse the candidate is, with the bounds of an interval where there are enough pairs for one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) centre: f64,
    pub(super) lower: Option<f64>,
    pub(super) upper: Option<f64>,
}

impl<'a> Sample<'a> {
    fn new(series: &'a RecordedSeries, pairs: &[RecordedPair], usable: &[Option<(f64, f64)>], is_ratio: bool) -> Self {
        let sign = sign(series.direction);
        let worse = |(baseline, candidate): (f64, f64)| match is_ratio {
            // By the difference of logarithms, not the logarithm of the ratio: so exchanging the sides changes the
            // sign and not a digit.
            _ if (candidate - baseline).abs() <= ROUNDING * baseline.abs().max(candidate.abs()) => 0.0,
            true => sign * (candidate.ln() - baseline.ln()),
            false => sign * (candidate - baseline),
        };
        let something = || usable.iter().flatten().filter(|pair| **pair != (0.0, 0.0));
        let of = |side: fn(&(f64, f64)) -> f64| something().map(side).collect::<Vec<_>>();
        let (baseline, candidate) = (of(|pair| pair.0), of(|pair| pair.1));
        let mean = |values: &[f64]| values.iter().map(|value| value.abs()).sum::<f64>() / values.len().max(1) as f64;
        let larger = mean(&baseline).max(mean(&candidate));
        let median = |values| SideSummary::of(values).map_or(0.0, |side| side.median.abs());
        let medians = (median(baseline), median(candidate));
        let or_larger = |median: f64| if median == 0.0 { larger } else { median };
        let worse: Vec<Option<f64>> = usable.iter().map(|pair| pair.map(worse)).collect();
        let largest = worse.iter().flatten().fold(0.0_f64, |largest, one| largest.max(one.abs()));
        let strata: Option<Vec<Stratum>> =
            pairs.iter().zip(usable).filter_map(|(pair, values)| values.map(|values| stratum(pair, values))).collect();
        Self {
            series,
            worse,
            is_ratio,
            tolerance: if is_ratio { ROUNDING } else { ROUNDING * largest },
            references: (or_larger(medians.0), or_larger(medians.1)),
            is_from_nothing: medians.0 == 0.0,
            counts: strata.filter(|_| !is_ratio).and_then(|strata| Counts::of(&strata)),
        }
    }

    /// Whether its only limit is relative to nothing.
    fn without_reference(&self) -> bool {
        let is_only_relative = self.series.limit.is_some_and(|limit| limit.absolute.is_none());
        let is_of_nothing = !self.is_ratio && self.is_from_nothing && self.counts.is_none();
        is_only_relative && is_of_nothing && !self.series.nullable && !self.is_same()
    }

    /// Whether the values are shares of so few events that not one of them differing shows nothing yet.
    pub(super) fn is_silent(&self, size: Size, bar: f64) -> bool {
        self.counts.is_some() && size.upper.is_none_or(|upper| upper >= bar)
    }

    /// Whether no pair differs.
    pub(super) fn is_same(&self) -> bool {
        self.worse.iter().flatten().all(|worse| worse.abs() <= self.tolerance)
    }

    /// The differences of the pairs that have one.
    fn differences(&self) -> Vec<f64> {
        self.worse.iter().flatten().copied().collect()
    }

    /// In how many pairs there is a value of either side.
    pub(super) fn usable(&self) -> usize {
        self.worse.iter().flatten().count()
    }

    /// The signed ranks, one a pair, positive where the candidate is worse.
    pub(super) fn ranks(&self) -> Ranks {
        signed_ranks(&self.worse, self.tolerance)
    }

    /// The chances of so high and of so low a share when nothing changed, as worse and better; none unless the values
    /// are shares of events.
    pub(super) fn chances(&self) -> Option<(f64, f64)> {
        let counts = self.counts?;
        Some(match self.series.direction {
            Direction::Lower => (counts.higher(), counts.lower()),
            Direction::Higher => (counts.lower(), counts.higher()),
        })
    }

    /// How much worse the candidate is; either bound but for this chance of error. `null` is of as many differences.
    pub(super) fn size(&self, null: &Untied, error: f64) -> Size {
        if let Some(counts) = &self.counts {
            let centre = sign(self.series.direction) * counts.difference();
            let margin = counts.margin(error);
            return Size { centre, lower: margin.map(|by| centre - by), upper: margin.map(|by| centre + by) };
        }
        match Walsh::of(&self.differences()) {
            Some(walsh) => {
                Size { centre: walsh.centre(), lower: walsh.lower(null, error), upper: walsh.upper(null, error) }
            }
            None => Size { centre: 0.0, lower: None, upper: None },
        }
    }

    /// The standard deviation of a pair's difference.
    pub(super) fn spread(&self) -> Option<f64> {
        self.counts.map_or_else(|| spread(&self.differences()), |counts| Some(counts.spread()))
    }

    /// How far the candidate has to be worse to pass a limit, in these differences: both parts must be passed.
    pub(super) fn for_the_worse(&self, limit: &Limit) -> f64 {
        self.passed(limit, self.series.direction == Direction::Lower, self.references.0)
    }

    /// How far the candidate has to be better to pass a limit for improvements.
    pub(super) fn for_the_better(&self, limit: &Limit) -> f64 {
        self.passed(limit, self.series.direction == Direction::Higher, self.references.0)
    }

    /// How far the candidate has to be better to pass a limit for the worse with the sides exchanged: under `+25%`, from
    /// 1.25 to 1.
    pub(super) fn mirrored(&self, limit: &Limit) -> f64 {
        self.passed(limit, self.series.direction == Direction::Lower, self.references.1)
    }

    fn passed(&self, limit: &Limit, is_rise: bool, reference: f64) -> f64 {
        let parts = if self.is_ratio {
            let absolute = limit.absolute.map(|part| if part == 0.0 { 0.0 } else { part / reference });
            [limit.relative, absolute].map(|part| part.map(|part| in_logarithms(part, is_rise)))
        } else {
            [limit.relative.map(|part| part * reference), limit.absolute]
        };
        let floor = if self.counts.is_some() { LEAST_SHARE } else { 0.0 };
        parts.into_iter().flatten().fold(floor, f64::max)
    }

    /// A difference as it is told: positive where the candidate's value is higher, relative where ratios are judged.
    pub(super) fn effect(&self, worse: f64) -> f64 {
        let higher = sign(self.series.direction) * worse;
        if self.is_ratio { higher.exp_m1() } else { higher }
    }

    /// Whether effects are relative changes.
    pub(super) fn is_relative(&self) -> bool {
        self.is_ratio
    }
}

fn sign(direction: Direction) -> f64 {
    match direction {
        Direction::Lower => 1.0,
        Direction::Higher => -1.0,
    }
}

/// The events of a pair, where it is known how many there are.
fn stratum(pair: &RecordedPair, shares: (f64, f64)) -> Option<Stratum> {
    pair.totals.map(|totals| Stratum::of_shares(shares, totals))
}
