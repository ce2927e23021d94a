//! Calibration: how much noise there is between two sides of the same code, and what can be decided in it.

use std::collections::BTreeMap;

use statrs::distribution::{ContinuousCDF, Normal};
use time::Date;

use super::looks::{plan_looks, share};
use super::movement::{LEAST_SHARE, in_logarithms};
use super::recorded::MOST_DROPPED;
use super::stats::{Counts, Stratum};
use crate::domain::calibration::SeriesNoise;
use crate::domain::comparison::SideSummary;
use crate::domain::limit::{Direction, Unit};
use crate::domain::procedure::PairSettings;
use crate::domain::query::{Query, SeriesTerms};
use crate::domain::run::StoredRun;
use crate::domain::series::{Measurement, SeriesKey};

/// What is to be found is found so often.
const POWER: f64 = 0.8;
/// The looks of a comparison, among which errors are shared.
const LOOKS: usize = 4;
/// Fewer pairs tell nothing of noise.
const FEWEST: usize = 4;
/// What makes the median distance of two normal deviates their standard deviation: 1 / (sqrt 2 z(3/4)).
const TO_SD: f64 = 1.048_358;

/// The robust standard deviation of the differences between two sides that are the same code: by the median of the
/// distances of any two, each with either sign, since neither side is special (after S. M. Shamos 1976; P. J. Rousseeuw
/// and C. Croux, JASA 88 (1993), 1273). It takes a third of wild values and wastes little: with ten pairs the plain
/// median of the distances from 0 errs half as much again. None of fewer than four.
pub fn noise(differences: &[f64]) -> Option<f64> {
    if differences.len() < FEWEST {
        return None;
    }
    let mut distances = Vec::with_capacity(differences.len() * (differences.len() - 1));
    for (index, one) in differences.iter().enumerate() {
        distances.extend(differences[..index].iter().flat_map(|other| [(one - other).abs(), (one + other).abs()]));
    }
    SideSummary::of(distances).map(|summary| summary.median * TO_SD)
}

/// After so many pairs an unchanged series is passed at its limit four times in five. The noise and the limit are on the
/// same scale: log ratios, or differences.
pub fn pairs_needed(noise: f64, limit: f64, error: f64) -> u32 {
    let pairs = (passing(error) * noise / limit).powi(2).ceil();
    // Rank tests waste one pair in twenty on normal noise; a few are needed for any claim at all.
    let pairs = (pairs / EFFICIENCY).ceil();
    if pairs.is_finite() { (pairs as u32).max(FEWEST as u32) } else { u32::MAX }
}

/// The narrowest limit, on the scale of the noise, that so many pairs can pass an unchanged series at. It is never below
/// twice the standard error of the estimate.
pub fn narrowest_limit(noise: f64, pairs: u16, error: f64) -> f64 {
    passing(error) * noise / (f64::from(pairs) * EFFICIENCY).sqrt()
}

/// The smallest effect, on the scale of the noise, that the last look finds four times in five among so many primary
/// series, whatever the limit. By the inequality of Bonferroni: where series depend on each other it is less.
pub fn detectable(noise: f64, pairs: u16, primary: usize, error: f64) -> f64 {
    let level = error * share(LOOKS - 1, LOOKS) / primary.max(1) as f64;
    (quantile(1.0 - level) + quantile(POWER)) * noise / (f64::from(pairs) * EFFICIENCY).sqrt()
}

/// The efficiency of the signed rank beside the mean, on normal noise: 3 / pi.
const EFFICIENCY: f64 = 3.0 / std::f64::consts::PI;

/// How many standard errors the limit must be away for an unchanged series to be passed.
fn passing(error: f64) -> f64 {
    quantile(1.0 - error / LOOKS as f64) + quantile(POWER)
}

fn quantile(share: f64) -> f64 {
    Normal::standard().inverse_cdf(share)
}

/// The noise of every series that both sides have in at least four pairs of valid rounds, the quietest first, for
/// comparisons with these settings and chance of error.
pub fn calibrate(
    (baseline, candidate): (&StoredRun, &StoredRun),
    queries: &[Query],
    today: Date,
    (settings, error): (&PairSettings, f64),
    seconds_per_pair: Option<f64>,
) -> Vec<SeriesNoise> {
    let gathered = gather(baseline, candidate);
    let with_terms: Vec<_> = gathered
        .iter()
        .filter_map(|(key, values)| {
            let query = queries.iter().find(|query| query.name == key.query)?;
            Some((key, values, query.terms(key, today)))
        })
        .collect();
    let primary = with_terms.iter().filter(|(_, _, terms)| terms.primary).count();
    // Before the first look nothing is passed. Where even the last could show nothing, no job begins.
    let first_look = plan_looks(settings, primary, error).map_or(0, |looks| looks.at[0]);
    let plan = Plan { first_look, last_look: settings.max, error, primary, seconds_per_pair };
    let mut series: Vec<SeriesNoise> =
        with_terms.iter().filter_map(|(key, values, terms)| plan.of_series(key, values, terms)).collect();
    series.sort_by(|a, b| b.is_relative.cmp(&a.is_relative).then(a.noise.total_cmp(&b.noise)).then(a.key.cmp(&b.key)));
    series
}

