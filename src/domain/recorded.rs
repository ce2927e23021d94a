//! Recorded rounds in pairs, as the procedure judges them, wherever they come from: a job, a file, a simulation.

use serde::{Deserialize, Serialize};

use super::comparison::{Estimate, Tier};
use super::limit::{Direction, Limit};
use super::verdict::Verdict;

/// One series over the pairs of a comparison.
#[derive(Clone, PartialEq, Debug)]
pub struct RecordedSeries {
    /// Unique within what is judged together.
    pub name: String,
    /// Which way is good.
    pub direction: Direction,
    /// How changes are counted.
    pub scale: Scale,
    /// How far it may move for the worse; none: never judged.
    pub limit: Option<Limit>,
    /// How far it may move for the worse before that is told.
    pub warn: Option<Limit>,
    /// How far it has to move for the better; none: as `limit`, mirrored.
    pub improvement: Option<Limit>,
    /// Whether its verdict decides: then it shares in the control of the family-wise error.
    pub primary: bool,
    /// Whether 0 on one side alone is a value as any other, and not a fault of the measurement.
    pub nullable: bool,
    /// One a pair, in the order in which they were measured; every series of a comparison has as many.
    pub pairs: Vec<RecordedPair>,
}

/// How changes of a series are counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scale {
    /// As ratios: latencies, CPU time, bytes. Values are positive.
    Ratio,
    /// As differences: shares, and what may be 0 or negative.
    Difference,
}

/// The values of a series in one pair of rounds; none where a side has none.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct RecordedPair {
    /// The baseline's.
    pub baseline: Option<f64>,
    /// The candidate's.
    pub candidate: Option<f64>,
    /// Of a share: the events that it is of, baseline and candidate.
    pub totals: Option<(f64, f64)>,
}

/// After how many pairs is looked, and how sure a claim has to be.
#[derive(Clone, PartialEq, Debug)]
pub struct Looks {
    /// Numbers of pairs, ascending.
    pub at: Vec<u16>,
    /// The family-wise error of a job in each direction, such as 0.05; shared by the looks.
    pub error: f64,
    /// Seed of the random draws, where not all flips of signs can be counted.
    pub seed: u64,
}

/// What was found over all series.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// One a series, in their order.
    pub series: Vec<SeriesFinding>,
    /// How many pairs were used: those up to the look that ended it, or all.
    pub pairs: u16,
    /// The looks that were taken, the one that ended it last.
    pub looks: Vec<u16>,
    /// Whether further pairs would change nothing: every primary series is decided, one is worse, or the last look
    /// was taken.
    pub is_decided: bool,
}

/// What was found of one series.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SeriesFinding {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, where the figures do not say it.
    pub reason: Option<String>,
    /// Of a regression: which limit it passed.
    pub tier: Option<Tier>,
    /// How large the change is; none where nothing could be computed.
    pub estimate: Option<Estimate>,
}
