//! Many p-values at once, where one false claim among ten may be: Benjamini and Hochberg's false discovery rate.

/// P-values adjusted so that claiming all below a level has at most that share of false claims on average (Benjamini and
/// Hochberg 1995, <https://doi.org/10.1111/j.2517-6161.1995.tb02031.x>).
pub(in super::super) fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|one, other| p[*other].total_cmp(&p[*one]));
    let mut adjusted = vec![1.0; p.len()];
    let mut least = 1.0_f64;
    for (above, index) in order.into_iter().enumerate() {
        least = least.min(p[index] * p.len() as f64 / (p.len() - above) as f64);
        adjusted[index] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Benjamini and Hochberg's own example (their section 4.1): of 15 p-values, four are claimed at 5 %. Adjusted by
    /// `scipy.stats.false_discovery_control`, scipy 1.17.1.
    #[test]
    fn the_authors_example() {
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
            0.7590, 1.0000,
        ];
        let adjusted = benjamini_hochberg(&p);
        assert_eq!(adjusted.iter().filter(|p| **p <= 0.05).count(), 4);
        let theirs = [
            0.0015,
            0.003,
            0.0095,
            0.035625,
            0.0603,
            0.063_857_142_857,
            0.063_857_142_857,
            0.0645,
            0.0765,
            0.486,
            0.581_181_818_182,
            0.714875,
            0.753_230_769_231,
            0.813_214_285_714,
            1.0,
        ];
        assert!(adjusted.iter().zip(theirs).all(|(ours, theirs)| (ours - theirs).abs() < 1e-9), "{adjusted:?}");
    }

    #[test]
    fn the_order_of_the_values_does_not_matter() {
        assert_eq!(benjamini_hochberg(&[0.04, 0.01, 0.5]), [0.06, 0.03, 0.5]);
        assert!(benjamini_hochberg(&[]).is_empty());
    }
}