/// The values of a series, baseline and candidate, a pair; and of how many events each is a share, where that is known.
struct Values {
    unit: Unit,
    direction: Direction,
    pairs: Vec<(f64, f64)>,
    totals: Vec<Option<(f64, f64)>>,
}

impl Values {
    /// Shares whose events were counted in every pair are judged by them, and so is their noise. As there, a few pairs may
    /// have none.
    fn counts(&self) -> Option<Counts> {
        let totals: Option<Vec<(f64, f64)>> = self.totals.iter().copied().collect();
        let totals = totals.filter(|_| self.unit == Unit::Ratio)?;
        let with_totals = self.pairs.iter().zip(totals);
        let strata: Vec<Stratum> = with_totals
            .filter(|(_, (baseline, candidate))| *baseline > 0.0 && *candidate > 0.0)
            .map(|(pair, totals)| Stratum::of_shares(*pair, totals))
            .collect();
        let dropped = self.pairs.len() - strata.len();
        let is_enough = strata.len() >= FEWEST && dropped * MOST_DROPPED <= self.pairs.len();
        is_enough.then(|| Counts::of(&strata)).flatten()
    }
}

/// The values of rounds of equal number that are valid on both sides.
fn gather<'a>(baseline: &'a StoredRun, candidate: &'a StoredRun) -> BTreeMap<&'a SeriesKey, Values> {
    let mut gathered: BTreeMap<&SeriesKey, Values> = BTreeMap::new();
    for round in candidate.rounds.iter().filter(|round| round.invalid.is_none()) {
        let same = |other: &&crate::domain::run::StoredRound| other.number == round.number && other.invalid.is_none();
        let Some(partner) = baseline.rounds.iter().find(same) else { continue };
        let before: BTreeMap<&SeriesKey, &Measurement> =
            partner.measurements.iter().map(|measurement| (&measurement.key, measurement)).collect();
        for after in &round.measurements {
            let Some(before) = before.get(&after.key) else { continue };
            let empty = || Values {
                unit: after.info.unit,
                direction: after.info.direction,
                pairs: Vec::new(),
                totals: Vec::new(),
            };
            let values = gathered.entry(&after.key).or_insert_with(empty);
            values.pairs.push((before.value, after.value));
            values.totals.push(before.total.zip(after.total));
        }
    }
    gathered
}

/// What all series of a comparison share.
struct Plan {
    first_look: u16,
    last_look: u16,
    error: f64,
    primary: usize,
    seconds_per_pair: Option<f64>,
}

