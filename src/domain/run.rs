//! Runs and rounds as they are stored.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::fault::Fault;
use super::ids::{JobId, RunId};
use super::load::{LoadRecord, PhaseRecord};
use super::machine::{MachineClass, MachineRecord};
use super::procedure::Arrangement;
use super::revision::Revision;
use super::series::{Measurement, MissingData};

/// Which side of a comparison a round measured.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arm {
    /// What is compared with. A master set's rounds are of this arm.
    Baseline,
    /// What is judged.
    Candidate,
}

impl Arm {
    /// As it is stored, printed, and set as a label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Candidate => "candidate",
        }
    }
}

impl fmt::Display for Arm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Arm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "baseline" => Ok(Self::Baseline),
            "candidate" => Ok(Self::Candidate),
            _ => Err(format!("`{text}` is no arm")),
        }
    }
}

/// Of what decides how a number comes about; runs with different ones are never compared.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MeasurementHash(pub String);

impl MeasurementHash {
    /// The first twelve digits, for tables.
    pub fn short(&self) -> &str {
        &self.0[..self.0.len().min(12)]
    }
}

/// What is known of a run when it starts.
#[derive(Clone, PartialEq, Debug)]
pub struct NewRun {
    /// Its id.
    pub id: RunId,
    /// The job it is for.
    pub job: JobId,
    /// The project's name.
    pub project: String,
    /// The benchmark's name.
    pub benchmark: String,
    /// The revision under test.
    pub revision: Revision,
    /// Which side its rounds are.
    pub arm: Arm,
    /// Whether it becomes a master set.
    pub is_master: bool,
    /// What decides how its numbers come about.
    pub measurement_hash: MeasurementHash,
    /// The configuration in force, as text.
    pub configuration: String,
    /// The machine's facts.
    pub machine: MachineRecord,
    /// The machine's class.
    pub class: MachineClass,
    /// How many rounds are planned; of a run in pairs, at most.
    pub rounds: u16,
    /// Of the baseline's run of a job that measures in pairs: whose counterpart it is.
    pub pair_of: Option<PairOf>,
}

/// The counterpart of a run in pairs. Rounds of the same number are a pair.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PairOf {
    /// The candidate's run.
    pub candidate: RunId,
    /// How the two rounds of a pair lie in time.
    pub arrangement: Arrangement,
}

/// The bounds of a stage's window in milliseconds since the Unix epoch: the scrapes at quiescence before and
/// after its load. Between them lies all of it and nothing else.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Window {
    /// The stage of the load plan, from 0.
    pub stage: u16,
    /// The scrape before, T0.
    pub t0_ms: i64,
    /// The scrape after, T1.
    pub t1_ms: i64,
    /// Seconds in which load was on, see [`super::load::PhaseRecord::load_seconds`].
    pub load_seconds: f64,
}

/// How long one step of a round took.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StepTime {
    /// `up`, `ready`, `warm-up`, `load`, `drain`, `queries`, `snapshot`, `logs`, `down`.
    pub step: String,
    /// Seconds.
    pub seconds: f64,
}

/// Where a round's raw samples are: the TSDB snapshot of its Prometheus.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RawSamples {
    /// The archive (tar, gzip), relative to the data folder.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
}

/// A finished round, as it is stored.
#[derive(Clone, PartialEq, Debug)]
pub struct RoundResult {
    /// From 1.
    pub number: u16,
    /// Which side.
    pub arm: Arm,
    /// One a stage.
    pub windows: Vec<Window>,
    /// The generator's record.
    pub load: LoadRecord,
    /// What was measured.
    pub measurements: Vec<Measurement>,
    /// Queries that gave nothing.
    pub missing: Vec<MissingData>,
    /// The raw samples.
    pub raw: RawSamples,
    /// Where the time went.
    pub steps: Vec<StepTime>,
    /// Why it can't be trusted; none: it is valid.
    pub faults: Vec<Fault>,
    /// What to know of it, though it is valid.
    pub notes: Vec<String>,
    /// Why the attempts before were rejected, the first first.
    pub rejected: Vec<String>,
}

/// Whether a run's measurements may be compared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// Under way, or ended without a word: half a run is never compared.
    Partial,
    /// All of its rounds are stored.
    Complete,
    /// Taken back by somebody, with a reason.
    Invalidated,
}

