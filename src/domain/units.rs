//! Values with their units, as people write them in configuration: `10s`, `+10%`, `512MiB`, `0.5pp`.

use std::fmt;
use std::time::Duration;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A value whose unit is missing, unknown or not of the expected kind.
#[derive(Clone, PartialEq, Debug, Error)]
pub enum UnitError {
    /// The number itself does not parse, or is negative or not finite where that makes no sense.
    #[error("`{0}` is no {1}: expected a number and a unit, such as `{2}`")]
    Number(String, &'static str, &'static str),
    /// No unit, or one of another kind.
    #[error("`{text}` has {found}: expected a {kind} with one of the units {units}, such as `{example}`")]
    Unit {
        /// The text as written.
        text: String,
        /// `no unit` or `the unit ...`.
        found: String,
        /// What kind of value is expected.
        kind: &'static str,
        /// The units that would do.
        units: &'static str,
        /// A value that would do.
        example: &'static str,
    },
}

/// A kind of value: its units with their factors to the base unit.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) units: &'static [(&'static str, f64)],
    listed: &'static str,
    example: &'static str,
}

pub(crate) const DURATION: Kind = Kind {
    name: "duration",
    units: &[("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)],
    listed: "ns, us, ms, s, m, h",
    example: "10s",
};

pub(crate) const BYTES: Kind = Kind {
    name: "size",
    units: &[
        ("B", 1.0),
        ("kB", 1e3),
        ("MB", 1e6),
        ("GB", 1e9),
        ("KiB", 1024.0),
        ("MiB", 1_048_576.0),
        ("GiB", 1_073_741_824.0),
    ],
    listed: "B, kB, MB, GB, KiB, MiB, GiB",
    example: "512MiB",
};

pub(crate) const RATIO: Kind =
    Kind { name: "ratio", units: &[("pp", 0.01)], listed: "pp (percentage points)", example: "0.5pp" };

pub(crate) const PER_SECOND: Kind = Kind { name: "rate", units: &[("/s", 1.0)], listed: "/s", example: "100/s" };

pub(crate) const CORES: Kind = Kind {
    name: "number of cores",
    units: &[("cores", 1.0), ("millicores", 1e-3)],
    listed: "cores, millicores",
    example: "0.1cores",
};

impl Kind {
    /// Reads a non-negative number with a unit of this kind; the answer is in the base unit.
    pub(crate) fn parse(&self, text: &str) -> Result<f64, UnitError> {
        let trimmed = text.trim();
        let split = trimmed.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_'))).unwrap_or(trimmed.len());
        let (number, unit) = (trimmed[..split].replace('_', ""), trimmed[split..].trim());
        let value: f64 = number.parse().map_err(|_| UnitError::Number(text.to_owned(), self.name, self.example))?;
        match self.units.iter().find(|(name, _)| *name == unit) {
            Some((_, factor)) => Ok(value * factor),
            None => Err(UnitError::Unit {
                text: text.to_owned(),
                found: if unit.is_empty() { "no unit".to_owned() } else { format!("the unit `{unit}`") },
                kind: self.name,
                units: self.listed,
                example: self.example,
            }),
        }
    }
}

/// A length of time, written with its unit (`250ms`, `10s`, `5m`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Span(pub Duration);

impl Span {
    /// A span of whole seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// A span of milliseconds.
    pub const fn millis(millis: u64) -> Self {
        Self(Duration::from_millis(millis))
    }
}

impl std::str::FromStr for Span {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let seconds = DURATION.parse(text)?;
        Duration::try_from_secs_f64(seconds)
            .map(Self)
            .map_err(|_| UnitError::Number(text.to_owned(), DURATION.name, DURATION.example))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.subsec_nanos() == 0 {
            write!(f, "{}s", self.0.as_secs())
        } else if self.0.subsec_nanos().is_multiple_of(1_000_000) {
            write!(f, "{}ms", self.0.as_millis())
        } else {
            write!(f, "{}ns", self.0.as_nanos())
        }
    }
}

impl Serialize for Span {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Accepts numbers too, only to answer them with the units that are missing.
        struct SpanVisitor;

        impl Visitor<'_> for SpanVisitor {
            type Value = Span;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration with its unit, such as `10s`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Span, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(SpanVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_durations() {
        for (text, millis) in [("10s", 10_000), ("250ms", 250), ("1.5 s", 1_500), ("2m", 120_000), ("1_000ms", 1_000)] {
            assert_eq!(text.parse::<Span>().unwrap().0.as_millis(), millis, "{text}");
        }
    }

    #[test]
    fn a_missing_or_foreign_unit_is_named() {
        let error = "10".parse::<Span>().unwrap_err().to_string();
        assert!(error.contains("`10` has no unit") && error.contains("such as `10s`"), "{error}");
        let error = "10MiB".parse::<Span>().unwrap_err().to_string();
        assert!(error.contains("the unit `MiB`") && error.contains("ns, us, ms, s, m, h"), "{error}");
        assert!("-3s".parse::<Span>().is_err());
        assert!("".parse::<Span>().is_err());
    }

    #[test]
    fn writes_what_it_reads() {
        for text in ["10s", "250ms", "90s"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
    }
}
