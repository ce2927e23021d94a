//! By need: a candidate that the master sets of the past suffice to pass is measured by itself, any other one in pairs; and
//! so is one that somebody wants to be compared with a revision of their choice, of which the past says nothing.

use time::{Date, OffsetDateTime};

use super::baseline::FARTHEST;
use super::course::Course;
use super::side::Task;
use super::{Measured, Pipeline, PipelineError};
use crate::compare;
use crate::compare::history::{FEWEST, Triage, passes_none, triage};
use crate::domain::history::{PastAsked, PastRun};
use crate::domain::progress::Step;
use crate::domain::verdict::Outcome;
use crate::telemetry::failpoint;

/// So many master sets of the past are looked at: older ones are of another time.
const PAST: u32 = 30;

/// How somebody chose the revision that a job compares with, if so. The base of a pull request is where it parted from its
/// branch; where another is named in a comment, the manager asks for pairs.
fn chosen(task: &Task<'_>) -> Option<&'static str> {
    match (&task.sources.pin, task.claim.request.is_base_named()) {
        (Some(_), _) => Some("pinned"),
        (None, true) => Some("named"),
        (None, false) => None,
    }
}

impl Pipeline {
    /// Measures the rounds of a candidate by itself where there is enough of a past, and passes it where they are as
    /// before. Whatever that leaves open is measured in pairs.
    pub(super) async fn measure_by_need(&self, task: &Task<'_>) -> Result<Measured, PipelineError> {
        let Task { claim, benchmark, candidate, .. } = task;
        let (database, new, rounds) = (&self.rooms.database, &candidate.new, benchmark.rounds);
        let mut course = Course::new(benchmark);
        if let Some(how) = chosen(task) {
            self.note(format!("measured in pairs: the revision to compare with is {how}"));
            return self.measure_in_pairs(task, 0, course).await;
        }
        let past = self.past(task).await?;
        if past.len() < FEWEST {
            let sets = past.len();
            self.note(format!(
                "measured in pairs: there are {sets} comparable master sets, and to pass by them takes {FEWEST}"
            ));
            return self.measure_in_pairs(task, 0, course).await;
        }
        let today = OffsetDateTime::now_utc().date();
        if let Some(why) = passes_none(&past, &benchmark.queries, today) {
            self.note(format!("measured in pairs: {why}"));
            return self.measure_in_pairs(task, 0, course).await;
        }
        self.begin_alone(task).await?;
        self.measure_rounds(task, 1..=rounds, 2 * u32::from(benchmark.pairs.max), &mut course).await?;
        let run = self.stored(task).await?;
        let why = match triage(&run, &past, &benchmark.queries, today) {
            Triage::Passed => {
                failpoint("queries-asked");
                database.complete_run(claim, new.id).await?;
                return self.conclude_by_history(task, &past, today).await;
            }
            Triage::NeedsPairs(why) => why,
            Triage::TooFew(sets) => format!("a primary series has {sets} comparable master sets since its last step"),
        };
        self.note(format!("measured in pairs, too: {why}"));
        self.measure_in_pairs(task, rounds, course).await
    }

    /// The master sets that the candidate can be held against: of its base and of what came before that on its branch, each as
    /// if it had as many rounds as the candidate, since more of them would scatter less.
    async fn past(&self, task: &Task<'_>) -> Result<Vec<PastRun>, PipelineError> {
        let Some(base) = &task.sources.baseline else { return Ok(Vec::new()) };
        let mut revisions = vec![base.clone()];
        revisions.extend(self.rooms.mirror.ancestors(base, FARTHEST).await?);
        let new = &task.candidate.new;
        let asked = PastAsked {
            project: &new.project,
            benchmark: &new.benchmark,
            hash: &new.measurement_hash,
            class: &new.class,
            revisions: &revisions,
            rounds: task.benchmark.rounds,
            most: PAST,
        };
        Ok(self.rooms.database.past_master_sets(&asked).await?)
    }

    /// `today` is that of the triage: what it passed is not asked by tomorrow's mutes.
    async fn conclude_by_history(
        &self,
        task: &Task<'_>,
        past: &[PastRun],
        today: Date,
    ) -> Result<Measured, PipelineError> {
        self.tell(Step::Compare, None, None);
        let run = self.stored(task).await?;
        let comparison = compare::pass(&run, past, &task.benchmark.queries, today);
        let (outcome, base) = (Outcome::Verdict(comparison.verdict), task.sources.baseline.clone());
        Ok(Measured { outcome, run, base, comparison: Some(comparison), previous: None, conditions: None })
    }
}
