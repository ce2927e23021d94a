//! Rounds of baseline and candidate in pairs, look by look, until they decide.

use time::{Date, OffsetDateTime};
use tokio::time::Instant;

use super::course::Course;
use super::order::order_of_pair;
use super::side::{Side, Task};
use super::{Folders, Measured, Pipeline, PipelineError};
use crate::compare::{self, Paired};
use crate::domain::comparison::Sides;
use crate::domain::job::{JobKind, JobRequest};
use crate::domain::pin::Pin;
use crate::domain::procedure::{Arrangement, CompareMethod, JOB_ERROR};
use crate::domain::progress::{InPair, Step, Twins};
use crate::domain::recorded::Looks;
use crate::domain::revision::Revision;
use crate::domain::run::{Arm, NewRun, PairOf, StoredRun};
use crate::domain::settings::Benchmark;
use crate::domain::units::Span;
use crate::domain::verdict::Outcome;
use crate::telemetry::failpoint;

/// Pairs of a calibration that does not say how many.
const CALIBRATION: u16 = 10;

/// The pairs of a job under way.
struct Pairs<'a> {
    task: &'a Task<'a>,
    baseline: Side,
    /// Rounds of the candidate that were measured before the first pair, by itself.
    before: u16,
    course: Course,
    looks: Looks,
    /// Pairs of which both rounds are valid.
    valid: u16,
}

/// Both runs of a pair as they are stored.
struct StoredPairs {
    /// With all of its rounds.
    candidate: StoredRun,
    /// With those that have a counterpart.
    in_pairs: StoredRun,
    baseline: StoredRun,
}

impl StoredPairs {
    fn sides<'a>(&'a self, benchmark: &'a Benchmark) -> Sides<'a> {
        let (baseline, candidate) = (Some(&self.baseline), &self.in_pairs);
        Sides { baseline, candidate, queries: &benchmark.queries, today: today() }
    }

    fn compared(&self, benchmark: &Benchmark, looks: &Looks) -> Paired {
        compare::compare_pairs(self.sides(benchmark), looks)
    }
}

/// The benchmark with as many pairs as a job asks for; a calibration has a number of its own, and no earlier end.
pub(super) fn as_asked(benchmark: Benchmark, request: &JobRequest) -> Benchmark {
    let Benchmark { mut compare, mut pairs, mut rounds, .. } = benchmark.clone();
    match request.kind {
        JobKind::NewMaster | JobKind::Requery => compare = CompareMethod::Stored,
        JobKind::Calibration => compare = CompareMethod::Paired,
        JobKind::NewTest | JobKind::Experiment => compare = request.compare.unwrap_or(compare),
    }
    if request.kind == JobKind::Calibration {
        pairs.max = request.rounds.unwrap_or(CALIBRATION);
        pairs.min = pairs.max;
        pairs.budget = None;
    } else if compare == CompareMethod::Stored {
        rounds = request.rounds.unwrap_or(rounds);
    } else if let Some(most) = request.rounds {
        pairs.max = most;
        pairs.min = pairs.min.min(most);
    }
    Benchmark { compare, pairs, rounds, ..benchmark }
}

/// Refuses a number of pairs that could show nothing, as far as that is known before anything was measured.
pub(super) fn check_number(benchmark: &Benchmark, kind: JobKind) -> Result<(), PipelineError> {
    if benchmark.compare != CompareMethod::Stored {
        plan(benchmark, kind, benchmark.fewest_primary(today()))?;
    }
    Ok(())
}

/// The looks at so many primary series. What calibrates looks once, at the end.
fn plan(benchmark: &Benchmark, kind: JobKind, primary: usize) -> Result<Looks, PipelineError> {
    let pairs = &benchmark.pairs;
    if kind == JobKind::Calibration {
        return Ok(Looks { at: vec![pairs.max], error: JOB_ERROR, seed: pairs.seed });
    }
    Ok(compare::plan_looks(pairs, primary, JOB_ERROR)?)
}

fn today() -> Date {
    OffsetDateTime::now_utc().date()
}

