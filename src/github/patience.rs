//! How long to wait before GitHub is asked again, for whoever works through it in a loop.

use std::time::Duration;

use rand::Rng;

/// The wait after a first failure.
pub const SHORTEST_WAIT: Duration = Duration::from_secs(2);
/// The wait after many.
const LONGEST_WAIT: Duration = Duration::from_secs(600);
/// So many doublings are beyond the longest wait, and within what a wait can hold.
const MOST_DOUBLINGS: u32 = 16;

/// How long to wait after a failure that so many others came before, at least as long as GitHub wants.
pub fn back_off(failures_before: u32, at_least: Option<Duration>) -> Duration {
    let wait = SHORTEST_WAIT.saturating_mul(1 << failures_before.min(MOST_DOUBLINGS)).min(LONGEST_WAIT);
    jittered(wait).max(at_least.unwrap_or_default())
}

/// Half to one and a half of it, so that what failed together is not tried together.
pub fn jittered(wait: Duration) -> Duration {
    wait.mul_f64(rand::rng().random_range(0.5..1.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_are_bounded_and_never_shorter_than_asked() {
        for (failures_before, least, most) in [(0, 1, 3), (3, 8, 24), (39, 300, 900)] {
            let wait = back_off(failures_before, None);
            let is_fine = wait >= Duration::from_secs(least) && wait <= Duration::from_secs(most);
            assert!(is_fine, "{failures_before}: {wait:?}");
        }
        assert!(back_off(0, Some(Duration::from_secs(60))) >= Duration::from_secs(60));
    }
}
