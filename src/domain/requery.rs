//! Queries that are asked of stored runs later.

use super::run::{Arm, RawSamples, RunSummary, Window};
use super::series::{Measurement, MissingData};

/// What is kept of a stored round for queries that come later.
#[derive(Clone, PartialEq, Debug)]
pub struct KeptRound {
    /// From 1.
    pub number: u16,
    /// Which side.
    pub arm: Arm,
    /// One a stage.
    pub windows: Vec<Window>,
    /// The raw samples.
    pub raw: RawSamples,
    /// Why it can't be trusted, if so.
    pub invalid: Option<String>,
}

/// What queries that were asked later answered for a stored round.
#[derive(Clone, PartialEq, Debug)]
pub struct LateAnswers {
    /// The round, from 1.
    pub round: u16,
    /// Which side.
    pub arm: Arm,
    /// What was measured.
    pub measurements: Vec<Measurement>,
    /// Queries that gave nothing.
    pub missing: Vec<MissingData>,
}

/// What asking a stored run again gave.
#[derive(Clone, PartialEq, Debug)]
pub struct Requery {
    /// The run.
    pub run: RunSummary,
    /// Whether the answers were stored.
    pub stored: bool,
    /// What is new, by round.
    pub rounds: Vec<LateAnswers>,
    /// How many values were there already.
    pub known: usize,
}

impl Requery {
    /// How many values are new.
    pub fn added(&self) -> usize {
        self.rounds.iter().map(|round| round.measurements.len()).sum()
    }
}
