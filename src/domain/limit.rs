//! Limits: how far a series may move before it counts, as in `+25% and 0.3ms`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::units::{self, Kind, UnitError};

/// What a series' values are counted in; decides how a limit's absolute part is read and values are printed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Seconds (latency, CPU time).
    Seconds,
    /// Bytes.
    Bytes,
    /// A share between 0 and 1.
    Ratio,
    /// Events a second.
    PerSecond,
    /// CPU seconds a second.
    Cores,
    /// A plain number.
    Count,
}

impl Unit {
    /// All six.
    pub const ALL: [Self; 6] = [Self::Seconds, Self::Bytes, Self::Ratio, Self::PerSecond, Self::Cores, Self::Count];

    /// As it is stored and written in query files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Bytes => "bytes",
            Self::Ratio => "ratio",
            Self::PerSecond => "per_second",
            Self::Cores => "cores",
            Self::Count => "count",
        }
    }

    fn kind(self) -> Option<&'static Kind> {
        match self {
            Self::Seconds => Some(&units::DURATION),
            Self::Bytes => Some(&units::BYTES),
            Self::Ratio => Some(&units::RATIO),
            Self::PerSecond => Some(&units::PER_SECOND),
            Self::Cores => Some(&units::CORES),
            Self::Count => None,
        }
    }
}

/// Which way is good.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Lower is better: latency, CPU, memory, errors.
    Lower,
    /// Higher is better: throughput, cache hits.
    Higher,
}

impl Direction {
    /// As it is stored and written in query files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lower => "lower",
            Self::Higher => "higher",
        }
    }
}

impl FromStr for Unit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|unit| unit.as_str() == text).ok_or_else(|| format!("`{text}` is no unit"))
    }
}

impl FromStr for Direction {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Lower, Self::Higher]
            .into_iter()
            .find(|direction| direction.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no direction"))
    }
}

/// How far a series may move for the worse; both parts, where both are given, must be passed to count.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Limit {
    /// Relative change, positive: 0.25 for 25 %.
    pub relative: Option<f64>,
    /// Absolute change in the series' unit, positive.
    pub absolute: Option<f64>,
}

/// A text that is no limit for this unit and direction.
#[derive(Clone, PartialEq, Debug, Error)]
pub enum LimitError {
    /// The relative part does not parse.
    #[error("limit `{0}`: `{1}` is no relative change; expected a sign, a number and %, such as `{2}`")]
    Relative(String, String, &'static str),
    /// The sign says the opposite of the direction.
    #[error("limit `{0}`: the sign does not fit direction `{1}`, where worse means `{2}`")]
    Sign(String, &'static str, &'static str),
    /// The absolute part does not parse.
    #[error("limit `{0}`: {1}")]
    Absolute(String, UnitError),
    /// An absolute part of a unitless series that is no number.
    #[error("limit `{0}`: `{1}` is not a non-negative number")]
    Count(String, String),
    /// Two relative or two absolute parts, or none.
    #[error(
        "limit `{0}`: expected one relative part, one absolute part, or both joined by `and`, such as `+25% and 0.3ms`"
    )]
    Parts(String),
}

impl Limit {
    /// Reads `+25%`, `0.3ms` or `+25% and 0.3ms` for a series of this unit and direction. The relative part's
    /// sign says which way is worse and must agree with the direction.
    pub fn parse(text: &str, unit: Unit, direction: Direction) -> Result<Self, LimitError> {
        let (mut relative, mut absolute) = (None, None);
        for part in text.split(" and ").map(str::trim) {
            let slot = if part.ends_with('%') {
                (&mut relative, parse_relative(text, part, direction)?)
            } else {
                (&mut absolute, parse_absolute(text, part, unit)?)
            };
            if slot.0.replace(slot.1).is_some() {
                return Err(LimitError::Parts(text.to_owned()));
            }
        }
        Ok(Self { relative, absolute })
    }
}

fn parse_relative(text: &str, part: &str, direction: Direction) -> Result<f64, LimitError> {
    let (sign, other, example, name) = match direction {
        Direction::Lower => ('+', '-', "+25%", "lower"),
        Direction::Higher => ('-', '+', "-25%", "higher"),
    };
    let wrong = || LimitError::Relative(text.to_owned(), part.to_owned(), example);
    if part.starts_with(other) {
        return Err(LimitError::Sign(text.to_owned(), name, example));
    }
    let number = part.strip_prefix(sign).and_then(|p| p.strip_suffix('%')).ok_or_else(wrong)?;
    let percent: f64 = number.trim().parse().map_err(|_| wrong())?;
    if !percent.is_finite() || percent < 0.0 { Err(wrong()) } else { Ok(percent / 100.0) }
}

fn parse_absolute(text: &str, part: &str, unit: Unit) -> Result<f64, LimitError> {
    let part = part.strip_prefix(['+', '-']).unwrap_or(part);
    match unit.kind() {
        Some(kind) => kind.parse(part).map_err(|error| LimitError::Absolute(text.to_owned(), error)),
        None => part
            .parse::<f64>()
            .ok()
            .filter(|value| value.is_finite() && *value >= 0.0)
            .ok_or_else(|| LimitError::Count(text.to_owned(), part.to_owned())),
    }
}

