//! Keeps within GitHub's limits: writes one after the other with a gap, and no call at all while GitHub wants none.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How fast we go. The defaults are what GitHub asks for; tests go faster.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// Between two writes. GitHub asks for at least a second.
    pub write_gap: Duration,
    /// How long a call may take.
    pub timeout: Duration,
    /// Before a failed read is asked again.
    pub again: Duration,
    /// What is left of a token's life when a new one is taken.
    pub refresh: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            write_gap: Duration::from_secs(1),
            timeout: Duration::from_secs(30),
            again: Duration::from_millis(500),
            refresh: Duration::from_secs(300),
        }
    }
}

/// The longest wait that is believed: GitHub's limits are by the hour.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// The gate that every call passes; one for a client and all its clones.
#[derive(Debug, Default)]
pub(super) struct Gate {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// No call before this.
    closed_until: Option<Instant>,
    /// The next write not before this.
    next_write: Option<Instant>,
    /// Calls left in GitHub's current hour.
    left: Option<u64>,
}

impl Gate {
    /// The rest of the wait that GitHub asked for; none: go on.
    pub(super) fn closed_for(&self) -> Option<Duration> {
        let until = self.lock().closed_until?;
        until.checked_duration_since(Instant::now()).filter(|rest| !rest.is_zero())
    }

    /// Closes the gate; what it was closed for longer stays.
    pub(super) fn close(&self, wait: Duration) {
        let until = Instant::now() + wait.min(LONGEST_WAIT);
        let mut state = self.lock();
        state.closed_until = state.closed_until.max(Some(until));
    }

    /// When the next write may be sent; the one after it comes a gap later.
    pub(super) fn write_slot(&self, gap: Duration) -> Instant {
        let now = Instant::now();
        let mut state = self.lock();
        let slot = state.next_write.map_or(now, |next| next.max(now));
        state.next_write = Some(slot + gap);
        slot
    }

    /// Notes how many calls are left.
    pub(super) fn note_left(&self, left: u64) {
        self.lock().left = Some(left);
    }

    /// Calls left in GitHub's current hour, as of the last answer.
    pub(super) fn left(&self) -> Option<u64> {
        self.lock().left
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn writes_have_a_gap_and_an_idle_gate_owes_none() {
        let gate = Gate::default();
        let start = Instant::now();
        let slots: Vec<_> = (0..3).map(|_| gate.write_slot(GAP) - start).collect();
        assert_eq!(slots, [Duration::ZERO, GAP, 2 * GAP]);
        tokio::time::advance(10 * GAP).await;
        assert_eq!(gate.write_slot(GAP) - start, 10 * GAP);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_counts_down_and_a_shorter_one_does_not_open_it() {
        let gate = Gate::default();
        assert_eq!(gate.closed_for(), None);
        gate.close(60 * GAP);
        gate.close(GAP);
        tokio::time::advance(20 * GAP).await;
        assert_eq!(gate.closed_for(), Some(40 * GAP));
        tokio::time::advance(40 * GAP).await;
        assert_eq!(gate.closed_for(), None);
        gate.close(Duration::from_secs(1 << 40));
        assert_eq!(gate.closed_for(), Some(LONGEST_WAIT));
    }
}
