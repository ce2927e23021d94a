//! The paired procedure over the rounds of two runs.

use std::collections::BTreeSet;

use crate::domain::comparison::{Comparison, SeriesComparison, Sides};
use crate::domain::procedure::PairsTold;
use crate::domain::recorded::{Finding, Looks, RecordedPair, RecordedSeries, Scale};
use crate::domain::run::{Arm, StoredRun};

use super::comparison::join;
use super::gaps::with_gaps;
use super::ground::{Footing, Ground};
use super::notes::notes;
use super::pair::{Figures, Pair, Row};
use super::recorded::judge_recorded;
use super::side::{Observed, Side};

/// How the method is called in reports.
const METHOD: &str =
    "pairs of rounds: signed ranks over pairs, the error shared by all primary series and by the looks";

/// A comparison by pairs of rounds, as far as it got.
#[derive(Clone, PartialEq, Debug)]
pub struct Paired {
    /// What is said so far.
    pub comparison: Comparison,
    /// Whether further pairs would change nothing.
    pub is_decided: bool,
}

/// Compares two runs whose rounds of the same number are pairs, by all looks that their valid pairs allow. Runs under way
/// are no fault: call it again after further pairs, until it is decided. How the pairs lay in time is not in the runs, so
/// [`PairsTold::arrangement`] is left to the caller.
pub fn compare_pairs(sides: Sides<'_>, looks: &Looks) -> Paired {
    let candidate = Side::new(Arm::Candidate, sides.candidate);
    let baseline = sides.baseline.map(|run| Side::new(Arm::Baseline, run));
    let notes = notes(baseline.as_ref(), &candidate, Footing::Paired);
    let valid = common(&numbers(sides.candidate, true), sides.baseline, true);
    let measured = common(&numbers(sides.candidate, false), sides.baseline, false).len() as u16;
    let mut pair = Pair::new(baseline, candidate, sides.today, Footing::Paired);
    pair.ground.demand_pairs(valid.len(), usize::from(measured));

    let rows: Vec<Row<'_>> = sides.queries.iter().flat_map(|query| pair.rows_of(query)).collect();
    let record = |row: &Row<'_>| Some(recorded(&row.said, row.figures.as_ref()?, &valid));
    let series: Vec<RecordedSeries> = rows.iter().filter_map(record).collect();
    let Finding { series, pairs, looks: taken, is_decided } = judge_recorded(&series, looks);

    let is_decided = match &pair.ground {
        Ground::Comparable => {
            is_decided || (series.is_empty() && looks.at.first().is_some_and(|look| *look <= measured))
        }
        Ground::NoBaseline | Ground::Invalid { is_final: true, .. } => true,
        // Rounds that are left out may become few among many.
        Ground::Invalid { is_final: false, .. } => looks.at.last().is_none_or(|look| *look <= measured),
    };
    let mut found = series.into_iter();
    let series = rows.into_iter().map(|Row { mut said, figures }| {
        if let Some((figures, found)) = figures.and_then(|figures| Some((figures, found.next()?))) {
            said.verdict = found.verdict;
            said.tier = found.tier;
            said.counted = figures.counted(said.verdict, said.tier);
            said.reason = with_gaps(found.reason, figures.gaps);
            said.estimate = found.estimate;
        }
        said
    });
    let mut comparison = join(sides, series.collect(), METHOD, notes);
    let valid = (valid.len() as u16).max(pairs);
    comparison.pairs = Some(PairsTold { valid, measured, looks: taken, arrangement: None });
    Paired { comparison, is_decided }
}

/// The numbers of a run's rounds, or of its valid ones.
fn numbers(run: &StoredRun, only_valid: bool) -> BTreeSet<u16> {
    let rounds = run.rounds.iter().filter(|round| !only_valid || round.invalid.is_none());
    rounds.map(|round| round.number).collect()
}

/// Those which the baseline has, too, in order.
fn common(candidate: &BTreeSet<u16>, baseline: Option<&StoredRun>, only_valid: bool) -> Vec<u16> {
    let baseline = baseline.map(|run| numbers(run, only_valid)).unwrap_or_default();
    candidate.intersection(&baseline).copied().collect()
}

/// A series' values in these pairs.
fn recorded(said: &SeriesComparison, figures: &Figures<'_>, numbers: &[u16]) -> RecordedSeries {
    let Figures { baseline, candidate, terms, .. } = figures;
    RecordedSeries {
        name: said.key.to_string(),
        direction: said.direction,
        scale: Scale::of(said.unit, terms.limit),
        limit: terms.limit,
        warn: terms.warn,
        improvement: terms.improvement,
        primary: said.primary,
        nullable: terms.nullable,
        pairs: numbers.iter().map(|number| in_pair(baseline, candidate, *number)).collect(),
    }
}

fn in_pair(baseline: &Observed, candidate: &Observed, number: u16) -> RecordedPair {
    RecordedPair::of(baseline.in_round(number), candidate.in_round(number))
}
