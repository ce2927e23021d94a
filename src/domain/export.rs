//! Measurements as they are exported: each with all that tells what it is.

use time::OffsetDateTime;

use super::history::StoredSeries;
use super::ids::{JobId, RunId};
use super::job::JobKind;
use super::machine::MachineClass;
use super::revision::Revision;
use super::run::{Arm, MeasurementHash};

/// A complete run, as each of its measurements tells it.
#[derive(Clone, PartialEq, Debug)]
pub struct ExportedRun {
    /// Its id.
    pub id: RunId,
    /// The job that stored it.
    pub job: JobId,
    /// What that job was for.
    pub kind: JobKind,
    /// The project's name.
    pub project: String,
    /// The benchmark's name.
    pub benchmark: String,
    /// What was measured.
    pub revision: Revision,
    /// Whether it is a master set.
    pub is_master: bool,
    /// How its numbers came about.
    pub measurement_hash: MeasurementHash,
    /// On which machines.
    pub class: MachineClass,
    /// When it started.
    pub started_at: OffsetDateTime,
}

/// A value of a run.
#[derive(Clone, PartialEq, Debug)]
pub struct ExportedValue {
    /// The round, from 1.
    pub round: u16,
    /// Its side.
    pub arm: Arm,
    /// Whether the round can be trusted.
    pub valid: bool,
    /// The row of its series.
    pub series: i64,
    /// In the series' unit.
    pub value: f64,
}

/// A measurement, whole.
#[derive(Clone, Copy, Debug)]
pub struct Exported<'a> {
    /// The run.
    pub run: &'a ExportedRun,
    /// The series.
    pub series: &'a StoredSeries,
    /// The value.
    pub value: &'a ExportedValue,
}
