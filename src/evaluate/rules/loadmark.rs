//! Our own procedure, over the pairs of a job.

use super::super::draw::Job;
use super::super::set::MOST_PAIRS;
use super::Ruling;
use crate::compare;
use crate::domain::procedure::{JOB_ERROR, PairSettings};
use crate::domain::recorded::{Looks, RecordedSeries};
use crate::domain::verdict::Verdict;

/// With the looks of the default settings.
pub(super) fn sequential(job: &Job) -> Ruling {
    let settings = PairSettings { max: MOST_PAIRS, ..PairSettings::default() };
    let primary = job.series.iter().filter(|series| series.primary).count();
    match compare::plan_looks(&settings, primary, JOB_ERROR) {
        Ok(looks) => judged(job, &Looks { seed: job.seed, ..looks }),
        // Loadmark measures nothing then: nothing could be shown.
        Err(_) => Ruling { verdicts: vec![Verdict::Inconclusive; job.series.len()], pairs: 0 },
    }
}

/// With one look after so many pairs.
pub(super) fn once(job: &Job, pairs: u16) -> Ruling {
    let cut = |series: &RecordedSeries| {
        let pairs = series.pairs.iter().take(pairs.into()).copied().collect();
        RecordedSeries { pairs, ..series.clone() }
    };
    let cut = Job { series: job.series.iter().map(cut).collect(), ..job.clone() };
    judged(&cut, &Looks { at: vec![pairs], error: JOB_ERROR, seed: job.seed })
}

fn judged(job: &Job, looks: &Looks) -> Ruling {
    let finding = compare::judge_recorded(&job.series, looks);
    Ruling { verdicts: finding.series.iter().map(|series| series.verdict).collect(), pairs: finding.pairs }
}
