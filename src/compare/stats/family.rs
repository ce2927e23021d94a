//! Control of the family-wise error over series that were measured together: Westfall and Young's step-down max-T.
//!
//! When nothing changed, the sides of a pair could as well be exchanged, for all series at once. Over all such flips it
//! is counted how often the largest statistic of any series is as large as the one at hand; what series have in common,
//! and there is much, is not paid for twice (Westfall and Young 1993, Resampling-Based Multiple Testing, algorithm 2.8;
//! <https://doi.org/10.1007/BF02595811> for the step-down by maxima).

use super::draws::Draws;
use super::rank::Ranks;
use super::wilcoxon::both_tails;

/// Up to so many pairs all flips are counted; of more, so many are drawn.
const COUNTED: usize = 16;
const DRAWN: u32 = 20_000;
/// Statistics this close are equal: they are sums of different roundings.
const TOLERANCE: f32 = 1e-5;

/// The adjusted p-values of a series: the chance that any that is no clearer shows as much when nothing changed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in super::super) struct Adjusted {
    /// For positive differences.
    pub(in super::super) worse: f64,
    /// For negative differences.
    pub(in super::super) better: f64,
}

/// The signed ranks of series, with their scale.
pub(in super::super) struct Family {
    /// Series by falling statistic.
    order: Vec<usize>,
    /// A row a pair, the signed ranks in that order.
    pairs: Vec<Vec<i32>>,
    /// What makes a sum of signed ranks a statistic: one over the root of the sum of their squares, so that series of
    /// which pairs were dropped share one scale with the others.
    scale: Vec<f32>,
    /// The statistics at hand.
    observed: Vec<f32>,
}

impl Family {
    /// Of the signed ranks of each series; every series has one a pair.
    pub(in super::super) fn of(ranks: &[Ranks]) -> Self {
        let scale = |ranks: &Ranks| {
            let squares: f64 = ranks.iter().map(|rank| f64::from(*rank).powi(2)).sum();
            if squares > 0.0 { squares.sqrt().recip() as f32 } else { 0.0 }
        };
        let statistic = |ranks: &Ranks| ranks.iter().sum::<i32>() as f32 * scale(ranks);
        let statistics: Vec<f32> = ranks.iter().map(statistic).collect();
        let mut order: Vec<usize> = (0..ranks.len()).collect();
        order.sort_by(|one, other| statistics[*other].total_cmp(&statistics[*one]));
        let pairs = ranks.iter().map(Vec::len).max().unwrap_or(0);
        let row = |pair: usize| order.iter().map(|series| ranks[*series].get(pair).copied().unwrap_or(0)).collect();
        Self {
            pairs: (0..pairs).map(row).collect(),
            scale: order.iter().map(|series| scale(&ranks[*series])).collect(),
            observed: order.iter().map(|series| statistics[*series]).collect(),
            order,
        }
    }

    /// The p-values of each series, in the order in which they came.
    pub(in super::super) fn adjusted(&self, seed: u64) -> Vec<Adjusted> {
        if let ([_], true) = (self.order.as_slice(), self.pairs.len() > COUNTED) {
            return vec![self.of_one()];
        }
        let mut hits = Hits::new(self);
        let (least, all) = if self.pairs.len() <= COUNTED {
            (0, self.count_all(&mut hits))
        } else {
            self.draw(&mut hits, seed);
            (1, DRAWN)
        };
        let chance = |hits: u32| f64::from(least + hits) / f64::from(least + all);
        let mut adjusted = vec![Adjusted { worse: 1.0, better: 1.0 }; self.order.len()];
        // What is less clear can't be surer.
        let mut surest = 0.0_f64;
        for (place, series) in self.order.iter().enumerate() {
            surest = surest.max(chance(hits.worse[place]));
            adjusted[*series].worse = surest;
        }
        surest = 0.0;
        for (place, series) in self.order.iter().enumerate().rev() {
            surest = surest.max(chance(hits.better[place]));
            adjusted[*series].better = surest;
        }
        adjusted
    }

    /// Of a single series the distribution is known.
    fn of_one(&self) -> Adjusted {
        let ranks: Vec<i32> = self.pairs.iter().map(|row| row[0]).collect();
        let (worse, better) = both_tails(&ranks);
        Adjusted { worse, better }
    }