impl RunState {
    /// As it is stored and printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Partial => "partial",
            Self::Complete => "complete",
            Self::Invalidated => "invalidated",
        }
    }
}

impl fmt::Display for RunState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for RunState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Partial, Self::Complete, Self::Invalidated]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no state of a run"))
    }
}

/// Which runs to list, the newest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunFilter {
    /// Of this project only.
    pub project: Option<String>,
    /// Of this benchmark only.
    pub benchmark: Option<String>,
    /// In this state only.
    pub state: Option<RunState>,
    /// At most so many.
    pub limit: u32,
}

/// Who took a run back, and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Invalidation {
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// A stored run without its measurements: a line of a list, the head of a report.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RunSummary {
    /// Its id.
    pub id: RunId,
    /// The job it was for.
    pub job: JobId,
    /// The project's name.
    pub project: String,
    /// The benchmark's name.
    pub benchmark: String,
    /// The revision under test.
    pub revision: Revision,
    /// Whether it is a master set.
    pub is_master: bool,
    /// Whether its rounds were measured in pairs with those of another revision.
    #[serde(default)]
    pub paired: bool,
    /// How the two rounds of a pair lay in time, where that is known.
    #[serde(default)]
    pub arrangement: Option<Arrangement>,
    /// What decides how its numbers came about.
    pub measurement_hash: MeasurementHash,
    /// The machine's class.
    pub class: MachineClass,
    /// Whether it may be compared.
    pub state: RunState,
    /// Rounds stored, and planned.
    pub rounds: (u16, u16),
    /// When it started.
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
}

/// One round's part of a stored run: what a comparison needs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StoredRound {
    /// From 1.
    pub number: u16,
    /// What was measured.
    pub measurements: Vec<Measurement>,
    /// Queries that gave nothing.
    pub missing: Vec<MissingData>,
    /// Planned and achieved requests a second, by stage.
    pub load: Vec<StageLoad>,
    /// The load windows, one a stage.
    #[serde(default)]
    pub windows: Vec<Window>,
    /// Where the time went, in order; a step occurs once a stage where it does.
    #[serde(default)]
    pub steps: Vec<StepTime>,
    /// Why it can't be trusted, if so.
    pub invalid: Option<String>,
    /// What to know of it, though it is valid.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Why the attempts before were rejected, the first first.
    #[serde(default)]
    pub rejected: Vec<String>,
}

impl StoredRound {
    /// What a reader should know of it: that it was run again, that it is left out, what is noted of it.
    pub fn remarks(&self) -> Vec<String> {
        let number = self.number;
        let again = match self.rejected.as_slice() {
            [] => None,
            [reason] => Some(format!("round {number} was run again: {reason}")),
            [first, second] if first == second => Some(format!("round {number} was run again, twice: {first}")),
            reasons => Some(format!("round {number} was run again: {}", reasons.join("; and again: "))),
        };
        let left_out = self.invalid.as_ref().map(|reason| format!("round {number} is left out: {reason}"));
        let notes = self.notes.iter().map(|note| format!("round {number}: {note}"));
        again.into_iter().chain(left_out).chain(notes).collect()
    }
}

/// The load of a stage as it was held.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct StageLoad {
    /// Planned requests a second.
    pub planned_rate: f64,
    /// Answered requests a second.
    pub achieved_rate: f64,
    /// Requests that did not end well.
    pub failed: u64,
    /// Requests scheduled.
    pub scheduled: u64,
}

impl From<&PhaseRecord> for StageLoad {
    fn from(phase: &PhaseRecord) -> Self {
        Self {
            planned_rate: f64::from(phase.planned.rate),
            achieved_rate: phase.achieved_rate(),
            failed: phase.ledger.scheduled.saturating_sub(phase.ledger.ok),
            scheduled: phase.ledger.scheduled,
        }
    }
}

/// A stored run with its rounds: one side of a comparison.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StoredRun {
    /// The head.
    pub summary: RunSummary,
    /// The rounds that were stored, in order.
    pub rounds: Vec<StoredRound>,
}

impl StoredRun {
    /// Leaves the rounds away that the other run has no round of the same number for.
    pub fn keep_rounds_of(&mut self, other: &Self) {
        self.rounds.retain(|round| other.rounds.iter().any(|counterpart| counterpart.number == round.number));
    }
}