/// A limit with the unit and direction that are needed to print it.
pub struct LimitText<'a>(pub &'a Limit, pub Unit, pub Direction);

impl fmt::Display for LimitText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(limit, unit, direction) = self;
        let sign = if *direction == Direction::Lower { '+' } else { '-' };
        if let Some(relative) = limit.relative {
            write!(f, "{sign}{}%", trim(relative * 100.0))?;
        }
        if let Some(absolute) = limit.absolute {
            let and = if limit.relative.is_some() { " and " } else { "" };
            match unit {
                // Points, so that it can't be taken for a relative change.
                Unit::Ratio => write!(f, "{and}{}pp", trim(absolute * 100.0))?,
                _ => write!(f, "{and}{}", Quantity(absolute, *unit))?,
            }
        }
        Ok(())
    }
}

/// A value in a unit, scaled for reading: `1.24 ms`, `63.1 MiB`, `0.5 %`.
pub struct Quantity(pub f64, pub Unit);

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value, unit) = *self;
        let (scaled, suffix) = match unit {
            Unit::Seconds => scale(value, &[(1.0, " s"), (1e-3, " ms"), (1e-6, " us"), (1e-9, " ns")]),
            Unit::Bytes => {
                scale(value, &[(1_073_741_824.0, " GiB"), (1_048_576.0, " MiB"), (1024.0, " KiB"), (1.0, " B")])
            }
            Unit::Ratio => (value * 100.0, " %"),
            Unit::PerSecond => (value, "/s"),
            Unit::Cores => (value, " cores"),
            Unit::Count => (value, ""),
        };
        write!(f, "{}{suffix}", trim(scaled))
    }
}

fn scale(value: f64, steps: &[(f64, &'static str)]) -> (f64, &'static str) {
    let fitting = steps.iter().find(|(factor, _)| value.abs() >= *factor);
    let (factor, suffix) = if value == 0.0 { steps[0] } else { *fitting.unwrap_or(&steps[steps.len() - 1]) };
    (value / factor, suffix)
}

/// Three significant digits, without trailing zeros; large numbers whole.
fn trim(value: f64) -> String {
    let magnitude = value.abs();
    let digits = match magnitude {
        m if m >= 100.0 || m == 0.0 => 0,
        m if m >= 10.0 => 1,
        m if m >= 1.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_parts_are_read_in_the_unit_of_the_series() {
        let limit = Limit::parse("+25% and 0.3ms", Unit::Seconds, Direction::Lower).unwrap();
        assert_eq!(limit.relative, Some(0.25));
        assert!((limit.absolute.unwrap() - 0.0003).abs() < 1e-12);
        let limit = Limit::parse("0.5pp", Unit::Ratio, Direction::Lower).unwrap();
        assert_eq!((limit.relative, limit.absolute), (None, Some(0.005)));
    }

    #[test]
    fn signs_and_units_that_do_not_fit_are_refused() {
        let parse = |text| Limit::parse(text, Unit::Seconds, Direction::Lower);
        for text in ["-25%", "25%", "+25", "+25% and +30%", "1ms and 2ms", "", "+NaN%", "3MiB"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(Limit::parse("-10%", Unit::PerSecond, Direction::Higher).is_ok());
    }

    #[test]
    fn names_are_the_same_in_files_and_in_the_database() {
        for unit in Unit::ALL {
            assert_eq!(serde_json::to_value(unit).unwrap(), unit.as_str());
            assert_eq!(unit.as_str().parse(), Ok(unit));
        }
        for direction in [Direction::Lower, Direction::Higher] {
            assert_eq!(serde_json::to_value(direction).unwrap(), direction.as_str());
            assert_eq!(direction.as_str().parse(), Ok(direction));
        }
    }

    #[test]
    fn prints_what_people_read() {
        let limit = Limit::parse("+25% and 0.3ms", Unit::Seconds, Direction::Lower).unwrap();
        assert_eq!(LimitText(&limit, Unit::Seconds, Direction::Lower).to_string(), "+25% and 300 us");
        let limit = Limit::parse("0.5pp", Unit::Ratio, Direction::Lower).unwrap();
        assert_eq!(LimitText(&limit, Unit::Ratio, Direction::Lower).to_string(), "0.5pp");
        assert_eq!(Quantity(0.001_24, Unit::Seconds).to_string(), "1.24 ms");
        assert_eq!(Quantity(0.0, Unit::Seconds).to_string(), "0 s");
        assert_eq!(Quantity(66_165_145.0, Unit::Bytes).to_string(), "63.1 MiB");
        assert_eq!(Quantity(0.005, Unit::Ratio).to_string(), "0.5 %");
        assert_eq!(Quantity(200.0, Unit::PerSecond).to_string(), "200/s");
    }
}