    /// Every flip once, by Gray code: each is one pair's flip away from the one before. How many there are.
    fn count_all(&self, hits: &mut Hits<'_>) -> u32 {
        let mut sums = vec![0; self.order.len()];
        let mut signs = vec![1; self.pairs.len()];
        for row in &self.pairs {
            add(&mut sums, row, 1);
        }
        hits.take(&sums);
        let all = 1_u32 << self.pairs.len();
        for flip in 1..all {
            let pair = flip.trailing_zeros() as usize;
            signs[pair] = -signs[pair];
            add(&mut sums, &self.pairs[pair], 2 * signs[pair]);
            hits.take(&sums);
        }
        all
    }

    fn draw(&self, hits: &mut Hits<'_>, seed: u64) {
        let mut draws = Draws::seeded(seed);
        let mut sums = vec![0; self.order.len()];
        for _ in 0..DRAWN {
            sums.fill(0);
            for rows in self.pairs.chunks(64) {
                let bits = draws.bits();
                for (pair, row) in rows.iter().enumerate() {
                    add(&mut sums, row, if bits >> pair & 1 == 1 { 1 } else { -1 });
                }
            }
            hits.take(&sums);
        }
    }
}

fn add(sums: &mut [i32], row: &[i32], times: i32) {
    for (sum, rank) in sums.iter_mut().zip(row) {
        *sum += times * rank;
    }
}

/// How many flips reached each series' statistic.
struct Hits<'a> {
    family: &'a Family,
    statistics: Vec<f32>,
    worse: Vec<u32>,
    better: Vec<u32>,
}

impl<'a> Hits<'a> {
    fn new(family: &'a Family) -> Self {
        let series = family.order.len();
        Self { family, statistics: vec![0.0; series], worse: vec![0; series], better: vec![0; series] }
    }

