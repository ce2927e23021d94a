//! The story of a job: revision, source, image, stack, measurements, comparison.
//!
//! Comes in: a claimed job. Goes out: what was measured, compared where there is something to compare with. Must
//! not: claim or finish the job, or print. Owns the handles of the rooms that it calls in order.
//!
//! Whatever ends it, [`Pipeline::clean_up`] removes all that the run has made besides its results and logs.

mod baseline;
mod conditions;
mod during;
mod ended;
mod error;
mod folders;
mod prepare;
mod reuse;
mod round;
mod sweep;
mod validity;

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use crate::build::Builder;
use crate::checkout::Mirror;
use crate::compare;
use crate::database::Database;
use crate::domain::chain::error_chain;
use crate::domain::comparison::{Comparison, Sides};
use crate::domain::conditions::Conditions;
use crate::domain::ids::RunId;
use crate::domain::job::{ClaimedJob, JobKind, JobRequest};
use crate::domain::machine::{MachineClass, MachineRecord};
use crate::domain::placement::Cores;
use crate::domain::progress::{Listener, Progress, Step};
use crate::domain::revision::Revision;
use crate::domain::run::{Arm, NewRun, StoredRun};
use crate::domain::settings::{Benchmark, Settings};
use crate::domain::verdict::Outcome;
use crate::stack::Stacks;
use crate::telemetry::failpoint;

pub use ended::{EndResult, Ended, document_of, report_of};
pub use error::{Failure, PipelineError};
pub use folders::Folders;
pub use sweep::{Remains, Sweeper, Swept};

/// The handles that the pipeline owns.
pub struct Rooms {
    /// Revisions and trees.
    pub mirror: Mirror,
    /// Images.
    pub builder: Builder,
    /// Stacks.
    pub stacks: Stacks,
    /// Results.
    pub database: Database,
    /// This host's facts.
    pub machine: MachineRecord,
    /// This host's class.
    pub class: MachineClass,
    /// The cores that stacks may use; none where that is not known.
    pub cores: Option<Cores>,
}

/// Runs jobs, one at a time.
pub struct Pipeline {
    settings: Settings,
    rooms: Rooms,
    listener: Arc<Listener>,
}

/// What a job gave.
#[derive(Clone, PartialEq, Debug)]
pub struct Measured {
    /// How the job ended.
    pub outcome: Outcome,
    /// The run as it was stored; of an earlier job, where that had measured the same master set.
    pub run: StoredRun,
    /// What it was to be compared with, measured or not; none for a master set.
    pub base: Option<Revision>,
    /// The comparison; none for a master set.
    pub comparison: Option<Comparison>,
    /// Of a master set: how it compares with the one before it on its branch, where there is one.
    pub previous: Option<Comparison>,
    /// Under which conditions; none where the record could not be kept.
    pub conditions: Option<Conditions>,
}

