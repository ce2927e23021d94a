//! Counts calls by how they ended, for the metrics.

use std::sync::atomic::{AtomicU64, Ordering};

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    Ok,
    /// Nothing changed since we asked last; costs nothing of the limit.
    Unchanged,
    Refused,
    Limited,
    Failing,
    Unreachable,
}

/// As they are counted, in the order of [`Outcome`].
const NAMES: [&str; 6] = ["ok", "unchanged", "refused", "limited", "failing", "unreachable"];

/// The counts.
#[derive(Debug, Default)]
pub(super) struct Tally([AtomicU64; NAMES.len()]);

impl Tally {
    pub(super) fn count(&self, outcome: Outcome) {
        self.0[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Every outcome's name with its count.
    pub(super) fn counts(&self) -> [(&'static str, u64); NAMES.len()] {
        std::array::from_fn(|index| (NAMES[index], self.0[index].load(Ordering::Relaxed)))
    }
}
