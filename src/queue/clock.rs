//! How long we may believe that a lease is ours, by our own clock.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::settings::QueueSettings;

/// The part of a lease that is kept back: within it a holder that can't reach the database stops its load, before
/// the database may give the slot to somebody else.
const MARGIN: u32 = 6;

/// The lengths that govern a lease.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct LeaseClock {
    pub(super) lease: Duration,
    pub(super) heartbeat: Duration,
}

impl LeaseClock {
    pub(super) fn new(settings: &QueueSettings) -> Self {
        Self { lease: settings.lease.0, heartbeat: settings.heartbeat.0 }
    }

    /// Until when a claim or renewal is to be trusted whose attempt began at `started`. The database counts the lease
    /// from a later moment than that, so ours ends first, whatever the answer's way took.
    pub(super) fn trust_until(&self, started: Instant) -> Instant {
        started + (self.lease - self.lease / MARGIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trust_ends_before_the_lease_does() {
        let clock = LeaseClock::new(&QueueSettings::default());
        let started = Instant::now();
        assert_eq!(clock.trust_until(started) - started, Duration::from_secs(50));
        assert!(clock.heartbeat * 2 < clock.trust_until(started) - started, "a lost heartbeat is no lost lease");
    }
}
