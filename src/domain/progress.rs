//! What a listener hears while a job runs.

use std::fmt;
use std::time::Duration;

use super::run::Arm;

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

/// A round among those of its job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// One of a side that is measured by itself.
    Round {
        /// From 1.
        number: u16,
        /// How many there are.
        of: u16,
    },
    /// One of a pair.
    Pair(InPair),
    /// Both of a pair, as twins.
    Twins(Twins),
}

/// Both rounds of a pair at the same time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Twins {
    /// Which pair, from 1.
    pub number: u16,
    /// After how many pairs it may be over at the earliest.
    pub least: u16,
    /// How many there are at most.
    pub most: u16,
}

/// A round of a pair.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InPair {
    /// Which pair, from 1.
    pub number: u16,
    /// After how many pairs it may be over at the earliest.
    pub least: u16,
    /// How many there are at most.
    pub most: u16,
    /// Which side the round is of.
    pub arm: Arm,
    /// Whether it is the first of its pair.
    pub is_first: bool,
}

fn span(least: u16, most: u16) -> String {
    if least == most { most.to_string() } else { format!("{least} to {most}") }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Round { number, of } => write!(f, "round {number} of {of}"),
            Self::Pair(InPair { number, least, most, arm, is_first }) => {
                let nth = if *is_first { "first" } else { "second" };
                write!(f, "pair {number} of {}, {arm} ({nth})", span(*least, *most))
            }
            Self::Twins(Twins { number, least, most }) => {
                write!(f, "pair {number} of {}, twins", span(*least, *most))
            }
        }
    }
}

/// How long a job still takes, about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeLeft {
    /// If it is over as early as it may be.
    pub least: Duration,
    /// If all rounds are needed.
    pub most: Duration,
}

impl TimeLeft {
    /// What is left after some more time.
    pub fn after(self, elapsed: Duration) -> Self {
        Self { least: self.least.saturating_sub(elapsed), most: self.most.saturating_sub(elapsed) }
    }
}

/// Something worth telling while a job runs.
#[derive(Clone, PartialEq, Debug)]
pub enum Progress {
    /// A step begins.
    Begins {
        /// Which.
        step: Step,
        /// Inside a round, which one.
        place: Option<Place>,
        /// An estimate of the time until the job ends; none before the first round.
        left: Option<TimeLeft>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_is_told_by_its_place() {
        assert_eq!(Place::Round { number: 2, of: 3 }.to_string(), "round 2 of 3");
        let pair = InPair { number: 3, least: 10, most: 32, arm: Arm::Baseline, is_first: true };
        assert_eq!(Place::Pair(pair).to_string(), "pair 3 of 10 to 32, baseline (first)");
        let fixed = InPair { least: 32, arm: Arm::Candidate, is_first: false, ..pair };
        assert_eq!(Place::Pair(fixed).to_string(), "pair 3 of 32, candidate (second)");
        assert_eq!(Place::Twins(Twins { number: 3, least: 10, most: 32 }).to_string(), "pair 3 of 10 to 32, twins");
    }
}