impl Plan {
    /// None where fewer than four pairs have both values.
    fn of_series(&self, key: &SeriesKey, values: &Values, terms: &SeriesTerms) -> Option<SeriesNoise> {
        let Values { unit, direction, pairs, .. } = values;
        let is_relative = *unit != Unit::Ratio && pairs.iter().all(|(before, after)| *before > 0.0 && *after > 0.0);
        let difference =
            |(before, after): &(f64, f64)| if is_relative { (after / before).ln() } else { after - before };
        let counts = values.counts();
        let noise = match &counts {
            Some(counts) => counts.spread(),
            None => noise(&pairs.iter().map(difference).collect::<Vec<_>>())?,
        };
        let least = if counts.is_some() { LEAST_SHARE } else { 0.0 };
        // What gets worse goes up where lower is better, and down where higher is.
        let is_rise = *direction == Direction::Lower;
        let level = SideSummary::of(pairs.iter().map(|(before, _)| *before).collect())?.median;
        let limit = terms.limit.map(|limit| {
            let relative = limit.relative.unwrap_or_default();
            let absolute = limit.absolute.unwrap_or_default();
            // Both parts must be passed, so the larger holds.
            if is_relative {
                in_logarithms(relative.max(absolute / level), is_rise)
            } else {
                absolute.max(relative * level.abs()).max(least)
            }
        });
        let pairs_needed = limit.map(|limit| pairs_needed(noise, limit, self.error).max(u32::from(self.first_look)));
        let minutes = |pairs: u32| self.seconds_per_pair.map(|seconds| f64::from(pairs) * seconds / 60.0);
        let narrowest = narrowest_limit(noise, self.last_look, self.error);
        let detectable = detectable(noise, self.last_look, self.primary, self.error);
        let told = |effect: f64| match (is_relative, is_rise) {
            (true, true) => effect.exp_m1(),
            (true, false) => -(-effect).exp_m1(),
            (false, _) => effect.max(least),
        };
        Some(SeriesNoise {
            key: key.clone(),
            unit: *unit,
            direction: *direction,
            primary: terms.primary,
            limit: terms.limit,
            is_relative,
            pairs: u16::try_from(pairs.len()).unwrap_or(u16::MAX),
            noise,
            detectable: told(detectable),
            pairs_needed,
            minutes_needed: pairs_needed.and_then(minutes),
            is_decidable: pairs_needed.is_some_and(|needed| needed <= u32::from(self.last_look)),
            suggested_limit: told(narrowest),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::limit::Limit;

    #[test]
    fn noise_is_the_standard_deviation_of_what_is_normal_and_little_moved_by_what_is_wild() {
        // The 99 percentiles of a normal distribution with sd 0.026.
        let mut quiet: Vec<f64> = (1..100).map(|index| 0.026 * quantile(f64::from(index) / 100.0)).collect();
        let found = noise(&quiet).unwrap();
        assert!((found / 0.026 - 1.0).abs() < 0.04, "{found}");
        quiet.extend([3.0, -2.0, 5.0]);
        let wild = noise(&quiet).unwrap();
        assert!(wild / found < 1.08, "{wild}");
        assert_eq!(noise(&[0.0; 10]), Some(0.0));
        assert_eq!(noise(&[0.1, 0.2, 0.3]), None);
    }

    #[test]
    fn neither_side_is_special() {
        let differences = [0.01, -0.02, 0.03, 0.005, -0.011];
        let turned: Vec<f64> = differences.iter().map(|difference| -difference).collect();
        assert_eq!(noise(&differences), noise(&turned));
    }

    fn of_series(values: &Values, limit: Limit) -> SeriesNoise {
        let terms = SeriesTerms {
            primary: true,
            limit: Some(limit),
            warn: None,
            improvement: None,
            required: false,
            nullable: false,
            muted: None,
        };
        let key = SeriesKey { query: "q".to_owned(), labels: BTreeMap::new(), stage: 0 };
        let plan = Plan { first_look: 10, last_look: 32, error: 0.05, primary: 1, seconds_per_pair: None };
        plan.of_series(&key, values, &terms).unwrap()
    }

    #[test]
    fn where_higher_is_better_a_limit_is_a_fall() {
        let pairs: Vec<_> = (1..100).map(|at| (1.0, (0.36 * quantile(f64::from(at) / 100.0)).exp())).collect();
        let totals = vec![None; pairs.len()];
        let of = |direction, pairs: &[(f64, f64)]| {
            let values = Values { unit: Unit::PerSecond, direction, pairs: pairs.to_vec(), totals: totals.clone() };
            of_series(&values, Limit { relative: Some(0.2), absolute: None })
        };
        let (lower, higher) = (of(Direction::Lower, &pairs), of(Direction::Higher, &pairs));
        // A rise by a fifth is ln 1.2 = 0.182 of a logarithm, a fall by a fifth -ln 0.8 = 0.223.
        assert!(higher.pairs_needed < lower.pairs_needed, "{higher:?}");
        assert!(higher.is_decidable && !lower.is_decidable, "{lower:?}");
        for (rise, fall) in [(lower.suggested_limit, higher.suggested_limit), (lower.detectable, higher.detectable)] {
            assert!(((1.0 + rise) * (1.0 - fall) - 1.0).abs() < 1e-12, "{rise} {fall}");
        }
    }

    #[test]
    fn shares_of_few_requests_take_many_pairs_though_none_of_them_differs() {
        let of_totals = |totals: Vec<Option<(f64, f64)>>, limit: f64| {
            let (unit, direction) = (Unit::Ratio, Direction::Lower);
            let values = Values { unit, direction, pairs: vec![(0.0, 0.0); totals.len()], totals };
            of_series(&values, Limit { relative: None, absolute: Some(limit) })
        };
        let of = |total: f64, limit: f64| of_totals(vec![Some((total, total)); 10], limit);
        let (few, many) = (of(80.0, 0.003), of(8_000.0, 0.003));
        let mut with_empty = vec![Some((80.0, 80.0)); 10];
        with_empty.push(Some((0.0, 80.0)));
        assert_eq!(
            of_totals(with_empty, 0.003),
            SeriesNoise { pairs: 11, ..few.clone() },
            "one round without requests"
        );
        assert_eq!(many.pairs_needed, Some(10), "before the first look nothing is passed");
        assert!(few.noise > 0.0 && few.pairs_needed > many.pairs_needed, "{few:?} {many:?}");
        assert_eq!(many.suggested_limit, 0.001, "less than 0.1 points never counts");
        assert!(few.suggested_limit > 0.001, "{few:?}");
    }

    /// `(norm.ppf(1 - .05/4) + norm.ppf(.8)) * .026 / sqrt(32 * 3/pi)` and its inverse.
    #[test]
    fn limits_and_pairs_follow_from_the_noise() {
        let limit = narrowest_limit(0.026, 32, 0.05);
        assert!((limit - 0.014_501).abs() < 1e-5, "{limit}");
        assert!(limit > 2.0 * 0.026 / 32_f64.sqrt());
        let needed = pairs_needed(0.026, limit, 0.05);
        assert!((32..=34).contains(&needed), "{needed}");
        assert_eq!(pairs_needed(0.026, 0.03, 0.05), 9);
        assert_eq!(pairs_needed(0.026, 0.0, 0.05), u32::MAX);
        assert_eq!(pairs_needed(0.0, 0.03, 0.05), 4);
        assert!(detectable(0.026, 32, 20, 0.05) > detectable(0.026, 32, 1, 0.05));
    }
}
