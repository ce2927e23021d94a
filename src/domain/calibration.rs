//! Calibrations: what noise the series of a benchmark have on a host when nothing changes, and what follows from it.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::ids::RunId;
use super::limit::{Direction, Limit, Unit};
use super::machine::MachineClass;
use super::procedure::Arrangement;
use super::revision::Revision;
use super::run::MeasurementHash;
use super::series::SeriesKey;

/// What pairs of a revision with itself tell of a benchmark on hosts of a class.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Calibration {
    /// The project's name.
    pub project: String,
    /// The benchmark's name.
    pub benchmark: String,
    /// The revision that was measured with itself.
    pub revision: Revision,
    /// The run of the candidate's side.
    pub run: RunId,
    /// What decides how its numbers came about.
    pub measurement_hash: MeasurementHash,
    /// The machine's class.
    pub class: MachineClass,
    /// When it was computed.
    #[serde(with = "time::serde::rfc3339")]
    pub measured_at: OffsetDateTime,
    /// Pairs of which both rounds are valid.
    pub pairs: u16,
    /// How the two rounds of a pair lay in time; none where it is not known.
    pub arrangement: Option<Arrangement>,
    /// What a pair takes, stacks up and down included, in seconds; none where it is not known.
    pub seconds_per_pair: Option<f64>,
    /// The load window of a round, in seconds.
    pub window_seconds: f64,
    /// The window at which every primary series could be decided at its limit, in seconds; none where it is long
    /// enough already, or where no sensible one would do.
    pub suggested_window: Option<f64>,
    /// The pairs at the last look, for which the figures below hold.
    pub last_look: u16,
    /// Every series that could be estimated, the noisiest last.
    pub series: Vec<SeriesNoise>,
}

/// The noise of a series, and what it allows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SeriesNoise {
    /// Which series.
    pub key: SeriesKey,
    /// What its values are counted in.
    pub unit: Unit,
    /// Which way is good.
    pub direction: Direction,
    /// Whether its verdicts decide a job's, as configured.
    pub primary: bool,
    /// Its limit, as configured.
    pub limit: Option<Limit>,
    /// Whether the figures below are relative; else they are in the series' unit.
    pub is_relative: bool,
    /// Pairs in which both sides have a value.
    pub pairs: u16,
    /// The robust standard deviation of the log ratio between the two sides of a pair; where that can't be told, of
    /// their difference.
    pub noise: f64,
    /// The smallest effect that the last look finds four times in five, whatever the limit.
    pub detectable: f64,
    /// Pairs after which an unchanged series is passed at its limit four times in five; none without a limit.
    pub pairs_needed: Option<u32>,
    /// The same in minutes.
    pub minutes_needed: Option<f64>,
    /// Whether the pairs of the last look suffice for its limit.
    pub is_decidable: bool,
    /// The narrowest limit that can be held.
    pub suggested_limit: f64,
}

impl Calibration {
    /// The series that can be decided at their limits: tails among these may be primary.
    pub fn decidable(&self) -> impl Iterator<Item = &SeriesKey> {
        self.series.iter().filter(|series| series.is_decidable).map(|series| &series.key)
    }
}