    /// Takes a flip, of which these are the sums of signed ranks.
    fn take(&mut self, sums: &[i32]) {
        let Family { scale, observed, .. } = self.family;
        for ((statistic, sum), scale) in self.statistics.iter_mut().zip(sums).zip(scale) {
            *statistic = *sum as f32 * scale;
        }
        // A series competes with those that are no clearer than itself: step-down.
        let mut largest = f32::NEG_INFINITY;
        for ((hits, statistic), observed) in self.worse.iter_mut().zip(&self.statistics).zip(observed).rev() {
            largest = largest.max(*statistic);
            *hits += u32::from(largest >= observed - TOLERANCE);
        }
        largest = f32::NEG_INFINITY;
        for ((hits, statistic), observed) in self.better.iter_mut().zip(&self.statistics).zip(observed) {
            largest = largest.max(-statistic);
            *hits += u32::from(largest >= -observed - TOLERANCE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{signed_ranks, upper_tail};
    use super::*;

    fn ranks(differences: &[f64]) -> Ranks {
        signed_ranks(&differences.iter().copied().map(Some).collect::<Vec<_>>(), 1e-12)
    }

    /// Holm's step-down of p-values (1979), which knows nothing of what series have in common.
    fn holm(p: &[f64]) -> Vec<f64> {
        let mut order: Vec<usize> = (0..p.len()).collect();
        order.sort_by(|one, other| p[*one].total_cmp(&p[*other]));
        let (mut adjusted, mut least) = (vec![1.0; p.len()], 0.0_f64);
        for (before, index) in order.into_iter().enumerate() {
            least = least.max(p[index] * (p.len() - before) as f64).min(1.0);
            adjusted[index] = least;
        }
        adjusted
    }

    /// Noise by a sum of draws, with a shift.
    fn noise(seed: u64, pairs: usize, shift: f64) -> Vec<f64> {
        let mut draws = Draws::seeded(seed);
        let mut uniform = || draws.bits() as f64 / u64::MAX as f64 - 0.5;
        (0..pairs).map(|_| (0..12).map(|_| uniform()).sum::<f64>() + shift).collect()
    }

    #[test]
    fn one_series_by_itself_is_the_signed_rank_test() {
        for seed in 0..8 {
            let one = ranks(&noise(seed, 10, 0.4));
            let adjusted = Family::of(std::slice::from_ref(&one)).adjusted(1)[0];
            let opposite: Ranks = one.iter().map(|rank| -rank).collect();
            assert!((adjusted.worse - upper_tail(&one)).abs() < 1e-12);
            assert!((adjusted.better - upper_tail(&opposite)).abs() < 1e-12);
        }
    }

    #[test]
    fn what_moves_together_is_not_paid_for_twice() {
        let one = ranks(&noise(3, 12, 0.8));
        let alone = Family::of(std::slice::from_ref(&one)).adjusted(1)[0];
        let together = Family::of(&[one.clone(), one.clone(), one]).adjusted(1);
        assert_eq!(together, [alone; 3]);
    }

    #[test]
    fn never_weaker_than_holm() {
        let all: Vec<Ranks> = (0..6).map(|series| ranks(&noise(40 + series, 11, 0.3 * series as f64))).collect();
        let by_holm = holm(&all.iter().map(|ranks| upper_tail(ranks)).collect::<Vec<_>>());
        for (adjusted, holm) in Family::of(&all).adjusted(1).iter().zip(by_holm) {
            assert!(adjusted.worse <= holm + 1e-12, "{adjusted:?} {holm}");
        }
    }

    /// Counted by numpy over all 2^8 flips, statistic by statistic, with ranks by `scipy.stats.rankdata`, without this
    /// module's shortcuts; the second series lacks a pair.
    #[test]
    fn p_values_are_those_of_plain_counting() {
        let series = [
            [0.04, -0.38, -0.24, 1.51, 0.45, -0.36, 1.17, 0.38].map(Some),
            [Some(1.4), Some(1.47), Some(0.92), None, Some(0.45), Some(-1.34), Some(0.04), Some(0.66)],
            [-1.3, -0.36, -1.05, -0.32, 1.34, -0.2, -0.48, -0.38].map(Some),
            [-2.0, -1.77, -2.07, -0.81, -1.32, -1.15, -1.52, -0.7].map(Some),
        ];
        let ranks: Vec<Ranks> = series.iter().map(|differences| signed_ranks(differences, 1e-12)).collect();
        let adjusted = Family::of(&ranks).adjusted(1);
        let of_all = |hits: [u32; 4]| hits.map(|hits| f64::from(hits) / 256.0);
        assert_eq!(adjusted.iter().map(|one| one.worse).collect::<Vec<_>>(), of_all([82, 67, 251, 256]));
        assert_eq!(adjusted.iter().map(|one| one.better).collect::<Vec<_>>(), of_all([253, 253, 65, 3]));
    }

    /// Where flips are drawn, they give what counting them all would, and the same every time.
    #[test]
    fn draws_come_close_to_counting() {
        let all: Vec<Ranks> = (0..5).map(|series| ranks(&noise(70 + series, 16, 0.1 * series as f64))).collect();
        let family = Family::of(&all);
        let mut hits = Hits::new(&family);
        family.draw(&mut hits, 7);
        let mut counted = Hits::new(&family);
        let flips = family.count_all(&mut counted);
        for (drawn, counted) in hits.worse.iter().zip(&counted.worse) {
            let (drawn, counted) = (f64::from(*drawn) / f64::from(DRAWN), f64::from(*counted) / f64::from(flips));
            let error = (counted * (1.0 - counted) / f64::from(DRAWN)).sqrt();
            assert!((drawn - counted).abs() < 4.0 * error + 1e-9, "{drawn} {counted}");
        }
        let longer: Vec<Ranks> = (0..3).map(|series| ranks(&noise(90 + series, 70, 0.2))).collect();
        assert_eq!(Family::of(&longer).adjusted(5), Family::of(&longer).adjusted(5));
        assert!(Family::of(&longer).adjusted(5).iter().all(|one| one.worse >= 1.0 / 20_001.0));
    }

    #[test]
    fn dropped_pairs_and_silence_do_no_harm() {
        let clear = ranks(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
        let silent = vec![0; 8];
        let dropped =
            signed_ranks(&[None, Some(1.0), Some(2.0), Some(3.0), None, Some(4.0), Some(5.0), Some(6.0)], 0.0);
        let adjusted = Family::of(&[silent, clear, dropped]).adjusted(1);
        assert_eq!(adjusted[0], Adjusted { worse: 1.0, better: 1.0 });
        assert_eq!(adjusted[1].worse, 1.0 / 256.0);
        assert_eq!(adjusted[2].worse, 1.0 / 64.0);
        assert!(Family::of(&[]).adjusted(1).is_empty());
    }
}
