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
/// The longest stage, and the longest plan: a day.
pub const MAX_SECONDS: u32 = 86_400;
/// The most stages: each costs a scrape at rest, and a set of measurements.
pub const MAX_STAGES: usize = 100;
/// The most requests of a plan: what a fast host sends in a day.
pub const MAX_REQUESTS: u64 = 1_000_000_000;
/// So much of a text that is no plan is repeated.
const TOLD: usize = 60;

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

/// What each stage alone may be, all of them together may still not.
fn check_sum(stages: &[Stage]) -> Result<(), String> {
    let (count, seconds) = (stages.len(), stages.iter().map(|stage| u64::from(stage.seconds)).sum::<u64>());
    let requests: u64 = stages.iter().map(Stage::requests).sum();
    if count > MAX_STAGES {
        return Err(format!("it has {count} stages, at most {MAX_STAGES} are held"));
    }
    if seconds > u64::from(MAX_SECONDS) {
        return Err(format!("it takes {seconds} s in all, at most {MAX_SECONDS} (a day) are held"));
    }
    if requests > MAX_REQUESTS {
        return Err(format!("it has {requests} requests in all, at most {MAX_REQUESTS} are sent"));
    }
    Ok(())
}

fn number(text: &str, what: &str, max: u32) -> Result<u32, String> {
    let value = text.parse().ok().filter(|value| (1..=max).contains(value));
    value.ok_or_else(|| format!("the {what} `{}` is not a whole number from 1 to {max}", shortened(text)))
}

fn stage(text: &str) -> Result<Stage, String> {
    if text.is_empty() {
        return Err("a stage is empty".to_owned());
    }
    let (rate, seconds) = text.split_once(':').ok_or_else(|| format!("`{}` has no `:`", shortened(text)))?;
    Ok(Stage {
        rate: number(rate.trim(), "rate", MAX_RATE)?,
        seconds: number(seconds.trim(), "number of seconds", MAX_SECONDS)?,
    })
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(TOLD) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

impl FromStr for LoadPlan {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let stages = text.split(',').map(|part| stage(part.trim())).collect::<Result<Vec<_>, _>>()?;
            check_sum(&stages)?;
            Ok(Self(stages))
        };
        read().map_err(|reason| PlanError { plan: shortened(text), reason })
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

    #[test]
    fn stages_that_are_fine_alone_may_be_too_much_together() {
        let reason = |text: &str| text.parse::<LoadPlan>().unwrap_err().reason;
        let stages = |count: usize| vec!["1:1"; count].join(",");
        assert_eq!(stages(100).parse::<LoadPlan>().unwrap().stages().len(), 100);
        assert_eq!(reason(&stages(101)), "it has 101 stages, at most 100 are held");
        assert_eq!("1:86400".parse::<LoadPlan>().unwrap().seconds(), 86_400);
        assert_eq!(reason("1:43200,1:43201"), "it takes 86401 s in all, at most 86400 (a day) are held");
        assert!("1000000:1000".parse::<LoadPlan>().is_ok());
        assert_eq!(reason("1000000:1000,1:1"), "it has 1000000001 requests in all, at most 1000000000 are sent");
    }

    #[test]
    fn of_a_long_text_only_the_beginning_is_repeated() {
        let error = "é".repeat(100_000).parse::<LoadPlan>().unwrap_err().to_string();
        assert!(error.len() < 400 && error.contains("éé…` has no `:`"), "{error}");
    }
}
