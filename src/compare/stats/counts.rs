//! Shares of events, as of requests that fail: pooled over pairs by Cochran, Mantel and Haenszel.
//!
//! Events come in bursts: a stall fails a hundred requests at once, and they are one event of the kind that matters.
//! The test of Cochran, Mantel and Haenszel takes them for a hundred, so it alone would claim what one bad round says. A
//! claim here must hold by it and by the scatter of the pairs, whichever says less.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// The events of a pair.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in super::super) struct Stratum {
    /// Those that count, of baseline and candidate.
    pub(in super::super) events: (f64, f64),
    /// All, of baseline and candidate; positive.
    pub(in super::super) totals: (f64, f64),
}

impl Stratum {
    /// From the shares of a pair, and how many events each is of.
    pub(in super::super) fn of_shares(shares: (f64, f64), totals: (f64, f64)) -> Self {
        Self { events: (shares.0 * totals.0, shares.1 * totals.1), totals }
    }

    /// By how many of the candidate's events there are more than its part of all.
    fn excess(&self) -> f64 {
        self.events.1 - self.totals.1 * (self.events.0 + self.events.1) / (self.totals.0 + self.totals.1)
    }

    /// What the excess would be were all of the candidate's share on top.
    fn weight(&self) -> f64 {
        self.totals.0 * self.totals.1 / (self.totals.0 + self.totals.1)
    }

    /// The hypergeometric variance of the excess.
    fn variance(&self) -> f64 {
        let (all, events) = (self.totals.0 + self.totals.1, self.events.0 + self.events.1);
        self.totals.0 * self.totals.1 * events * (all - events) / (all * all * (all - 1.0)).max(1.0)
    }
}

/// Pairs of shares, pooled.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(in super::super) struct Counts {
    pairs: f64,
    excess: f64,
    weight: f64,
    /// Of the excess, were events independent.
    variance: f64,
    /// Of the excess, by the scatter of the pairs.
    scatter: f64,
    /// Of the difference, were events independent; never 0.
    of_difference: f64,
}

impl Counts {
    /// Of at least one pair; none of none.
    pub(in super::super) fn of(strata: &[Stratum]) -> Option<Self> {
        let sum = |part: fn(&Stratum) -> f64| strata.iter().map(part).sum::<f64>();
        let (pairs, excess, weight) = (strata.len() as f64, sum(Stratum::excess), sum(Stratum::weight));
        let difference = excess / weight;
        let residue = |one: &Stratum| (one.excess() - difference * one.weight()).powi(2);
        let scatter = strata.iter().map(residue).sum::<f64>() * pairs / (pairs - 1.0);
        // With one event and one that is none added to each side (Agresti and Caffo 2000): no events are no proof that
        // there can't be any.
        let side = |events: f64, all: f64| {
            let share = (events + 1.0) / (all + 2.0);
            share * (1.0 - share) / (all + 2.0)
        };
        let of_difference = side(sum(|one| one.events.0), sum(|one| one.totals.0))
            + side(sum(|one| one.events.1), sum(|one| one.totals.1));
        let counts = Self { pairs, excess, weight, variance: sum(Stratum::variance), scatter, of_difference };
        (pairs > 0.0).then_some(counts)
    }

    /// The candidate's share less the baseline's, weighted by pair (Mantel and Haenszel; Greenland and Robins 1985).
    pub(in super::super) fn difference(&self) -> f64 {
        self.excess / self.weight
    }

    /// The statistic of Cochran, Mantel and Haenszel with its correction for continuity, as its root with the sign of the
    /// difference; there are events.
    fn cochran_mantel_haenszel(&self) -> f64 {
        ((self.excess.abs() - 0.5).max(0.0) / self.variance.sqrt()).copysign(self.excess)
    }

    /// The chance of so high a share of the candidate when nothing changed.
    pub(in super::super) fn higher(&self) -> f64 {
        self.tail(1.0)
    }

    /// The chance of so low a share of the candidate when nothing changed.
    pub(in super::super) fn lower(&self) -> f64 {
        self.tail(-1.0)
    }

    fn tail(&self, sense: f64) -> f64 {
        if self.variance == 0.0 {
            return 1.0;
        }
        let by_events = Normal::standard().sf(sense * self.cochran_mantel_haenszel());
        let by_pairs = match self.student() {
            Some(student) if self.scatter > 0.0 => student.sf(sense * self.excess / self.scatter.sqrt()),
            Some(_) => 0.0,
            None => 1.0,
        };
        by_events.max(by_pairs)
    }

    fn student(&self) -> Option<StudentsT> {
        StudentsT::new(0.0, 1.0, self.pairs - 1.0).ok()
    }

