//! What a listener hears while a job runs.

use std::time::Duration;

/// A step of a job, in the order in which they happen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Step {
    /// Files of the revisions are written.
    CheckOut,
    /// Images are found or built.
    Build,
    /// The stack starts.
    Up,
    /// Readiness conditions are waited for.
    Ready,
    /// Load that is not measured.
    WarmUp,
    /// Load that is measured.
    Load,
    /// The scrape after the drain is waited for.
    Drain,
    /// Queries are asked.
    Queries,
    /// The raw samples are kept.
    Snapshot,
    /// Logs are kept.
    Logs,
    /// The stack goes.
    Down,
    /// The sides are compared.
    Compare,
}

impl Step {
    /// As it is stored and printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CheckOut => "check-out",
            Self::Build => "build",
            Self::Up => "up",
            Self::Ready => "ready",
            Self::WarmUp => "warm-up",
            Self::Load => "load",
            Self::Drain => "drain",
            Self::Queries => "queries",
            Self::Snapshot => "snapshot",
            Self::Logs => "logs",
            Self::Down => "down",
            Self::Compare => "compare",
        }
    }
}

/// Something worth telling while a job runs.
#[derive(Clone, PartialEq, Debug)]
pub enum Progress {
    /// A step begins.
    Begins {
        /// Which.
        step: Step,
        /// The round and how many there are, inside one.
        round: Option<(u16, u16)>,
        /// An estimate of the time until the job ends; none before the first round.
        left: Option<Duration>,
    },
    /// How the load goes, a few times a second.
    Load {
        /// Answers in the last second.
        rate: f64,
        /// Planned requests a second.
        planned: f64,
        /// 99th percentile of response times in the last second.
        p99: Duration,
    },
    /// A line worth keeping: an image was built, a run was swept, a turn is waited for.
    Note(String),
}

/// Hears progress; called often, must not block.
pub type Listener = dyn Fn(Progress) + Send + Sync;
