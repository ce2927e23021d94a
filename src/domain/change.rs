//! What a history tells: steps from one level to another, and drift.

/// A step in a history.
#[derive(Clone, PartialEq, Debug)]
pub struct ChangePoint {
    /// The position of the first value after it; the change lies between that one and the one before.
    pub at: usize,
    /// Level after it / level before it - 1; none from a level of 0.
    pub magnitude: Option<f64>,
    /// The share of permuted histories with a change as strong anywhere, counted with this one.
    pub p: f64,
}

/// A slow change that goes on to the end of a history, too small from one value to the next to be a step.
#[derive(Clone, PartialEq, Debug)]
pub struct Drift {
    /// The position of the first value that it was seen in.
    pub from: usize,
    /// How many values it was seen in.
    pub points: usize,
    /// The relative change over all of them together; none from a level of 0.
    pub magnitude: Option<f64>,
    /// How sure it is: the two-sided p-value of its trend.
    pub p: f64,
}

/// All that a history tells.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Changes {
    /// Its steps, the oldest first.
    pub points: Vec<ChangePoint>,
    /// Its drift since the last step, if there is one.
    pub drift: Option<Drift>,
}
