//! Newtypes for ids, so that a job's can't be passed where a run's is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A fresh random id.
            pub fn random() -> Self {
                Self(Uuid::new_v4())
            }

            /// The first eight hexadecimal digits: what people read and what names of containers carry.
            pub fn short(&self) -> String {
                self.0.simple().to_string()[..8].to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

uuid_id! {
    /// One execution of a benchmark for a job.
    RunId
}

impl RunId {
    /// The run of the baseline's rounds in a job that measures them in pairs with this run's. Derived, so that whoever
    /// cleans up after the one knows the other, however the job ended.
    pub fn of_baseline(self) -> Self {
        let mut bytes = self.0.into_bytes();
        // The halves change places, so that the first digits, too, are others.
        bytes.rotate_left(8);
        Self(Builder::from_random_bytes(bytes).into_uuid())
    }
}

uuid_id! {
    /// The database that owns containers, networks and volumes: the label `loadmark.instance`.
    InstanceId
}
uuid_id! {
    /// A process that claims jobs; fresh at each start, so that a restarted one never adopts an old lease.
    WorkerId
}

/// A row of the queue; small, so that people can type it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(pub i64);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for JobId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// The fencing token of a claim: grows with each claim of a job, and a write under an older one is refused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct FencingToken(pub i64);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_of_a_baseline_is_another_and_always_the_same() {
        let run: RunId = "0b2f2d41-6f0e-4c55-9d3a-0a1b2c3d4e5f".parse().unwrap();
        let baseline = run.of_baseline();
        assert_eq!(baseline.to_string(), "9d3a0a1b-2c3d-4e5f-8b2f-2d416f0e4c55");
        assert_eq!(baseline, run.of_baseline());
        assert_ne!(baseline.short(), run.short());
    }
}
