//! A shift: how long a crew works, and how it is told to stop.

use tokio_util::sync::CancellationToken;

/// Tells a crew when to stop. Clones tell the same crew.
#[derive(Clone, Debug, Default)]
pub struct Shift {
    over: CancellationToken,
    at_once: CancellationToken,
}

impl Shift {
    /// No more jobs are taken; those under way may go on until they end, or the time to drain is over.
    pub fn end(&self) {
        self.over.cancel();
    }

    /// The same, and jobs under way are given back as soon as their stacks are gone.
    pub fn end_at_once(&self) {
        self.over.cancel();
        self.at_once.cancel();
    }

    /// Cancelled when no more jobs are taken.
    pub fn over(&self) -> &CancellationToken {
        &self.over
    }

    /// Cancelled when jobs under way are to be given back.
    pub fn at_once(&self) -> &CancellationToken {
        &self.at_once
    }
}