impl Pipeline {
    /// A pipeline under these settings.
    pub fn new(settings: Settings, rooms: Rooms, listener: Arc<Listener>) -> Self {
        Self { settings, rooms, listener }
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The handles.
    pub fn rooms(&self) -> &Rooms {
        &self.rooms
    }

    /// From the revision to the comparison; see [`Pipeline::run`].
    async fn tell_story(&self, claim: &ClaimedJob, run: RunId) -> Result<Measured, PipelineError> {
        let request = &claim.request;
        if request.kind == JobKind::Requery {
            return Err(PipelineError::NothingToMeasure);
        }
        let benchmark = &self.benchmark(request)?;
        let folders = Folders::new(&self.settings.data, run);
        let sources = self.check_out(request, &folders).await?;
        failpoint("checked-out");
        self.tell(Step::Build, None, None);
        let stack = self.resolve_stack(benchmark, &sources).await?;
        let measurement_hash = stack.measurement_hash.clone();
        if let Some(stored) = self.stored_already(claim, benchmark, &measurement_hash).await? {
            return Ok(stored);
        }
        let stack = self.prepare_stack(benchmark, stack, &sources, &folders).await?;
        let arm = if request.kind == JobKind::NewMaster { Arm::Baseline } else { Arm::Candidate };
        let new = NewRun {
            id: run,
            job: claim.id,
            project: self.settings.project.clone(),
            benchmark: benchmark.name.clone(),
            revision: request.revision.clone(),
            arm,
            is_master: request.kind == JobKind::NewMaster,
            measurement_hash,
            configuration: self.settings.text.clone(),
            machine: self.rooms.machine.clone(),
            class: self.rooms.class.clone(),
            rounds: benchmark.rounds,
            pair_of: None,
        };
        self.rooms.database.start_run(claim, &new).await?;
        self.begin_conditions(claim, run, &stack).await?;
        let mut spent = Vec::new();
        for number in 1..=benchmark.rounds {
            let first = self.first_attempt(&new, number);
            let result = self.measure_until_valid(benchmark, &stack, first, &folders, &mut spent).await?;
            self.rooms.database.store_round(claim, run, &result).await?;
        }
        failpoint("queries-asked");
        self.rooms.database.complete_run(claim, run).await?;
        self.conclude(request.kind, benchmark, &new, sources.baseline).await
    }

    /// Compares the stored run with the master set; a master set itself is only looked at for missing data.
    async fn conclude(
        &self,
        kind: JobKind,
        benchmark: &Benchmark,
        new: &NewRun,
        base: Option<Revision>,
    ) -> Result<Measured, PipelineError> {
        self.tell(Step::Compare, None, Some(Duration::ZERO));
        let database = &self.rooms.database;
        let run = database.run(&new.id.to_string()).await?;
        let queries = &benchmark.queries;
        if new.is_master {
            let outcome = compare::judge_master(&run, queries);
            let previous = self.against_previous(new, &run, queries).await?;
            return Ok(Measured { outcome, run, base, comparison: None, previous, conditions: None });
        }
        let master = match &base {
            Some(base) => self.baseline_set(kind, new, base, queries).await?,
            None => None,
        };
        let (master, note) = master.unzip();
        let mut comparison = compare::compare(Sides {
            baseline: master.as_ref(),
            candidate: &run,
            queries,
            today: OffsetDateTime::now_utc().date(),
        });
        comparison.notes.extend(note.flatten());
        let outcome = Outcome::Verdict(comparison.verdict);
        Ok(Measured { outcome, run, base, comparison: Some(comparison), previous: None, conditions: None })
    }

    /// Removes all that a run made besides its results and logs: the stack first, then the work folder. Idempotent.
    ///
    /// # Errors
    /// Something of the stack stays in spite of repeated removal. A folder that stays is only noted.
    pub async fn clean_up(&self, run: RunId) -> Result<(), PipelineError> {
        let removed = self.rooms.stacks.remove_run(run).await;
        self.remove_work(run).await;
        Ok(removed?)
    }

    /// A service may have written into the folder as another user; that must not cost a result.
    async fn remove_work(&self, run: RunId) {
        if let Err(error) = Folders::new(&self.settings.data, run).remove_work().await {
            self.note(format!("{}; remove it by hand", error_chain(&error)));
        }
    }

    /// The benchmark as the job asks for it.
    fn benchmark(&self, request: &JobRequest) -> Result<Benchmark, PipelineError> {
        let found = self.settings.benchmarks.get(&request.benchmark).ok_or_else(|| PipelineError::NoBenchmark {
            name: request.benchmark.clone(),
            known: self.settings.benchmarks.keys().cloned().collect::<Vec<_>>().join(", "),
        })?;
        Ok(Benchmark { rounds: request.rounds.unwrap_or(found.rounds), ..found.clone() })
    }

    fn tell(&self, step: Step, round: Option<(u16, u16)>, left: Option<Duration>) {
        tracing::info!(step = step.as_str(), round = round.map(|(number, _)| number), "step begins");
        (self.listener)(Progress::Begins { step, round, left });
    }

    /// Tells something worth keeping.
    pub fn note(&self, text: String) {
        (self.listener)(Progress::Note(text));
    }
}
