//! Signed ranks of paired differences.

/// Signed ranks, one a pair: positive where the difference is. They are doubled, so that midranks are whole numbers.
pub(in super::super) type Ranks = Vec<i32>;

/// Ranks differences by magnitude and gives them their signs. Zeros take the lowest ranks and then count as nothing
/// (Pratt 1959, <https://doi.org/10.2307/2282543>), equal magnitudes share the mean of their ranks; a pair without a
/// difference takes no rank. Magnitudes that differ by no more than `tolerance` are equal: what was computed from equal
/// ratios differs in the last digits.
pub(in super::super) fn signed_ranks(differences: &[Option<f64>], tolerance: f64) -> Ranks {
    let mut order: Vec<(usize, f64)> =
        differences.iter().enumerate().filter_map(|(pair, difference)| difference.map(|value| (pair, value))).collect();
    order.sort_by(|one, other| one.1.abs().total_cmp(&other.1.abs()));
    let mut ranks = vec![0; differences.len()];
    let zeros = order.partition_point(|(_, value)| value.abs() <= tolerance);
    let mut first = zeros;
    while first < order.len() {
        let mut end = first + 1;
        while end < order.len() && order[end].1.abs() - order[end - 1].1.abs() <= tolerance {
            end += 1;
        }
        // Twice the mean of the ranks from `first + 1` to `end`.
        let doubled = i32::try_from(first + 1 + end).unwrap_or(i32::MAX);
        for (pair, value) in &order[first..end] {
            ranks[*pair] = if *value > 0.0 { doubled } else { -doubled };
        }
        first = end;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_take_ranks_and_count_nothing_and_ties_share_theirs() {
        let some = |values: &[f64]| values.iter().copied().map(Some).collect::<Vec<_>>();
        assert_eq!(signed_ranks(&some(&[0.3, -0.1, 0.2]), 0.0), [6, -2, 4]);
        assert_eq!(signed_ranks(&some(&[0.0, -0.1, 0.0, 0.2]), 0.0), [0, -6, 0, 8]);
        assert_eq!(signed_ranks(&some(&[0.1, -0.1, 0.2]), 0.0), [3, -3, 6]);
        assert_eq!(signed_ranks(&[Some(0.3), None, Some(-0.2)], 0.0), [4, 0, -2]);
    }

    #[test]
    fn what_differs_in_the_last_digits_is_equal() {
        let (one, other) = (1.1_f64.ln() - 1_f64.ln(), 3.3_f64.ln() - 3_f64.ln());
        assert_ne!(one, other);
        assert_eq!(signed_ranks(&[Some(one), Some(-other), Some(1e-16)], 1e-12), [5, -5, 0]);
    }
}
