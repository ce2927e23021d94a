//! The Hodges-Lehmann estimate and its exact bounds, by Walsh averages.
//!
//! Hodges and Lehmann 1963 (<https://doi.org/10.1214/aoms/1177704172>); Hollander and Wolfe, Nonparametric Statistical
//! Methods, 3.2 and 3.3.

use super::wilcoxon::Untied;

/// The means of all pairs of differences, each with itself among them, in order.
#[derive(Clone, Debug)]
pub(in super::super) struct Walsh {
    averages: Vec<f64>,
}

impl Walsh {
    /// Of at least one difference; none of none.
    pub(in super::super) fn of(differences: &[f64]) -> Option<Self> {
        let mut averages = Vec::with_capacity(differences.len() * (differences.len() + 1) / 2);
        for (index, one) in differences.iter().enumerate() {
            averages.extend(differences[index..].iter().map(|other| one.midpoint(*other)));
        }
        averages.sort_unstable_by(f64::total_cmp);
        (!averages.is_empty()).then_some(Self { averages })
    }

    /// The median of the averages: the centre of the differences, as little moved by outliers as ranks are.
    pub(in super::super) fn centre(&self) -> f64 {
        let count = self.averages.len();
        self.averages[(count - 1) / 2].midpoint(self.averages[count / 2])
    }

    /// The centre lies above this, but for the given chance of error; none where so few differences tell no bound.
    pub(in super::super) fn lower(&self, null: &Untied, error: f64) -> Option<f64> {
        self.averages.get(null.critical(error)?).copied()
    }

    /// The centre lies below this, but for the given chance of error; none where so few differences tell no bound.
    pub(in super::super) fn upper(&self, null: &Untied, error: f64) -> Option<f64> {
        let from_above = null.critical(error)?;
        self.averages.get(self.averages.len().checked_sub(from_above + 1)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hollander and Wolfe's example 3.1 (Salsburg's depression factors, their table 3.1, here in thousandths):
    /// estimate -0.46, and the interval of 96 % from -0.786 to -0.010.
    #[test]
    fn the_textbooks_example() {
        let before = [1830.0, 500.0, 1620.0, 2480.0, 1680.0, 1880.0, 1550.0, 3060.0, 1300.0];
        let after = [878.0, 647.0, 598.0, 2050.0, 1060.0, 1290.0, 1060.0, 3140.0, 1290.0];
        let differences: Vec<_> = after.iter().zip(before).map(|(after, before)| after - before).collect();
        let walsh = Walsh::of(&differences).unwrap();
        let null = Untied::of(9);
        assert!((walsh.centre() - -460.0).abs() < 1e-9, "{}", walsh.centre());
        let interval = [walsh.lower(&null, 0.02), walsh.upper(&null, 0.02)].map(Option::unwrap);
        assert!((interval[0] - -786.0).abs() < 1e-9 && (interval[1] - -10.0).abs() < 1e-9, "{interval:?}");
    }

    #[test]
    fn too_few_differences_tell_no_bound() {
        let walsh = Walsh::of(&[1.0, 2.0, 3.0, 4.0]).unwrap();
        assert_eq!((walsh.centre(), walsh.upper(&Untied::of(4), 0.05)), (2.5, None));
        assert_eq!(walsh.upper(&Untied::of(4), 0.0625), Some(4.0));
        assert_eq!(walsh.lower(&Untied::of(4), 0.0625), Some(1.0));
        assert!(Walsh::of(&[]).is_none());
    }

    /// The bound is what the test does not reject: just above it the test rejects, just below it doesn't.
    #[test]
    fn a_bound_is_where_the_test_turns() {
        use super::super::{signed_ranks, upper_tail};
        let differences = [0.31, -0.12, 0.44, 0.05, 0.27, -0.33, 0.18, 0.52, 0.09, 0.36, 0.02];
        let bound = Walsh::of(&differences).unwrap().lower(&Untied::of(11), 0.025).unwrap();
        let tail = |centre: f64| upper_tail(&signed_ranks(&differences.map(|value| Some(value - centre)), 1e-12));
        assert!(tail(bound - 1e-6) <= 0.025 && tail(bound + 1e-6) > 0.025);
    }
}
