//! The generator's one clock: monotonic, in nanoseconds, the same that its timers use.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Nanoseconds in a second.
pub(super) const SECOND_NS: u64 = 1_000_000_000;

/// An instant of the machine's monotonic clock, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Mono(u64);

impl Mono {
    pub(super) fn now() -> Self {
        let now = clock_gettime(ClockId::Monotonic);
        Self(now.tv_sec.unsigned_abs() * SECOND_NS + now.tv_nsec.unsigned_abs())
    }

    pub(super) fn plus_ns(self, ns: u64) -> Self {
        Self(self.0.saturating_add(ns))
    }

    /// Nanoseconds since `earlier`; 0 if that is later.
    pub(super) fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// As the kernel wants it for an absolute timer.
    pub(super) fn timespec(self) -> Timespec {
        // A monotonic clock in u64 nanoseconds spans 584 years of uptime: neither cast can wrap.
        Timespec { tv_sec: (self.0 / SECOND_NS) as i64, tv_nsec: (self.0 % SECOND_NS) as i64 }
    }

    /// The same instant for tokio's timers, which round up to the next millisecond.
    pub(super) fn tokio(self) -> tokio::time::Instant {
        tokio::time::Instant::now() + Duration::from_nanos(self.since(Self::now()))
    }
}

/// Ties the monotonic clock to the calendar once a phase, so that a step of the calendar clock moves no window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Calendar {
    mono: Mono,
    unix_ns: u64,
}

impl Calendar {
    pub(super) fn now() -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { mono: Mono::now(), unix_ns: u64::try_from(unix.as_nanos()).unwrap_or(u64::MAX) }
    }

    /// This calendar's own instant, in nanoseconds since the Unix epoch.
    pub(super) fn now_unix_ns(&self) -> u64 {
        self.unix_ns
    }

    /// When it is so many nanoseconds since the Unix epoch; none if that has passed.
    pub(super) fn mono(&self, unix_ns: u64) -> Option<Mono> {
        Some(self.mono.plus_ns(unix_ns.checked_sub(self.unix_ns)?))
    }

    /// Nanoseconds since the Unix epoch at an instant not before this calendar's own.
    pub(super) fn unix_ns(&self, at: Mono) -> u64 {
        self.unix_ns.saturating_add(at.since(self.mono))
    }
}
