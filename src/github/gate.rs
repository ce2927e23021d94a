//! Keeps within GitHub's limits: writes one after the other with a gap, and no call at all while GitHub wants none.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::sync::MutexGuard;
use tokio::time::{Instant, sleep_until};

use crate::domain::rules::{Credentials, GithubSettings};

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

/// The gate that every call passes; one for a client and all its clones, or for several clients of [`Gates`].
#[derive(Debug, Default)]
pub(super) struct Gate {
    state: Mutex<State>,
    /// The next write not before this; held while one is under way.
    next_write: tokio::sync::Mutex<Option<Instant>>,
}

/// The gates of several clients. Those that show GitHub the same share one: it counts by installation or by user, however
/// many repositories they work on.
#[derive(Clone, Default, Debug)]
pub struct Gates(Arc<Mutex<BTreeMap<String, Arc<Gate>>>>);

impl Gates {
    /// The gate of whoever has these settings.
    pub(super) fn of(&self, settings: &GithubSettings) -> Arc<Gate> {
        let who = match &settings.credentials {
            // An app is installed once for an owner.
            Credentials::App { id, .. } => format!("app {id} of {}", settings.repository.owner().to_lowercase()),
            Credentials::Token(token) => hex::encode(Sha256::digest(&token.0)),
        };
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(gates.entry(format!("{who} at {}", settings.api)).or_default())
    }
}

/// The turn of a write; the next one comes a gap after its end.
pub(super) struct Turn<'g> {
    next: MutexGuard<'g, Option<Instant>>,
    gap: Duration,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.next = Some(Instant::now() + self.gap);
    }
}

#[derive(Debug, Default)]
struct State {
    /// No call before this.
    closed_until: Option<Instant>,
    /// Calls left in GitHub's current hour.
    left: Option<u64>,
}

impl Gate {
    /// The rest of the wait that GitHub asked for; none: go on.
    pub(super) fn closed_for(&self, now: Instant) -> Option<Duration> {
        let until = self.lock().closed_until?;
        until.checked_duration_since(now).filter(|rest| !rest.is_zero())
    }

    /// Closes the gate; what it was closed for longer stays.
    pub(super) fn close(&self, now: Instant, wait: Duration) {
        let until = now + wait.min(LONGEST_WAIT);
        let mut state = self.lock();
        state.closed_until = state.closed_until.max(Some(until));
    }

    /// Waits for a write's turn: GitHub wants them one after the other.
    pub(super) async fn turn(&self, gap: Duration) -> Turn<'_> {
        let next = self.next_write.lock().await;
        if let Some(next) = *next {
            sleep_until(next).await;
        }
        Turn { next, gap }
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

    #[test]
    fn a_wait_counts_down_and_a_shorter_one_does_not_open_it() {
        let (gate, start) = (Gate::default(), Instant::now());
        assert_eq!(gate.closed_for(start), None);
        gate.close(start, 60 * GAP);
        gate.close(start, GAP);
        assert_eq!(gate.closed_for(start + 20 * GAP), Some(40 * GAP));
        assert_eq!(gate.closed_for(start + 60 * GAP), None);
        gate.close(start, Duration::from_secs(1 << 40));
        assert_eq!(gate.closed_for(start), Some(LONGEST_WAIT));
    }
}
