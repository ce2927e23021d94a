//! How often the paired procedure is wrong, and how often it finds what is there: small seeded simulations, with bounds
//! that a broken procedure breaks. What it is at in full is in the evaluation.

use crate::compare::judge_recorded;
use crate::compare::stats::Draws;
use crate::domain::limit::{Direction, Limit};
use crate::domain::recorded::{Looks, RecordedPair, RecordedSeries, Scale};
use crate::domain::verdict::Verdict;

/// Series that share half of their noise, as endpoints of one service do.
struct Noise {
    draws: Draws,
    series: usize,
    deviation: f64,
    limit: f64,
}

impl Noise {
    /// Normal, by the sum of twelve uniform draws.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.draws.bits() as f64 / u64::MAX as f64 - 0.5).sum()
    }

    /// A job whose candidate is slower by the given parts, series by series.
    fn job(&mut self, slower: impl Fn(usize) -> f64, pairs: usize) -> Vec<RecordedSeries> {
        let mut series: Vec<_> = (0..self.series).map(|number| self.nothing(number)).collect();
        for _ in 0..pairs {
            let common = self.normal();
            for (number, one) in series.iter_mut().enumerate() {
                let noise = self.deviation * (common + self.normal()) / 2f64.sqrt();
                one.pairs.push(RecordedPair {
                    baseline: Some(1.0),
                    candidate: Some(noise.exp() * (1.0 + slower(number))),
                    totals: None,
                });
            }
        }
        series
    }

    fn nothing(&self, number: usize) -> RecordedSeries {
        RecordedSeries {
            name: number.to_string(),
            direction: Direction::Lower,
            scale: Scale::Ratio,
            limit: Some(Limit { relative: Some(self.limit), absolute: None }),
            warn: None,
            improvement: None,
            primary: true,
            nullable: false,
            pairs: Vec::new(),
        }
    }
}

fn looks() -> Looks {
    Looks { at: vec![8, 10], error: 0.05, seed: 9 }
}

/// Of so many jobs, those in which a series has this verdict.
fn jobs_with(verdict: Verdict, jobs: usize, mut job: impl FnMut() -> Vec<RecordedSeries>) -> usize {
    let has =
        |series: &[RecordedSeries]| judge_recorded(series, &looks()).series.iter().any(|one| one.verdict == verdict);
    (0..jobs).filter(|_| has(&job())).count()
}

/// At most 5 % of jobs; of 200, 20 or more would have a chance of 1 in 400.
#[test]
fn the_family_wise_error_holds_where_no_limit_helps() {
    for deviation in [0.026, 0.2] {
        let mut noise = Noise { draws: Draws::seeded(11), series: 6, deviation, limit: 1e-6 };
        let alarms = jobs_with(Verdict::Regression, 200, || noise.job(|_| 0.0, 10));
        assert!(alarms < 20, "{alarms} of 200");
    }
}

#[test]
fn what_is_there_is_found_and_only_that() {
    let mut noise = Noise { draws: Draws::seeded(12), series: 6, deviation: 0.026, limit: 0.03 };
    assert_eq!(jobs_with(Verdict::Regression, 100, || noise.job(|_| 0.0, 10)), 0);
    let found = jobs_with(Verdict::Regression, 100, || noise.job(|number| if number == 2 { 0.1 } else { 0.0 }, 10));
    assert_eq!(found, 100);
    let improved = jobs_with(Verdict::Improvement, 40, || noise.job(|number| if number == 2 { -0.1 } else { 0.0 }, 10));
    assert_eq!(improved, 40);
}

/// An effect of just the limit is not called unchanged more often than the error allows: of 200, 20 or more would have
/// a chance of 1 in 400.
#[test]
fn noise_does_not_make_a_change_unchanged() {
    let mut noise = Noise { draws: Draws::seeded(13), series: 1, deviation: 0.05, limit: 0.03 };
    let passed = jobs_with(Verdict::Unchanged, 200, || noise.job(|_| 0.03, 10));
    assert!(passed < 20, "{passed} of 200");
    let hidden = jobs_with(Verdict::Inconclusive, 200, || noise.job(|_| 0.03, 10));
    assert!(hidden > 100, "{hidden} of 200");
}