impl Pipeline {
    /// Measures baseline and candidate in pairs of rounds, and compares them. The candidate's run has its first `before`
    /// rounds already, or it is not stored yet. Both images are there before the first pair.
    pub(super) async fn measure_in_pairs(
        &self,
        task: &Task<'_>,
        before: u16,
        course: Course,
    ) -> Result<Measured, PipelineError> {
        let Task { claim, benchmark, candidate, .. } = task;
        let (database, most) = (&self.rooms.database, benchmark.pairs.max);
        let baseline = self.prepare_baseline(task).await?;
        if before == 0 {
            database.start_run(claim, &NewRun { rounds: most, ..candidate.new.clone() }).await?;
            self.begin_conditions(claim, candidate.new.id, &candidate.stack).await?;
        } else {
            database.plan_rounds(claim, candidate.new.id, before + most).await?;
        }
        database.start_run(claim, &baseline.new).await?;
        self.begin_conditions(claim, baseline.new.id, &baseline.stack).await?;
        let looks = plan(benchmark, claim.request.kind, benchmark.fewest_primary(today()))?;
        let mut pairs = Pairs { task, baseline, before, course, looks, valid: 0 };
        self.measure_until_decided(&mut pairs).await?;
        failpoint("queries-asked");
        database.complete_pair(claim, candidate.new.id).await?;
        self.conclude_pairs(&pairs).await
    }

