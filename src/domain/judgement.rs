//! What was said of recorded data: rounds that were judged, histories that were searched.

use super::change::Changes;
use super::recorded::{RecordedSeries, SeriesFinding};
use super::verdict::Verdict;

/// Recorded rounds, judged.
#[derive(Clone, PartialEq, Debug)]
pub struct Judgement {
    /// Joined over the primary series.
    pub verdict: Verdict,
    /// Every series with what was found of it, in the order in which they were recorded.
    pub series: Vec<(RecordedSeries, SeriesFinding)>,
    /// How many pairs were used.
    pub pairs: u16,
    /// How many were recorded.
    pub recorded: u16,
    /// The looks that were taken, the one that ended it last.
    pub looks: Vec<u16>,
    /// The family-wise error in each direction.
    pub error: f64,
    /// What the reader should know beside the verdicts.
    pub notes: Vec<String>,
}

/// A recorded history, searched.
#[derive(Clone, PartialEq, Debug)]
pub struct JudgedHistory {
    /// The series.
    pub series: String,
    /// Where its values stand, ascending: the positions of `changes` count these.
    pub indices: Vec<i64>,
    /// What it tells.
    pub changes: Changes,
}

/// Recorded histories, searched.
#[derive(Clone, PartialEq, Debug)]
pub struct Histories {
    /// In the order in which they were recorded.
    pub series: Vec<JudgedHistory>,
    /// What the reader should know.
    pub notes: Vec<String>,
}
