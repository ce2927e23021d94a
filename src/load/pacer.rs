//! Wakes a worker at an instant, to some tens of microseconds: tokio's own timers have a resolution of a millisecond.

use std::io;
use std::os::fd::OwnedFd;

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::clock::Mono;

/// A kernel timer (timerfd) on the worker's runtime.
pub(super) struct Pacer {
    timer: AsyncFd<OwnedFd>,
}

impl Pacer {
    /// Must be called on the runtime that will wait for it.
    pub(super) fn new() -> io::Result<Self> {
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        #[expect(
            deprecated,
            reason = "sound for an OwnedFd, which stays open and the same; its successor needs unsafe"
        )]
        let timer = AsyncFd::with_interest(timer, Interest::READABLE)?;
        Ok(Self { timer })
    }

    /// Returns at `at`; at once, but not before the other tasks had their turn, if that has passed. May be cancelled.
    pub(super) async fn wait_until(&self, at: Mono) -> io::Result<()> {
        let never = Timespec { tv_sec: 0, tv_nsec: 0 };
        let once = Itimerspec { it_interval: never, it_value: at.timespec() };
        timerfd_settime(self.timer.get_ref(), TimerfdTimerFlags::ABSTIME, &once)?;
        loop {
            let mut ready = self.timer.readable().await?;
            let mut expirations = [0_u8; 8];
            // A cancelled wait may have left readiness behind; the read then would block, and clears it.
            match ready.try_io(|timer| Ok(rustix::io::read(timer.get_ref(), &mut expirations)?)) {
                Ok(read) => return read.map(|_| ()),
                Err(_would_block) => continue,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn never_wakes_early_and_survives_a_cancelled_wait() {
        let pacer = Pacer::new().unwrap();
        for wait_ns in [0, 50_000, 700_000, 3_000_000] {
            let cancelled = pacer.wait_until(Mono::now());
            tokio::select! { biased; () = std::future::ready(()) => {}, _ = cancelled => {} }
            let at = Mono::now().plus_ns(wait_ns);
            pacer.wait_until(at).await.unwrap();
            assert!(Mono::now() >= at);
        }
    }
}
