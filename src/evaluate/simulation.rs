//! Rounds that are made up: dependent series with noise of one size.

use rand::Rng;
use rand::rngs::StdRng;

use super::draw::{Job, PAST};
use super::sample::{count, normal};
use super::set::MOST_PAIRS;
use crate::domain::limit::{Direction, Limit};
use crate::domain::recorded::{RecordedPair, RecordedSeries, Scale};

/// How rounds are made up.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Simulation {
    /// The number of primary series.
    pub(super) count: usize,
    /// The correlation between any two of them.
    pub(super) correlation: f64,
    /// The standard deviation of the log ratio between the sides of a pair.
    pub(super) sd: f64,
    /// The limit of each, relative; in itself for shares.
    pub(super) limit: f64,
    /// Of shares: how they come about.
    pub(super) shares: Option<Shares>,
}

/// How shares come about.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Shares {
    /// The share of both sides where nothing is planted.
    pub(super) base: f64,
    /// The events of a round.
    pub(super) events: f64,
}

impl Simulation {
    /// The series without any pair.
    pub(super) fn series(&self) -> Vec<RecordedSeries> {
        let limit = match self.shares {
            None => Limit { relative: Some(self.limit), absolute: None },
            Some(_) => Limit { relative: None, absolute: Some(self.limit) },
        };
        let one = |index| RecordedSeries {
            name: format!("series {index}"),
            direction: Direction::Lower,
            scale: if self.shares.is_some() { Scale::Difference } else { Scale::Ratio },
            limit: Some(limit),
            warn: None,
            improvement: None,
            primary: true,
            nullable: false,
            pairs: Vec::new(),
        };
        (0..self.count).map(one).collect()
    }

    /// A job with nothing planted.
    pub(super) fn draw(&self, random: &mut StdRng) -> Job {
        let mut series = self.series();
        for _ in 0..MOST_PAIRS {
            let (baseline, candidate) = (self.round(random), self.round(random));
            for ((one, baseline), candidate) in series.iter_mut().zip(baseline).zip(candidate) {
                let totals = self.shares.map(|shares| (shares.events, shares.events));
                one.pairs.push(RecordedPair { baseline: Some(baseline), candidate: Some(candidate), totals });
            }
        }
        let mut past = vec![Vec::with_capacity(PAST); self.count];
        for _ in 0..PAST {
            past.iter_mut().zip(self.round(random)).for_each(|(past, value)| past.push(value));
        }
        Job { series, past, planted: vec![false; self.count], seed: random.random() }
    }

    /// The values of one side's round. Half the variance of a ratio is each side's.
    fn round(&self, random: &mut StdRng) -> Vec<f64> {
        if let Some(Shares { base, events }) = self.shares {
            return (0..self.count).map(|_| count(random, events, base) / events).collect();
        }
        let common = normal(random) * self.correlation.sqrt();
        let own = (1.0 - self.correlation).sqrt();
        let sd = self.sd / std::f64::consts::SQRT_2;
        (0..self.count).map(|_| (sd * (common + own * normal(random))).exp()).collect()
    }
}
