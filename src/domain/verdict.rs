//! Verdicts of series, outcomes of jobs, and how the first are joined into the second.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is said of one series. The order is that of the join: the first that occurs among a job's primary
/// series is the job's.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Worse beyond the limit.
    Regression,
    /// The rounds can't be trusted.
    Invalid,
    /// The baseline has it, the candidate does not.
    Gone,
    /// The query answered nothing, for all of its series.
    NoData,
    /// There is nothing to compare with.
    NoBaseline,
    /// Noise hides whether it changed.
    Inconclusive,
    /// Better beyond the limit.
    Improvement,
    /// The candidate has it, the baseline does not.
    New,
    /// Within the limit.
    Unchanged,
}

impl Verdict {
    /// All nine, in the order of the join.
    pub const ALL: [Self; 9] = [
        Self::Regression,
        Self::Invalid,
        Self::Gone,
        Self::NoData,
        Self::NoBaseline,
        Self::Inconclusive,
        Self::Improvement,
        Self::New,
        Self::Unchanged,
    ];

    /// The verdict of a whole from those of its parts. A whole without parts has no data: silence is no pass.
    pub fn join(parts: impl IntoIterator<Item = Self>) -> Self {
        parts.into_iter().min().unwrap_or(Self::NoData)
    }

    /// As it is written everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::Invalid => "invalid",
            Self::Gone => "gone",
            Self::NoData => "no-data",
            Self::NoBaseline => "no-baseline",
            Self::Inconclusive => "inconclusive",
            Self::Improvement => "improvement",
            Self::New => "new",
            Self::Unchanged => "unchanged",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How the commit itself failed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServiceFailure {
    /// Its image does not build.
    Build,
    /// It never became ready.
    NotReady,
    /// It ended under load.
    Crashed,
    /// It was killed for memory.
    Oom,
}

impl ServiceFailure {
    /// As it is written everywhere.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::NotReady => "not-ready",
            Self::Crashed => "crashed",
            Self::Oom => "oom",
        }
    }
}

/// How a job ended. Written as the verdict, as `measured` (a master set stored), as `service-failed: build`,
/// or by its own name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Outcome {
    /// Measured and compared.
    Verdict(Verdict),
    /// Measured; a master set has no verdict.
    Measured,
    /// The commit's fault.
    ServiceFailed(ServiceFailure),
    /// Ours, or our environment's.
    InfrastructureFailed,
    /// Somebody stopped it.
    Cancelled,
    /// A newer commit took its place.
    Superseded,
    /// Given up after too many attempts.
    Discarded,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verdict(verdict) => verdict.fmt(f),
            Self::Measured => f.pad("measured"),
            Self::ServiceFailed(how) => f.pad(&format!("service-failed: {}", how.as_str())),
            Self::InfrastructureFailed => f.pad("infrastructure-failed"),
            Self::Cancelled => f.pad("cancelled"),
            Self::Superseded => f.pad("superseded"),
            Self::Discarded => f.pad("discarded"),
        }
    }
}

impl From<Outcome> for String {
    fn from(outcome: Outcome) -> Self {
        outcome.to_string()
    }
}

impl TryFrom<String> for Outcome {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl std::str::FromStr for Outcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let failures = [ServiceFailure::Build, ServiceFailure::NotReady, ServiceFailure::Crashed, ServiceFailure::Oom];
        let others = [Self::Measured, Self::InfrastructureFailed, Self::Cancelled, Self::Superseded, Self::Discarded];
        Verdict::ALL
            .into_iter()
            .map(Self::Verdict)
            .chain(failures.into_iter().map(Self::ServiceFailed))
            .chain(others)
            .find(|outcome| outcome.to_string() == text)
            .ok_or_else(|| format!("`{text}` is no job outcome"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_join_takes_the_first_in_the_order_of_the_design() {
        for (index, worse) in Verdict::ALL.into_iter().enumerate() {
            for milder in &Verdict::ALL[index..] {
                assert_eq!(Verdict::join([*milder, worse]), worse);
            }
        }
        assert_eq!(Verdict::join([]), Verdict::NoData);
    }

    #[test]
    fn outcomes_are_read_as_written() {
        for text in ["regression", "measured", "service-failed: not-ready", "discarded", "no-baseline"] {
            assert_eq!(text.parse::<Outcome>().unwrap().to_string(), text);
        }
        assert!("passed".parse::<Outcome>().is_err());
    }
}
