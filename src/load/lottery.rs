//! Which request is next: by the weights, and a pure function of seed, phase and event index, so that the rounds of
//! baseline and candidate send the same sequence.

use crate::domain::load::{Phase, RequestSpec};

/// The stream of draws that one phase uses; streams with different salts are independent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream(u64);

impl Stream {
    pub(super) fn new(seed: u64, phase: Phase, salt: u64) -> Self {
        let phase = match phase {
            Phase::WarmUp => 0,
            Phase::Stage(index) => 1 + u64::from(index),
        };
        Self(scramble(scramble(scramble(seed) ^ phase) ^ salt))
    }

    /// 64 random bits for an event.
    pub(super) fn draw(self, index: u64) -> u64 {
        // SplitMix64: the state advances by the golden ratio, so draw `index` needs none of those before it.
        scramble(self.0.wrapping_add(index.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// A random number in (0, 1], never 0: its logarithm is finite.
    pub(super) fn draw_unit(self, index: u64) -> f64 {
        ((self.draw(index) >> 11) + 1) as f64 / (1_u64 << 53) as f64
    }
}

/// The finalizer of SplitMix64.
fn scramble(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// The weights of the requests, summed up for drawing.
#[derive(Clone, Debug)]
pub(super) struct Lottery {
    cumulative: Vec<u64>,
}

impl Lottery {
    /// Weights must be at least 1.
    pub(super) fn new(requests: &[RequestSpec]) -> Self {
        let mut total = 0;
        let cumulative = requests
            .iter()
            .map(|request| {
                total += u64::from(request.weight);
                total
            })
            .collect();
        Self { cumulative }
    }

    /// The request, as an index into the specification, that 64 random bits choose.
    pub(super) fn choose(&self, bits: u64) -> usize {
        let total = self.cumulative.last().copied().unwrap_or(1);
        let ticket = (u128::from(bits) * u128::from(total)) >> 64;
        self.cumulative.partition_point(|&end| u128::from(end) <= ticket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::target::tests::request;

    #[test]
    fn requests_are_chosen_in_proportion_to_their_weights() {
        let requests = [1_u32, 2, 7].map(|weight| RequestSpec { weight, ..request("r", "http://h/") });
        let lottery = Lottery::new(&requests);
        let stream = Stream::new(7, Phase::Stage(0), 0);
        let mut counts = [0_u32; 3];
        for index in 0..100_000 {
            counts[lottery.choose(stream.draw(index))] += 1;
        }
        // 5 standard deviations of a binomial count are at most 800.
        for (count, expected) in counts.into_iter().zip([10_000_u32, 20_000, 70_000]) {
            assert!(count.abs_diff(expected) < 800, "{counts:?}");
        }
    }

    #[test]
    fn the_ends_of_the_range_choose_the_first_and_the_last() {
        let requests = [3_u32, 5].map(|weight| RequestSpec { weight, ..request("r", "http://h/") });
        assert_eq!(Lottery::new(&requests).choose(0), 0);
        assert_eq!(Lottery::new(&requests).choose(u64::MAX), 1);
    }

    #[test]
    fn phases_salts_and_seeds_have_streams_of_their_own() {
        let draws = [
            Stream::new(1, Phase::WarmUp, 0).draw(0),
            Stream::new(1, Phase::Stage(0), 0).draw(0),
            Stream::new(1, Phase::Stage(0), 1).draw(0),
            Stream::new(2, Phase::Stage(0), 0).draw(0),
            Stream::new(1, Phase::Stage(0), 0).draw(1),
        ];
        for (position, draw) in draws.iter().enumerate() {
            assert!(!draws[..position].contains(draw));
        }
        assert_eq!(Stream::new(1, Phase::WarmUp, 0).draw(0), draws[0]);
    }
}
