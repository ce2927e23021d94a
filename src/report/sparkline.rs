//! A line of blocks for a line of values.

use crate::domain::comparison::SideSummary;

/// From the lowest value to the highest.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// The blocks span at least this share of the highest value, so that noise doesn't look like a mountain.
const LEAST_SPAN: f64 = 0.2;

/// One block a value, the lowest at the bottom; where they are more than `width`, one for the median of as many as
/// need be.
pub(super) fn sparkline(values: &[f64], width: usize) -> String {
    let chunk = values.len().div_ceil(width.max(1)).max(1);
    let medians = values.chunks(chunk).filter_map(|chunk| SideSummary::of(chunk.to_vec())).map(|side| side.median);
    let values: Vec<f64> = medians.collect();
    let (low, high) = range(&values);
    let least = low.abs().max(high.abs()) * LEAST_SPAN;
    let span = (high - low).max(least);
    let bottom = f64::midpoint(low, high) - span / 2.0;
    let top = (BLOCKS.len() - 1) as f64;
    let level = |value: f64| if span > 0.0 { ((value - bottom) / span * top).round() } else { 0.0 };
    // A share of 0 to 1, so the index is one of the blocks'.
    values.into_iter().map(|value| BLOCKS[(level(value) as usize).min(BLOCKS.len() - 1)]).collect()
}

/// The lowest and the highest value.
pub(super) fn range(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_is_at_the_bottom_and_the_highest_at_the_top() {
        assert_eq!(sparkline(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], 80), "▁▂▃▄▅▆▇█");
        assert_eq!(sparkline(&[-2.0, -1.0], 80), "▁█");
    }

    #[test]
    fn noise_is_flat_and_a_change_is_not() {
        assert_eq!(sparkline(&[100.0, 102.0, 98.0, 102.0], 80), "▅▅▄▅");
        assert_eq!(sparkline(&[100.0, 101.0, 99.0, 150.0], 80), "▁▁▁█");
        assert_eq!(sparkline(&[0.0, 0.0], 80), "▁▁");
        assert_eq!(sparkline(&[], 80), "");
    }

    #[test]
    fn many_values_share_a_block() {
        let values: Vec<f64> = (0..1000).map(f64::from).collect();
        let line = sparkline(&values, 60);
        assert_eq!((line.chars().count(), line.chars().next(), line.chars().last()), (59, Some('▁'), Some('█')));
    }
}