    /// How far the true difference may lie from that at hand on either side, but for the given chance of error; none of
    /// fewer than two pairs.
    pub(in super::super) fn margin(&self, error: f64) -> Option<f64> {
        let variance = (self.scatter / self.weight.powi(2)).max(self.of_difference);
        Some(self.student()?.inverse_cdf(1.0 - error) * variance.sqrt())
    }

    /// The standard deviation that one pair's difference has, as [`super::spread`] is of others.
    pub(in super::super) fn spread(&self) -> f64 {
        ((self.scatter / self.weight.powi(2)).max(self.of_difference) * self.pairs).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stratum(baseline: (f64, f64), candidate: (f64, f64)) -> Stratum {
        Stratum { events: (baseline.0, candidate.0), totals: (baseline.1, candidate.1) }
    }

    /// Admissions to Berkeley by department, men as baseline (Bickel, Hammel and O'Connell 1975, as in R's
    /// `UCBAdmissions`). R's `mantelhaen.test` tells 1.4269, p = 0.2323, as in its manual; statsmodels 0.15.0
    /// (`StratifiedTable.test_null_odds(correction=True)`) 1.42694622858; the pooled difference is by
    /// Greenland and Robins' formula in numpy.
    #[test]
    fn the_test_is_that_of_r_on_a_published_table() {
        let departments = [
            stratum((512.0, 825.0), (89.0, 108.0)),
            stratum((353.0, 560.0), (17.0, 25.0)),
            stratum((120.0, 325.0), (202.0, 593.0)),
            stratum((138.0, 417.0), (131.0, 375.0)),
            stratum((53.0, 191.0), (94.0, 393.0)),
            stratum((22.0, 373.0), (24.0, 341.0)),
        ];
        let counts = Counts::of(&departments).unwrap();
        assert!((counts.cochran_mantel_haenszel().powi(2) - 1.426_946_228_6).abs() < 1e-9);
        assert!((counts.difference() - 0.018_425_196_190_9).abs() < 1e-12);
        let both_sides = 2.0 * Normal::standard().sf(counts.cochran_mantel_haenszel());
        assert!((both_sides - 0.232_263_462_8).abs() < 1e-9, "{both_sides}");
    }

    /// The excess of equal totals is half the difference of events, and its t is that of `scipy.stats.ttest_1samp` on
    /// the differences 3, 5, 2, 6, 4 (scipy 1.17.1: t = 5.656854, p = .0024063 for greater).
    #[test]
    fn the_scatter_of_pairs_is_a_t_test() {
        let pairs = [3.0, 5.0, 2.0, 6.0, 4.0].map(|more| stratum((1.0, 1000.0), (1.0 + more, 1000.0)));
        let counts = Counts::of(&pairs).unwrap();
        assert!((counts.excess / counts.scatter.sqrt() - 5.656_854).abs() < 1e-5);
        assert!((counts.higher() - 0.002_406_3).abs() < 1e-6, "{}", counts.higher());
        assert!(counts.lower() > 0.99);
    }

    #[test]
    fn one_burst_is_one_event() {
        let mut pairs = [stratum((0.0, 1600.0), (0.0, 1600.0)); 11];
        pairs[4].events.1 = 200.0;
        let counts = Counts::of(&pairs).unwrap();
        assert!(counts.cochran_mantel_haenszel() > 13.0);
        assert!(counts.higher() > 0.1, "{}", counts.higher());
    }

    #[test]
    fn a_steady_trickle_of_errors_is_found() {
        // Half a point more of 1,600 requests: 8 a pair.
        let pairs = [6.0, 9.0, 8.0, 11.0, 5.0, 8.0, 10.0, 7.0, 8.0, 9.0, 7.0]
            .map(|errors| stratum((0.0, 1600.0), (errors, 1600.0)));
        let counts = Counts::of(&pairs).unwrap();
        assert!(counts.higher() < 1e-6);
        assert!((counts.difference() - 0.005).abs() < 1e-9);
        assert!(counts.margin(0.0175).unwrap() < 0.0015);
    }

    #[test]
    fn no_events_are_no_proof_that_there_can_be_none() {
        let counts = |total| Counts::of(&[stratum((0.0, total), (0.0, total)); 10]).unwrap();
        assert_eq!((counts(100.0).difference(), counts(100.0).higher(), counts(100.0).lower()), (0.0, 1.0, 1.0));
        // The exact bound for one side without events in n is -ln(error) / n: 0.0040 of 1,000, and 0.040 of 100.
        let margin = |total| counts(total).margin(0.0175).unwrap();
        assert!((0.002..0.006).contains(&margin(100.0)), "{}", margin(100.0));
        assert!((0.02..0.06).contains(&margin(10.0)), "{}", margin(10.0));
        assert!(Counts::of(&[]).is_none());
        assert_eq!(Counts::of(&[stratum((0.0, 9.0), (1.0, 9.0))]).unwrap().margin(0.05), None);
    }
}
