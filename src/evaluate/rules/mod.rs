//! The rules: ours, and those of others as they are used elsewhere.

mod loadmark;
mod past;
mod ranks;
mod samples;

#[cfg(test)]
pub(super) use ranks::mann_whitney;

use super::draw::Job;
use crate::domain::evaluation::Rule;
use crate::domain::limit::Direction;
use crate::domain::recorded::{RecordedSeries, Scale};
use crate::domain::verdict::Verdict;

/// What a rule says of a job.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Ruling {
    /// One a series.
    pub(super) verdicts: Vec<Verdict>,
    /// The pairs that had to be measured.
    pub(super) pairs: u16,
}

/// Rounds a side for the rules over samples.
const SAMPLE: u16 = 10;
/// Rounds a side for the randomisation.
const RANDOMISED: u16 = 13;

/// Applies a rule to a job.
pub(super) fn judge(rule: Rule, job: &Job) -> Ruling {
    let each = |pairs: u16, says: &dyn Fn(&View<'_>) -> Verdict| {
        let views = job.series.iter().zip(&job.past).enumerate();
        let verdicts = views.map(|(index, (series, past))| says(&View::of(series, past, pairs, job, index))).collect();
        Ruling { verdicts, pairs }
    };
    match rule {
        Rule::Loadmark => loadmark::sequential(job),
        Rule::LoadmarkOnce(pairs) => loadmark::once(job, pairs),
        Rule::OneRound => each(1, &|view| samples::beyond_limit(view)),
        Rule::Medians => each(SAMPLE, &|view| samples::beyond_limit(view)),
        Rule::Welch => each(SAMPLE, &|view| samples::welch(view)),
        Rule::ZScore => each(1, &|view| past::z_score(view)),
        Rule::Iqr => each(1, &|view| past::iqr(view)),
        Rule::MannWhitney => each(SAMPLE, &|view| ranks::over_rounds(view)),
        Rule::WindowPoints => each(1, &|view| ranks::in_the_window(view)),
        Rule::Randomisation => each(RANDOMISED, &|view| samples::randomised(view)),
    }
}

/// What the rules of others see of a series: values without their pairing.
struct View<'a> {
    baseline: Vec<f64>,
    candidate: Vec<f64>,
    past: &'a [f64],
    direction: Direction,
    scale: Scale,
    /// How far it may move for the worse, relative or in itself by its scale.
    limit: f64,
    seed: u64,
}

impl<'a> View<'a> {
    fn of(series: &RecordedSeries, past: &'a [f64], pairs: u16, job: &Job, index: usize) -> Self {
        let pairs = &series.pairs[..series.pairs.len().min(pairs.into())];
        Self {
            baseline: pairs.iter().filter_map(|pair| pair.baseline).collect(),
            candidate: pairs.iter().filter_map(|pair| pair.candidate).collect(),
            past,
            direction: series.direction,
            scale: series.scale,
            limit: super::set::bound(series),
            seed: job.seed.wrapping_add(index as u64),
        }
    }

    /// How far one value is from another: relative, or in itself for differences.
    fn change(&self, from: f64, to: f64) -> f64 {
        match self.scale {
            Scale::Ratio => to / from - 1.0,
            Scale::Difference => to - from,
        }
    }

    /// The verdict of a rule that tells whether there is a change, and a figure with its sign.
    fn verdict(&self, is_change: bool, sign: f64) -> Verdict {
        let is_worse = match self.direction {
            Direction::Lower => sign > 0.0,
            Direction::Higher => sign < 0.0,
        };
        match (is_change, is_worse) {
            (false, _) => Verdict::Unchanged,
            (true, true) => Verdict::Regression,
            (true, false) => Verdict::Improvement,
        }
    }
}
