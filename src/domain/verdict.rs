//! Verdicts of series, outcomes of jobs, and how the first are joined into the second.

use std::fmt;
use std::str::FromStr;

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
    /// A newer commit took its place, or its pull request was closed.
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

impl FromStr for Outcome {
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

/// Which verdicts a command's exit code treats as errors. Each choice includes the ones before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum FailOn {
    /// None: every verdict passes.
    Never,
    /// A regression.
    Regression,
    /// Also what was measured on both sides and yet can't be told: `inconclusive` and `invalid`.
    Inconclusive,
    /// Also what could not be compared: `no-data`, `no-baseline`, `gone`, and a job that was superseded.
    /// The default, because silence is no pass.
    #[default]
    NoData,
}

impl FailOn {
    /// All four, the mildest first.
    pub const ALL: [Self; 4] = [Self::Never, Self::Regression, Self::Inconclusive, Self::NoData];

    /// As it is written on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Regression => "regression",
            Self::Inconclusive => "inconclusive",
            Self::NoData => "no-data",
        }
    }
}

impl fmt::Display for FailOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for FailOn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|choice| choice.as_str() == text)
            .ok_or_else(|| format!("`{text}` is none of never, regression, inconclusive, no-data"))
    }
}

/// The exit code that tells an outcome. Only verdicts are subject to `fail_on`; a service that failed, and a job
/// that did not end, have no verdict to be lenient about.
pub fn exit_code(outcome: &Outcome, fail_on: FailOn) -> u8 {
    const PASSED: u8 = 0;
    const INFRASTRUCTURE: u8 = 1;
    const NO_VERDICT: u8 = 4;
    const SERVICE_FAILED: u8 = 98;
    const REGRESSION: u8 = 99;
    const INTERRUPTED: u8 = 130;

    let (from, code) = match outcome {
        Outcome::ServiceFailed(_) => return SERVICE_FAILED,
        Outcome::InfrastructureFailed | Outcome::Discarded => return INFRASTRUCTURE,
        Outcome::Cancelled => return INTERRUPTED,
        Outcome::Measured => return PASSED,
        Outcome::Superseded => (FailOn::NoData, NO_VERDICT),
        Outcome::Verdict(verdict) => match verdict {
            Verdict::Improvement | Verdict::New | Verdict::Unchanged => return PASSED,
            Verdict::Regression => (FailOn::Regression, REGRESSION),
            Verdict::Inconclusive | Verdict::Invalid => (FailOn::Inconclusive, NO_VERDICT),
            Verdict::NoData | Verdict::NoBaseline | Verdict::Gone => (FailOn::NoData, NO_VERDICT),
        },
    };
    if fail_on >= from { code } else { PASSED }
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

    #[test]
    fn the_default_passes_nothing_without_a_verdict() {
        let code = |verdict| exit_code(&Outcome::Verdict(verdict), FailOn::default());
        for verdict in Verdict::ALL {
            let expected = match verdict {
                Verdict::Improvement | Verdict::New | Verdict::Unchanged => 0,
                Verdict::Regression => 99,
                _ => 4,
            };
            assert_eq!(code(verdict), expected, "{verdict}");
        }
    }

    #[test]
    fn a_milder_choice_passes_more() {
        let passes = |fail_on| {
            Verdict::ALL.into_iter().filter(move |verdict| exit_code(&Outcome::Verdict(*verdict), fail_on) == 0).count()
        };
        assert_eq!(FailOn::ALL.map(passes), [9, 8, 6, 3]);
    }

    #[test]
    fn what_is_no_verdict_fails_whatever_is_chosen() {
        for fail_on in FailOn::ALL {
            assert_eq!(exit_code(&Outcome::ServiceFailed(ServiceFailure::Build), fail_on), 98);
            assert_eq!(exit_code(&Outcome::InfrastructureFailed, fail_on), 1);
            assert_eq!(exit_code(&Outcome::Cancelled, fail_on), 130);
            assert_eq!(exit_code(&Outcome::Measured, fail_on), 0);
            assert_eq!(fail_on.as_str().parse(), Ok(fail_on));
        }
    }
}