    /// Pair by pair, until a look decides, the last one was taken, or the time is over.
    async fn measure_until_decided(&self, pairs: &mut Pairs<'_>) -> Result<(), PipelineError> {
        let Task { claim, benchmark, .. } = pairs.task;
        let began = Instant::now();
        for number in 1..=benchmark.pairs.max {
            if let Some(budget) = benchmark.pairs.budget.filter(|budget| number > 1 && began.elapsed() >= budget.0) {
                let most = benchmark.pairs.max;
                self.note(format!(
                    "`pairs.budget` of {budget} is over after pair {} of {most}: no further one is begun",
                    number - 1
                ));
                break;
            }
            let is_valid = self.measure_pair(pairs, number).await?;
            pairs.valid += u16::from(is_valid);
            failpoint("pair-measured");
            if is_valid && pairs.valid == 1 {
                self.plan_by_what_there_is(pairs).await?;
            }
            let is_calibration = claim.request.kind == JobKind::Calibration;
            if is_valid && !is_calibration && pairs.looks.at.contains(&pairs.valid) {
                self.tell(Step::Compare, None, None);
                if self.read_pairs(pairs).await?.compared(benchmark, &pairs.looks).is_decided {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Measures both rounds of a pair, in the order that the seed draws; whether both are valid.
    async fn measure_pair(&self, pairs: &mut Pairs<'_>, number: u16) -> Result<bool, PipelineError> {
        let Pairs { task, baseline, before, course, looks, valid } = pairs;
        let Task { claim, benchmark, candidate, .. } = task;
        let most = benchmark.pairs.max;
        // Invalid pairs so far come on top.
        let next_look = looks.at.iter().copied().find(|look| look > valid).unwrap_or(most);
        let least = (next_look + (number - 1 - *valid)).min(most);
        let order = order_of_pair(benchmark.pairs.seed, number);
        let side = |arm| if arm == Arm::Baseline { &*baseline } else { candidate };
        let mut are_valid = true;
        for together in order.chunks(if benchmark.pairs.arrangement == Arrangement::Twins { 2 } else { 1 }) {
            match together {
                [arm] => course.at_pair(InPair { number, least, most, arm: *arm, is_first: *arm == order[0] }),
                _ => course.at_twins(Twins { number, least, most }),
            }
            let sides: Vec<&Side> = together.iter().copied().map(side).collect();
            let results = self.measure_until_valid(benchmark, &sides, *before + number, course).await?;
            for (side, result) in sides.into_iter().zip(results) {
                self.rooms.database.store_round(claim, side.new.id, &result).await?;
                are_valid &= result.faults.is_empty();
            }
        }
        Ok(are_valid)
    }

    /// After the first valid pair it is known which series there are, and how long a pair takes.
    async fn plan_by_what_there_is(&self, pairs: &mut Pairs<'_>) -> Result<(), PipelineError> {
        let Task { claim, benchmark, .. } = pairs.task;
        let first = self.read_pairs(pairs).await?.compared(benchmark, &pairs.looks);
        let primary = compare::primary_series(&first.comparison).max(benchmark.fewest_primary(today()));
        pairs.looks = plan(benchmark, claim.request.kind, primary)?;
        let Some(Span(budget)) = benchmark.pairs.budget else { return Ok(()) };
        let affordable = (budget.as_secs_f64() / pairs.course.of_pair().as_secs_f64()).ceil();
        let first_look = pairs.looks.at[0];
        if affordable < f64::from(first_look) {
            self.note(format!(
                "`pairs.budget` will be over after about pair {affordable}, and the first look is after pair {first_look}"
            ));
        }
        Ok(())
    }

    /// Both runs as they are stored.
    async fn read_pairs(&self, pairs: &Pairs<'_>) -> Result<StoredPairs, PipelineError> {
        let database = &self.rooms.database;
        let candidate = database.run(&pairs.task.candidate.new.id.to_string()).await?;
        let baseline = database.run(&pairs.baseline.new.id.to_string()).await?;
        let mut in_pairs = candidate.clone();
        in_pairs.keep_rounds_of(&baseline);
        Ok(StoredPairs { candidate, in_pairs, baseline })
    }

    /// What all pairs came to.
    async fn conclude_pairs(&self, pairs: &Pairs<'_>) -> Result<Measured, PipelineError> {
        self.tell(Step::Compare, None, None);
        let Task { claim, benchmark, sources, .. } = pairs.task;
        let stored = self.read_pairs(pairs).await?;
        let mut comparison = compare::conclude_pairs(stored.sides(benchmark), &pairs.looks);
        if let Some(told) = &mut comparison.pairs {
            told.arrangement = Some(benchmark.pairs.arrangement);
        }
        comparison.notes.extend(sources.pin.as_ref().map(Pin::note));
        if pairs.before > 0 {
            let before = pairs.before;
            comparison.notes.push(format!("{before} rounds before the pairs were not passed by the history"));
        }
        let outcome = if claim.request.kind == JobKind::Calibration {
            Outcome::Measured
        } else {
            comparison.notes.extend(self.calibration_note(&pairs.task.candidate.new).await?);
            Outcome::Verdict(comparison.verdict)
        };
        let (run, base) = (stored.candidate, sources.baseline.clone());
        Ok(Measured { outcome, run, base, comparison: Some(comparison), previous: None, conditions: None })
    }

    /// The baseline's side: its files, its image, and a run of its own beside the candidate's.
    async fn prepare_baseline(&self, task: &Task<'_>) -> Result<Side, PipelineError> {
        let Task { claim, benchmark, sources, candidate } = task;
        let id = candidate.new.id.of_baseline();
        let revision: Revision = sources.baseline.clone().unwrap_or_else(|| candidate.new.revision.clone());
        let new = NewRun {
            id,
            revision,
            arm: Arm::Baseline,
            // What calibrates is measured for its noise; and the windows of twins span the time of both, so that their
            // counters hold a rest which no stack that is measured by itself has: neither is to be compared with.
            is_master: claim.request.kind != JobKind::Calibration && benchmark.pairs.arrangement == Arrangement::Turns,
            rounds: benchmark.pairs.max,
            pair_of: Some(PairOf { candidate: candidate.new.id, arrangement: benchmark.pairs.arrangement }),
            ..candidate.new.clone()
        };
        let folders = Folders::new(&self.settings.data, id);
        let prepared = self.prepare_baseline_stack(task, &new.revision, &folders).await;
        let stack = prepared.map_err(|error| error.of_side(&new))?;
        Ok(Side { new, stack, folders })
    }
}
