//! The exact distribution of Wilcoxon's signed-rank statistic: the sum of the ranks of positive differences, when every
//! sign is as likely as the other.

/// The chance of a sum of positive ranks as high as that of these signed (doubled) ranks, or higher. By dynamic
/// programming over the ranks at hand, so that ties and zeros are exact, too.
pub(in super::super) fn upper_tail(ranks: &[i32]) -> f64 {
    let mut magnitudes: Vec<usize> = ranks.iter().filter(|rank| **rank != 0).map(|rank| size(*rank)).collect();
    let mut observed: usize = ranks.iter().filter(|rank| **rank > 0).map(|rank| size(*rank)).sum();
    if magnitudes.iter().all(|magnitude| magnitude % 2 == 0) {
        magnitudes.iter_mut().for_each(|magnitude| *magnitude /= 2);
        observed /= 2;
    }
    distribution(&magnitudes)[observed..].iter().sum::<f64>().min(1.0)
}

/// The same for as many positive and for as many negative ranks: the chances of worse and of better.
pub(in super::super) fn both_tails(ranks: &[i32]) -> (f64, f64) {
    let opposite: Vec<i32> = ranks.iter().map(|rank| -rank).collect();
    (upper_tail(ranks), upper_tail(&opposite))
}

fn size(rank: i32) -> usize {
    rank.unsigned_abs() as usize
}

/// The chance of each sum of those ranks whose sign is positive.
fn distribution(magnitudes: &[usize]) -> Vec<f64> {
    let mut chances = vec![0.0; magnitudes.iter().sum::<usize>() + 1];
    chances[0] = 1.0;
    let mut highest = 0;
    for magnitude in magnitudes {
        highest += magnitude;
        for sum in (0..=highest).rev() {
            let with = if sum >= *magnitude { chances[sum - magnitude] } else { 0.0 };
            let without = if sum + magnitude > highest { 0.0 } else { chances[sum] };
            chances[sum] = 0.5 * (with + without);
        }
    }
    chances
}

/// The distribution for so many differences without ties and zeros, from which intervals take their levels.
#[derive(Clone, Debug)]
pub(in super::super) struct Untied {
    /// The chance of a sum as low as each, or lower.
    at_most: Vec<f64>,
}

impl Untied {
    /// For so many differences.
    pub(in super::super) fn of(count: usize) -> Self {
        let ranks: Vec<usize> = (1..=count).collect();
        let mut at_most = distribution(&ranks);
        let mut sum = 0.0;
        for chance in &mut at_most {
            sum += *chance;
            *chance = sum;
        }
        Self { at_most }
    }

    /// The highest sum that is reached or undercut with at most this chance; none where even 0 is likelier.
    pub(in super::super) fn critical(&self, chance: f64) -> Option<usize> {
        self.at_most.partition_point(|at_most| *at_most <= chance).checked_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::signed_ranks;
    use super::*;

    fn of(differences: &[f64]) -> f64 {
        upper_tail(&signed_ranks(&differences.iter().copied().map(Some).collect::<Vec<_>>(), 1e-12))
    }

    /// Critical values at one-sided levels of .05, .025, .01 and .005: Wilcoxon and Wilcox, Some Rapid Approximate
    /// Statistical Procedures (1964), table 2, as reprinted in every textbook.
    #[test]
    fn critical_values_are_those_of_the_published_table() {
        let table = [
            (5, [Some(0), None, None, None]),
            (6, [Some(2), Some(0), None, None]),
            (7, [Some(3), Some(2), Some(0), None]),
            (8, [Some(5), Some(3), Some(1), Some(0)]),
            (10, [Some(10), Some(8), Some(5), Some(3)]),
            (12, [Some(17), Some(13), Some(9), Some(7)]),
            (16, [Some(35), Some(29), Some(23), Some(19)]),
            (20, [Some(60), Some(52), Some(43), Some(37)]),
            (24, [Some(91), Some(81), Some(69), Some(61)]),
            (25, [Some(100), Some(89), Some(76), Some(68)]),
            (30, [Some(151), Some(137), Some(120), Some(109)]),
        ];
        for (count, expected) in table {
            let untied = Untied::of(count);
            assert_eq!([0.05, 0.025, 0.01, 0.005].map(|level| untied.critical(level)), expected, "{count} differences");
        }
    }

    /// `scipy.stats.wilcoxon(d, alternative="greater", method="exact").pvalue`, scipy 1.17.1; the
    /// differences are drawn from normal distributions.
    #[test]
    fn chances_without_ties_are_those_of_scipy() {
        let (seven, ten) = (
            [-0.302, -0.824, 0.252, 0.92, 1.636, 0.61, -0.053],
            [-0.385, 1.149, 2.035, 0.673, -0.833, -0.558, 2.0, 0.603, -1.332, 0.316],
        );
        let twenty_four = [
            -0.863, -0.329, -0.188, -0.413, 0.853, 0.237, -0.289, 0.71, 1.13, -1.343, 0.043, -0.681, 0.127, -0.989,
            0.321, 0.262, -0.004, -0.748, -0.096, -0.791, -1.055, 0.525, -0.809, 1.47,
        ];
        let thirty_two = [
            0.867, -1.848, 0.422, -0.952, 0.183, 0.194, -1.838, -0.083, -0.106, 1.112, -1.031, 0.888, -0.949, -0.181,
            -0.69, 1.599, 0.718, 2.582, 0.792, 0.995, 0.991, -0.457, 0.08, 1.5, -0.247, 0.339, 0.129, 0.759, -0.215,
            -0.002, 0.392, 0.253,
        ];
        let ours = [of(&seven), of(&ten), of(&twenty_four), of(&thirty_two)];
        let theirs = [0.234375, 0.2158203125, 0.820_186_853_408_813_5, 0.104_977_155_569_940_8];
        for (ours, theirs) in ours.iter().zip(theirs) {
            assert!((ours - theirs).abs() < 1e-12, "{ours} {theirs}");
        }
    }

    /// `scipy.stats.wilcoxon(d, zero_method="pratt", alternative="greater",
    /// method=scipy.stats.PermutationMethod(n_resamples=10**6)).pvalue`, which counts all flips of so few pairs. The
    /// first are Cushny and Peebles' hours of sleep.
    #[test]
    fn chances_with_ties_and_zeros_are_those_of_scipy() {
        let sleep = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4];
        let ours = [
            of(&sleep),
            of(&[1.0, 1.0, -1.0, 2.0, 0.0, 0.0, 3.0, -2.0, 4.0]),
            of(&[0.0, 0.0, 0.0, 1.0, 2.0, -1.0, 5.0, 5.0]),
            of(&[-1.0, -1.0, -1.0, 2.0, 2.0, 0.0, 3.0]),
        ];
        assert_eq!(ours, [0.001953125, 0.1328125, 0.09375, 0.265625]);
    }

    #[test]
    fn nothing_is_as_likely_as_certain() {
        assert_eq!(of(&[]), 1.0);
        assert_eq!(of(&[0.0, 0.0]), 1.0);
        assert_eq!(of(&[1.0; 10]), 1.0 / 1024.0);
        assert_eq!(Untied::of(0).critical(0.05), None);
    }
}
