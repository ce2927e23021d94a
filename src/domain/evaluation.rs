//! The evaluation: how often Loadmark's procedure, and the rules of others, are right and wrong.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Everything that an evaluation found.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Evaluation {
    /// The seed of all draws: the same seed and rounds give the same figures.
    pub seed: u64,
    /// What jobs were drawn from.
    pub sets: Vec<RoundSet>,
    /// What became of them.
    pub trials: Vec<Trial>,
}

/// A set of rounds that jobs are drawn from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RoundSet {
    /// Unique in an evaluation.
    pub name: String,
    /// What it is for: which table and picture it belongs to.
    pub subject: Subject,
    /// Recorded pairs that were drawn from; none of a simulated set.
    pub recorded: Option<u32>,
    /// The primary series of a job, with their noise and limits.
    pub series: Vec<SetSeries>,
    /// How long a pair took when it was recorded, in seconds.
    pub seconds_per_pair: Option<f64>,
}

/// A primary series of a set.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SetSeries {
    /// Its name.
    pub name: String,
    /// The robust standard deviation of the log ratio between the sides; of a share, of their difference.
    pub noise: f64,
    /// The limit that it was judged under, as a share; of a share, in itself.
    pub limit: f64,
}

/// What a set is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// Rounds of a real stack, resampled; limits as narrow as they can be held.
    Recorded,
    /// The same rounds, with limits in proportion to the noise.
    InProportion,
    /// The family-wise error, at a limit near zero.
    Families,
    /// How the power grows with the effect.
    Power,
    /// How false alarms grow with the number of series.
    ManySeries,
    /// Shares, judged by counts.
    Shares,
}

/// A change that is planted in the candidate's values.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Plant {
    /// What becomes worse.
    pub kind: PlantKind,
    /// By how much, for the worse: relative; of `Errors` in itself. 0 of `Nothing`.
    pub effect: f64,
}

/// What becomes worse.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlantKind {
    /// Nothing: both sides are the same code.
    Nothing,
    /// Means and medians of all latencies.
    ServiceTime,
    /// The latencies of one endpoint, its tail included.
    OneEndpoint,
    /// The tails alone.
    Tail,
    /// The share of failed requests.
    Errors,
    /// Memory.
    Memory,
    /// CPU time.
    Cpu,
    /// Throughput.
    Throughput,
    /// One series of all.
    OneSeries,
}

impl Plant {
    /// Both sides are the same code.
    pub const NOTHING: Self = Self { kind: PlantKind::Nothing, effect: 0.0 };
}

impl fmt::Display for Plant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, sign, unit) = match self.kind {
            PlantKind::Nothing => return f.pad("nothing (A/A)"),
            PlantKind::ServiceTime => ("service time", '+', "%"),
            PlantKind::OneEndpoint => ("one endpoint", '+', "%"),
            PlantKind::Tail => ("tail only", '+', "%"),
            PlantKind::Errors => ("errors", '+', " points"),
            PlantKind::Memory => ("memory", '+', "%"),
            PlantKind::Cpu => ("CPU", '+', "%"),
            PlantKind::Throughput => ("throughput", '-', "%"),
            PlantKind::OneSeries => ("one series", '+', "%"),
        };
        // Rounded first, so that 0.0025 is 0.25 and not 0.25000000000000006.
        f.pad(&format!("{what} {sign}{}{unit}", (self.effect * 1e6).round() / 1e4))
    }
}

/// A rule that tells worse from unchanged.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Loadmark's: pairs, looked at while they come.
    Loadmark,
    /// Loadmark's with one look, after so many pairs.
    LoadmarkOnce(u16),
    /// A threshold on one round a side, at the series' limit.
    OneRound,
    /// A threshold on the medians of ten rounds a side, at the series' limit.
    Medians,
    /// Welch's t-test over ten rounds a side, at 5 %.
    Welch,
    /// One round against the mean of 30 past ones, beyond three standard deviations.
    ZScore,
    /// One change against 30 past ones, beyond Q3 + 3 IQR.
    Iqr,
    /// Mann-Whitney over ten rounds a side, at 2 %.
    MannWhitney,
    /// Mann-Whitney over the 60 points of one window a side, at 2 %.
    WindowPoints,
    /// Randomisation of thirteen rounds a side, at 1 %, and beyond the limit.
    Randomisation,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Loadmark => "Loadmark",
            Self::LoadmarkOnce(pairs) => return f.pad(&format!("Loadmark, one look at {pairs} pairs")),
            Self::OneRound => "ratio of one round",
            Self::Medians => "ratio of medians of 10",
            Self::Welch => "Welch's t-test",
            Self::ZScore => "z-score over the past",
            Self::Iqr => "IQR of past changes",
            Self::MannWhitney => "Mann-Whitney over rounds",
            Self::WindowPoints => "Mann-Whitney in the window",
            Self::Randomisation => "randomisation",
        })
    }
}

/// What a rule made of the jobs of a set with a change planted.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Trial {
    /// The name of the set.
    pub set: String,
    /// What was planted.
    pub plant: Plant,
    /// The rule.
    pub rule: Rule,
    /// What came of it.
    pub tally: Tally,
    /// How sure its shares are.
    pub bounds: Bounds,
}

/// Jobs by what became of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    /// All of them.
    pub jobs: u32,
    /// Those with a series said to be worse in which nothing was planted.
    pub alarms: u32,
    /// Those with a planted series said to be worse.
    pub detected: u32,
    /// Those with a planted series said to be better.
    pub wrong_direction: u32,
    /// Those that were passed as `unchanged` though an effect of the limit or more was planted.
    pub wrong_unchanged: u32,
    /// Those that ended without an answer.
    pub inconclusive: u32,
    /// The pairs of all of them.
    pub pairs: u64,
}

impl Tally {
    /// Adds what another counted.
    pub fn add(&mut self, other: &Self) {
        self.jobs += other.jobs;
        self.alarms += other.alarms;
        self.detected += other.detected;
        self.wrong_direction += other.wrong_direction;
        self.wrong_unchanged += other.wrong_unchanged;
        self.inconclusive += other.inconclusive;
        self.pairs += other.pairs;
    }

    /// Pairs a job, on average; none without jobs.
    pub fn mean_pairs(&self) -> Option<f64> {
        (self.jobs > 0).then(|| self.pairs as f64 / f64::from(self.jobs))
    }
}

/// The bounds of the shares that a tally counts, by C. J. Clopper and E. S. Pearson at 95 % of both sides together.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Bounds {
    /// Of false alarms.
    pub alarms: (f64, f64),
    /// Of what was found.
    pub detected: (f64, f64),
    /// Of what was said to be better.
    pub wrong_direction: (f64, f64),
    /// Of what was passed.
    pub wrong_unchanged: (f64, f64),
    /// Of what was left open.
    pub inconclusive: (f64, f64),
}
