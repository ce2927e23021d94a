//! Which cores a stack runs on: the service under test and its neighbours on some, what measures on others.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Higher numbers are no cores of a machine that Linux runs on.
const LAST_CORE: u32 = 8191;

/// A set of cores, at least one; written as the kernel does, `0-3,8`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cores(BTreeSet<u32>);

/// A text that is no list of cores.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("`{0}` is no list of cores: expected numbers and ranges, such as `0-3,8`")]
pub struct CoresError(String);

impl Cores {
    /// These cores; none if there are none.
    pub fn new(cores: impl IntoIterator<Item = u32>) -> Option<Self> {
        let cores: BTreeSet<u32> = cores.into_iter().collect();
        (!cores.is_empty()).then_some(Self(cores))
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Those in both; none if there are none.
    pub fn common(&self, other: &Self) -> Option<Self> {
        Self::new(self.0.intersection(&other.0).copied())
    }

    /// Those that the other has not; none if there are none.
    pub fn without(&self, other: &Self) -> Option<Self> {
        Self::new(self.0.difference(&other.0).copied())
    }

    /// The first ones, and the rest; none where one side would be empty.
    fn split(&self, first: usize) -> Option<(Self, Self)> {
        let (head, tail) = (self.0.iter().take(first).copied(), self.0.iter().skip(first).copied());
        Some((Self::new(head)?, Self::new(tail)?))
    }
}

impl FromStr for Cores {
    type Err = CoresError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let range = |part: &str| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last): (u32, u32) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
            (first <= last && last <= LAST_CORE).then_some(first..=last)
        };
        let ranges: Option<Vec<_>> = text.trim().split(',').map(range).collect();
        let cores = ranges.and_then(|ranges| Self::new(ranges.into_iter().flatten()));
        cores.ok_or_else(|| CoresError(text.chars().take(80).collect()))
    }
}

impl TryFrom<String> for Cores {
    type Error = CoresError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Cores> for String {
    fn from(cores: Cores) -> Self {
        cores.to_string()
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for core in &self.0 {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == *core => *last = *core,
                _ => ranges.push((*core, *core)),
            }
        }
        let range = |(first, last): &(u32, u32)| {
            if first == last { first.to_string() } else { format!("{first}-{last}") }
        };
        f.pad(&ranges.iter().map(range).collect::<Vec<_>>().join(","))
    }
}

/// Which cores a stack's parts run on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Placement {
    /// The user's services.
    pub service: Cores,
    /// Prometheus and the load generator.
    pub measuring: Cores,
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "services on cores {}, measuring on {}", self.service, self.measuring)
    }
}

/// What the configuration says of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum PlacementSetting {
    /// The first cores measure, the others serve, where there are at least two.
    #[default]
    Auto,
    /// All on all cores.
    None,
    /// As the operator says.
    Cores(Placement),
}

/// The configuration names cores that this host does not give.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error(
    "place the stack: `placement.{key}` names cores {missing}, and stacks may use {available} here; change it, or write \
     `auto`"
)]
pub struct PlacementError {
    key: &'static str,
    missing: Cores,
    available: Cores,
}

impl PlacementSetting {
    /// The placement on a host with these cores (none: it is not known which), for a generator with so many workers.
    ///
    /// # Errors
    /// It names cores that are not available.
    pub fn place(&self, available: Option<&Cores>, workers: u16) -> Result<Option<Placement>, PlacementError> {
        match self {
            Self::None => Ok(None),
            Self::Auto => Ok(available.and_then(|cores| {
                // Half at most, so that the service is not left with less than what measures it.
                let measuring = usize::from(workers).clamp(1, (cores.count() / 2).max(1));
                let (measuring, service) = cores.split(measuring)?;
                Some(Placement { service, measuring })
            })),
            Self::Cores(placement) => {
                let Some(available) = available else { return Ok(Some(placement.clone())) };
                for (key, cores) in [("service", &placement.service), ("measuring", &placement.measuring)] {
                    if let Some(missing) = cores.without(available) {
                        return Err(PlacementError { key, missing, available: available.clone() });
                    }
                }
                Ok(Some(placement.clone()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cores(text: &str) -> Cores {
        text.parse().unwrap()
    }

    #[test]
    fn lists_are_read_and_written_as_the_kernel_does() {
        for (text, written) in [("0-3,8", "0-3,8"), ("8,0,1,2", "0-2,8"), (" 5\n", "5"), ("1-1", "1")] {
            assert_eq!(cores(text).to_string(), written, "{text}");
        }
        for strange in ["", "a", "3-1", "1,,2", "-1", "0-99999999", "0-"] {
            assert_eq!(strange.parse::<Cores>(), Err(CoresError(strange.to_owned())));
        }
    }

    #[test]
    fn by_itself_the_first_cores_measure_and_the_others_serve() {
        let auto = |available: &str, workers| {
            let placed = PlacementSetting::Auto.place(Some(&cores(available)), workers).unwrap();
            placed.map(|placement| format!("{} {}", placement.measuring, placement.service))
        };
        assert_eq!(auto("0", 1), None);
        assert_eq!(auto("0-1", 1).unwrap(), "0 1");
        assert_eq!(auto("2-5", 1).unwrap(), "2 3-5");
        assert_eq!(auto("0-7", 3).unwrap(), "0-2 3-7");
        assert_eq!(auto("0-3", 9).unwrap(), "0-1 2-3");
        assert_eq!(auto("0-2", 0).unwrap(), "0 1-2");
        assert_eq!(PlacementSetting::Auto.place(None, 1), Ok(None));
        assert_eq!(PlacementSetting::None.place(Some(&cores("0-7")), 1), Ok(None));
    }

    #[test]
    fn cores_that_are_not_there_are_refused_by_their_key() {
        let placement = Placement { service: cores("1-3"), measuring: cores("0") };
        let setting = PlacementSetting::Cores(placement.clone());
        assert_eq!(setting.place(Some(&cores("0-3")), 1), Ok(Some(placement.clone())));
        assert_eq!(setting.place(None, 1), Ok(Some(placement)), "the engine will tell");
        assert_eq!(
            setting.place(Some(&cores("0-1")), 1).unwrap_err().to_string(),
            "place the stack: `placement.service` names cores 2-3, and stacks may use 0-1 here; change it, or write \
             `auto`"
        );
    }
}
