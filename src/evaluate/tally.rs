//! Counting what a rule made of a job.

use super::draw::Job;
use super::rules::Ruling;
use super::set::bound;
use crate::domain::evaluation::{Plant, Tally};
use crate::domain::verdict::Verdict;

/// Rounding of effects and limits may not decide which is larger.
const ROUNDING: f64 = 1e-9;

/// One job's tally.
pub(super) fn tally(job: &Job, plant: Plant, ruling: &Ruling) -> Tally {
    let among = |planted: bool, verdict: Verdict| {
        let both = job.planted.iter().zip(&ruling.verdicts);
        both.into_iter().any(|(is_planted, said)| *is_planted == planted && *said == verdict)
    };
    let alarm = among(false, Verdict::Regression);
    let detected = among(true, Verdict::Regression);
    let worse = alarm || detected;
    let undecided =
        |verdict: &Verdict| !matches!(verdict, Verdict::Regression | Verdict::Improvement | Verdict::Unchanged);
    let inconclusive = !worse && ruling.verdicts.iter().any(undecided);
    let overlooked = job.planted.iter().zip(&job.series).zip(&ruling.verdicts).any(|((is_planted, series), said)| {
        // A limit of 3 % for throughput is passed by 3 % less, though seen from there back it is more.
        *is_planted && plant.effect >= bound(series) - ROUNDING && *said == Verdict::Unchanged
    });
    Tally {
        jobs: 1,
        alarms: u32::from(alarm),
        detected: u32::from(detected),
        wrong_direction: u32::from(among(true, Verdict::Improvement)),
        wrong_unchanged: u32::from(overlooked && !worse),
        inconclusive: u32::from(inconclusive),
        pairs: ruling.pairs.into(),
    }
}
