//! Which side of a pair goes first: drawn by a seed, and balanced.

use crate::domain::run::Arm;

/// The order of the two rounds of a pair, which is counted from 1. Of pairs 1 and 2, 3 and 4 and so on, one begins with
/// each side, so that what drifts evenly falls on both sides alike; which of the two is drawn, so that nothing that comes
/// and goes in time falls in with the order.
pub(super) fn order_of_pair(seed: u64, pair: u16) -> [Arm; 2] {
    let index = u64::from(pair.saturating_sub(1));
    let (block, is_second) = (index / 2, index % 2 == 1);
    let baseline_goes_first = (draw(seed, block) & 1 == 1) != is_second;
    if baseline_goes_first { [Arm::Baseline, Arm::Candidate] } else { [Arm::Candidate, Arm::Baseline] }
}

/// 64 random bits: SplitMix64 (Steele, Lea, Flood 2014), whose draw `index` needs none of those before it.
fn draw(seed: u64, index: u64) -> u64 {
    let mut bits = seed.wrapping_add((index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(seed: u64, pair: u16) -> Arm {
        order_of_pair(seed, pair)[0]
    }

    #[test]
    fn the_draws_are_those_of_splitmix64() {
        // The first outputs of the authors' program (splitmix64.c) for the seed 1234567.
        assert_eq!(
            [0, 1, 2].map(|index| draw(1_234_567, index)),
            [6457827717110365317, 3203168211198807973, 9817491932198370423]
        );
    }

    #[test]
    fn after_every_second_pair_both_sides_went_first_equally_often() {
        for seed in 0..50 {
            for block in 0..50 {
                assert_ne!(first(seed, 2 * block + 1), first(seed, 2 * block + 2), "seed {seed}, block {block}");
            }
        }
    }

    #[test]
    fn which_side_begins_is_drawn_and_a_seed_draws_the_same_again() {
        let begins = |seed| (0..500).filter(|block| first(seed, 2 * block + 1) == Arm::Baseline).count();
        // Four standard deviations of a fair coin are 45.
        assert!((0..20).all(|seed| begins(seed).abs_diff(250) <= 45));
        let orders = |seed| (1..=64).map(|pair| first(seed, pair)).collect::<Vec<_>>();
        assert_eq!(orders(7), orders(7));
        assert_ne!(orders(7), orders(8));
        for pair in 1..=64 {
            let [one, other] = order_of_pair(7, pair);
            assert_ne!(one, other);
        }
    }
}
