//! Limits: how far a series may move before it counts, as in `+25% and 0.3ms`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::units::{self, Kind, UnitError};

mod text;

pub use text::{LimitText, Quantity};

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
    /// The sign says the opposite of what the direction makes of it.
    #[error("limit `{text}`: the sign does not fit direction `{direction}`, where {way} means `{example}`")]
    Sign {
        /// As written.
        text: String,
        /// Which way is good.
        direction: &'static str,
        /// Whether the limit is for `worse` or for `better`.
        way: &'static str,
        /// A part with the right sign.
        example: &'static str,
    },
    /// The absolute part does not parse.
    #[error("limit `{0}`: {1}")]
    Absolute(String, UnitError),
    /// An absolute part of a unitless series that is no number.
    #[error("limit `{0}`: `{1}` is not a non-negative number")]
    Count(String, String),
    /// A fall by all there is or more, which nothing passes.
    #[error("limit `{0}`: nothing falls by all of itself or more; write less than 100%")]
    Fall(String),
    /// Two relative or two absolute parts, or none.
    #[error(
        "limit `{0}`: expected one relative part, one absolute part, or both joined by `and`, such as `+25% and 0.3ms`"
    )]
    Parts(String),
}

/// The sign of a limit's parts, and how it is explained.
#[derive(Clone, Copy)]
struct Sign {
    is: char,
    direction: Direction,
    way: &'static str,
}

impl Sign {
    fn example(self) -> &'static str {
        if self.is == '+' { "+25%" } else { "-25%" }
    }

    /// A part without its sign, and whether it had one.
    fn strip<'a>(self, text: &str, part: &'a str) -> Result<(&'a str, bool), LimitError> {
        match part.strip_prefix(['+', '-']) {
            None => Ok((part, false)),
            Some(rest) if part.starts_with(self.is) => Ok((rest, true)),
            Some(_) => Err(LimitError::Sign {
                text: text.to_owned(),
                direction: self.direction.as_str(),
                way: self.way,
                example: self.example(),
            }),
        }
    }
}

impl Limit {
    /// Reads `+25%`, `0.3ms` or `+25% and 0.3ms` for a series of this unit and direction. The relative part's
    /// sign says which way is worse and must agree with the direction; the absolute part may go without one.
    ///
    /// # Errors
    /// A part can't be read in this unit, has no unit or sign, or the wrong sign; or it is a fall by 100 % or more.
    pub fn parse(text: &str, unit: Unit, direction: Direction) -> Result<Self, LimitError> {
        let is = if direction == Direction::Lower { '+' } else { '-' };
        Self::parse_signed(text, unit, Sign { is, direction, way: "worse" })
    }

    /// The same for how far a series has to move for the better: `-20%` where lower is better.
    ///
    /// # Errors
    /// As [`Limit::parse`].
    pub fn parse_improvement(text: &str, unit: Unit, direction: Direction) -> Result<Self, LimitError> {
        let is = if direction == Direction::Lower { '-' } else { '+' };
        Self::parse_signed(text, unit, Sign { is, direction, way: "better" })
    }

    fn parse_signed(text: &str, unit: Unit, sign: Sign) -> Result<Self, LimitError> {
        let (mut relative, mut absolute) = (None, None);
        for part in text.split(" and ").map(str::trim) {
            let slot = if part.ends_with('%') {
                (&mut relative, parse_relative(text, part, sign)?)
            } else {
                (&mut absolute, parse_absolute(text, sign.strip(text, part)?.0, unit)?)
            };
            if slot.0.replace(slot.1).is_some() {
                return Err(LimitError::Parts(text.to_owned()));
            }
        }
        Ok(Self { relative, absolute })
    }

    /// Whether something may pass `other` and not this one: a part of it is larger, or the other has no such part.
    pub fn is_wider_than(&self, other: &Self) -> bool {
        let part = |part: Option<f64>| part.unwrap_or(0.0);
        part(self.relative) > part(other.relative) || part(self.absolute) > part(other.absolute)
    }
}

fn parse_relative(text: &str, part: &str, sign: Sign) -> Result<f64, LimitError> {
    let wrong = || LimitError::Relative(text.to_owned(), part.to_owned(), sign.example());
    let (number, is_signed) = sign.strip(text, part)?;
    let number = number.strip_suffix('%').filter(|_| is_signed).ok_or_else(wrong)?;
    let percent: f64 = number.trim().parse().map_err(|_| wrong())?;
    match percent {
        _ if !percent.is_finite() || percent < 0.0 => Err(wrong()),
        _ if sign.is == '-' && percent >= 100.0 => Err(LimitError::Fall(text.to_owned())),
        _ => Ok(percent / 100.0),
    }
}

fn parse_absolute(text: &str, part: &str, unit: Unit) -> Result<f64, LimitError> {
    match unit.kind() {
        Some(kind) => kind.parse(part).map_err(|error| LimitError::Absolute(text.to_owned(), error)),
        None => part
            .parse::<f64>()
            .ok()
            .filter(|value| value.is_finite() && *value >= 0.0)
            .ok_or_else(|| LimitError::Count(text.to_owned(), part.to_owned())),
    }
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
        for text in ["-25%", "25%", "+25", "+25% and +30%", "1ms and 2ms", "", "+NaN%", "3MiB", "-1ms", "+-25%"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(parse("+1ms"), parse("1ms"));
        assert!(Limit::parse("-10%", Unit::PerSecond, Direction::Higher).is_ok());
    }

    #[test]
    fn for_the_better_the_sign_is_the_other() {
        let improvement = |text, direction| Limit::parse_improvement(text, Unit::Seconds, direction);
        let limit = improvement("-20% and 1ms", Direction::Lower).unwrap();
        assert_eq!((limit.relative, limit.absolute), (Some(0.2), Some(0.001)));
        assert!(improvement("+20%", Direction::Higher).is_ok());
        let error = improvement("+20%", Direction::Lower).unwrap_err().to_string();
        assert_eq!(error, "limit `+20%`: the sign does not fit direction `lower`, where better means `-25%`");
        assert!(improvement("20%", Direction::Lower).unwrap_err().to_string().contains("such as `-25%`"));
    }

    #[test]
    fn nothing_falls_by_all_of_itself() {
        for text in ["-100%", "-250% and 5"] {
            let worse = Limit::parse(text, Unit::Count, Direction::Higher).unwrap_err().to_string();
            let told = format!("limit `{text}`: nothing falls by all of itself or more; write less than 100%");
            assert_eq!(worse, told);
            let better = Limit::parse_improvement(text, Unit::Count, Direction::Lower).unwrap_err().to_string();
            assert_eq!(better, told);
        }
        assert!(Limit::parse("-99.9%", Unit::Count, Direction::Higher).is_ok());
        assert!(Limit::parse("+100%", Unit::Count, Direction::Lower).is_ok());
        assert!(Limit::parse_improvement("+250%", Unit::Count, Direction::Higher).is_ok());
    }

    #[test]
    fn what_passes_a_limit_passes_every_one_that_is_not_wider() {
        let limit = |text| Limit::parse(text, Unit::Seconds, Direction::Lower).unwrap();
        let both = limit("+25% and 1ms");
        for narrower in ["+25% and 1ms", "+20% and 1ms", "+25%", "1ms", "+0%"] {
            assert!(!limit(narrower).is_wider_than(&both), "{narrower}");
        }
        for wider in ["+30%", "2ms", "+30% and 1ms", "+1% and 2ms"] {
            assert!(limit(wider).is_wider_than(&both), "{wider}");
        }
        assert!(both.is_wider_than(&limit("+25%")));
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
}
