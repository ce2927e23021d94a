//! The load plan: the paces that a round holds, `RATE:SECONDS,RATE:SECONDS,...`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// One pace of a plan: so many requests a second for so many seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Stage {
    /// Requests a second, 1 to [`MAX_RATE`].
    pub rate: u32,
    /// Seconds, 1 to [`MAX_SECONDS`].
    pub seconds: u32,
}

impl Stage {
    /// How many requests the stage schedules.
    pub fn requests(&self) -> u64 {
        u64::from(self.rate) * u64::from(self.seconds)
    }
}

/// The highest rate a stage may ask for: beyond what one host can send by an order of magnitude.
pub const MAX_RATE: u32 = 1_000_000;
/// The longest stage, a day.
pub const MAX_SECONDS: u32 = 86_400;

/// A non-empty list of stages, written `1000:30,1100:30`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LoadPlan(Vec<Stage>);

/// A text that is no load plan.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("load plan `{plan}`: {reason}; expected RATE:SECONDS,... such as `200:10,400:10`")]
pub struct PlanError {
    plan: String,
    reason: String,
}

impl LoadPlan {
    /// The stages, in order; at least one.
    pub fn stages(&self) -> &[Stage] {
        &self.0
    }

    /// Seconds of planned load.
    pub fn seconds(&self) -> u64 {
        self.0.iter().map(|stage| u64::from(stage.seconds)).sum()
    }
}

fn number(text: &str, what: &str, max: u32) -> Result<u32, String> {
    let value: u32 = text.parse().map_err(|_| format!("the {what} `{text}` is not a whole number from 1 to {max}"))?;
    if value == 0 || value > max {
        return Err(format!("the {what} `{text}` is not a whole number from 1 to {max}"));
    }
    Ok(value)
}

fn stage(text: &str) -> Result<Stage, String> {
    let (rate, seconds) = text.split_once(':').ok_or_else(|| format!("`{text}` has no `:`"))?;
    Ok(Stage {
        rate: number(rate.trim(), "rate", MAX_RATE)?,
        seconds: number(seconds.trim(), "number of seconds", MAX_SECONDS)?,
    })
}

impl FromStr for LoadPlan {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split(',')
            .map(|part| stage(part.trim()))
            .collect::<Result<Vec<_>, _>>()
            .map(Self)
            .map_err(|reason| PlanError { plan: text.to_owned(), reason })
    }
}

impl TryFrom<String> for LoadPlan {
    type Error = PlanError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<LoadPlan> for String {
    fn from(plan: LoadPlan) -> Self {
        plan.to_string()
    }
}

impl fmt::Display for LoadPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, stage) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{}:{}", stage.rate, stage.seconds)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_plan_of_the_design() {
        let plan: LoadPlan = "1000:30,1100:30,100:60,1600:30".parse().unwrap();
        assert_eq!(plan.stages().len(), 4);
        assert_eq!(plan.seconds(), 150);
        assert_eq!(plan.to_string(), "1000:30,1100:30,100:60,1600:30");
    }

    #[test]
    fn refuses_empty_and_absurd_plans() {
        for text in ["", "0:0", "1e9:1", "-5:10", "10", "10:", "10:5,", "2000000:1", "10:100000"] {
            let error = text.parse::<LoadPlan>().unwrap_err().to_string();
            assert!(error.contains("expected RATE:SECONDS"), "{error}");
        }
    }
}
