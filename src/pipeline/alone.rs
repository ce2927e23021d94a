//! A revision that is measured by itself: a master set, or a candidate that is compared with stored sets.

use std::ops::RangeInclusive;

use time::OffsetDateTime;

use super::course::Course;
use super::side::Task;
use super::{Measured, Pipeline, PipelineError};
use crate::compare;
use crate::domain::comparison::{Comparison, Sides};
use crate::domain::progress::Step;
use crate::domain::run::StoredRun;
use crate::domain::verdict::{Outcome, Verdict};
use crate::telemetry::failpoint;

impl Pipeline {
    /// Measures the rounds of a revision by itself, and compares them with what is stored. What would alert is measured
    /// once more, with as many rounds, and alerts only where they say the same.
    pub(super) async fn measure_alone(&self, task: &Task<'_>) -> Result<Measured, PipelineError> {
        let Task { claim, benchmark, candidate, .. } = task;
        let (database, rounds, run) = (&self.rooms.database, benchmark.rounds, candidate.new.id);
        let mut course = Course::new(benchmark);
        self.begin_alone(task).await?;
        self.measure_rounds(task, 1..=rounds, rounds.into(), &mut course).await?;
        if self.would_alert(task).await? {
            self.note(format!("the first {rounds} rounds show a regression: as many more have to confirm it"));
            database.plan_rounds(claim, run, 2 * rounds).await?;
            self.measure_rounds(task, rounds + 1..=2 * rounds, 0, &mut course).await?;
        }
        failpoint("queries-asked");
        database.complete_run(claim, run).await?;
        self.conclude(task).await
    }

    /// Stores the run with the benchmark's rounds.
    pub(super) async fn begin_alone(&self, task: &Task<'_>) -> Result<(), PipelineError> {
        let Task { claim, candidate, .. } = task;
        self.rooms.database.start_run(claim, &candidate.new).await?;
        self.begin_conditions(claim, candidate.new.id, &candidate.stack).await
    }

    /// Measures and stores these rounds; after them so many more may be needed.
    pub(super) async fn measure_rounds(
        &self,
        task: &Task<'_>,
        numbers: RangeInclusive<u16>,
        may_follow: u32,
        course: &mut Course,
    ) -> Result<(), PipelineError> {
        let Task { claim, benchmark, candidate, .. } = task;
        let of = *numbers.end();
        for number in numbers {
            course.at_round(number, of, may_follow);
            for result in self.measure_until_valid(benchmark, &[candidate], number, course).await? {
                self.rooms.database.store_round(claim, candidate.new.id, &result).await?;
            }
        }
        Ok(())
    }

    /// Whether the rounds so far would be told as a regression.
    async fn would_alert(&self, task: &Task<'_>) -> Result<bool, PipelineError> {
        let run = self.stored(task).await?;
        let comparison = if task.candidate.new.is_master {
            self.against_previous(task, &run).await?
        } else {
            Some(self.against_base(task, &run).await?)
        };
        Ok(comparison.is_some_and(|comparison| comparison.verdict == Verdict::Regression))
    }

    /// Compares the stored run with the master set; a master set itself is only looked at for missing data.
    async fn conclude(&self, task: &Task<'_>) -> Result<Measured, PipelineError> {
        self.tell(Step::Compare, None, None);
        let run = self.stored(task).await?;
        let base = task.sources.baseline.clone();
        if task.candidate.new.is_master {
            let outcome = compare::judge_master(&run, &task.benchmark.queries, OffsetDateTime::now_utc().date());
            let previous = self.against_previous(task, &run).await?;
            return Ok(Measured { outcome, run, base, comparison: None, previous, conditions: None });
        }
        let comparison = self.against_base(task, &run).await?;
        let outcome = Outcome::Verdict(comparison.verdict);
        Ok(Measured { outcome, run, base, comparison: Some(comparison), previous: None, conditions: None })
    }

    /// The candidate's run as it is stored.
    pub(super) async fn stored(&self, task: &Task<'_>) -> Result<StoredRun, PipelineError> {
        Ok(self.rooms.database.run(&task.candidate.new.id.to_string()).await?)
    }
}

/// Compares a run with a stored set, by two sets of rounds where a second one was needed.
pub(super) fn with_stored(task: &Task<'_>, baseline: Option<&StoredRun>, run: &StoredRun) -> Comparison {
    let (queries, today) = (&task.benchmark.queries, OffsetDateTime::now_utc().date());
    let sides = Sides { baseline, candidate: run, queries, today };
    let first = task.benchmark.rounds;
    if run.rounds.len() > usize::from(first) { compare::confirm(sides, first) } else { compare::compare(sides) }
}
