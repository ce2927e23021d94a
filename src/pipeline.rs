//! The story of a job: revision, source, image, stack, measurements, comparison.
//!
//! Comes in: a claimed job. Goes out: what was measured, compared where there is something to compare with. Must
//! not: claim or finish the job, or print. Owns the handles of the rooms that it calls in order.
//!
//! Whatever ends it, [`Pipeline::clean_up`] removes all that the run has made besides its results and logs.

mod alone;
mod baseline;
mod by_need;
mod calibrated;
mod conditions;
mod course;
mod during;
mod ended;
mod error;
mod folders;
mod hold;
mod order;
mod pairs;
mod prepare;
mod reuse;
mod round;
mod samples;
mod side;
mod stand;
mod sweep;
mod validity;

use std::sync::Arc;

use futures_util::future::join;

use crate::build::Builder;
use crate::checkout::Mirror;
use crate::database::Database;
use crate::domain::chain::error_chain;
use crate::domain::comparison::Comparison;
use crate::domain::conditions::Conditions;
use crate::domain::ids::RunId;
use crate::domain::job::{ClaimedJob, JobKind, JobRequest};
use crate::domain::machine::{MachineClass, MachineRecord};
use crate::domain::placement::Cores;
use crate::domain::procedure::CompareMethod;
use crate::domain::progress::{Listener, Place, Progress, Step, TimeLeft};
use crate::domain::revision::Revision;
use crate::domain::run::{Arm, MeasurementHash, NewRun, StoredRun};
use crate::domain::settings::{Benchmark, Settings};
use crate::domain::verdict::Outcome;
use crate::stack::Stacks;
use crate::telemetry::failpoint;

use course::Course;
use pairs::{as_asked, check_number};
use side::{Side, Task};

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
        let benchmark = &self.with_calibrated_tails(self.benchmark(request)?, request).await?;
        check_number(benchmark, request.kind)?;
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
        let new = self.new_run(claim, run, benchmark, measurement_hash);
        let task = Task { claim, benchmark, sources: &sources, candidate: Side { new, stack, folders } };
        match benchmark.compare {
            CompareMethod::Stored => self.measure_alone(&task).await,
            CompareMethod::Paired => self.measure_in_pairs(&task, 0, Course::new(benchmark)).await,
            CompareMethod::Auto => self.measure_by_need(&task).await,
        }
    }

    /// What is known of the run of a job's own revision.
    fn new_run(&self, claim: &ClaimedJob, run: RunId, benchmark: &Benchmark, hash: MeasurementHash) -> NewRun {
        let is_master = claim.request.kind == JobKind::NewMaster;
        NewRun {
            id: run,
            job: claim.id,
            project: self.settings.project.clone(),
            benchmark: benchmark.name.clone(),
            revision: claim.request.revision.clone(),
            arm: if is_master { Arm::Baseline } else { Arm::Candidate },
            is_master,
            measurement_hash: hash,
            configuration: self.settings.text.clone(),
            machine: self.rooms.machine.clone(),
            class: self.rooms.class.clone(),
            rounds: benchmark.rounds,
            pair_of: None,
        }
    }

    /// Removes all that a run made, and that of its baseline in pairs, besides their results and logs: the stacks first,
    /// then the work folders. Idempotent.
    ///
    /// # Errors
    /// Something of a stack stays in spite of repeated removal. A folder that stays is only noted.
    pub async fn clean_up(&self, run: RunId) -> Result<(), PipelineError> {
        let stacks = &self.rooms.stacks;
        let (candidate, baseline) = join(stacks.remove_run(run), stacks.remove_run(run.of_baseline())).await;
        self.remove_work(run).await;
        self.remove_work(run.of_baseline()).await;
        Ok(candidate.and(baseline)?)
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
        Ok(as_asked(found.clone(), request))
    }

    fn tell(&self, step: Step, place: Option<Place>, left: Option<TimeLeft>) {
        tracing::info!(step = step.as_str(), place = place.map(tracing::field::display), "step begins");
        (self.listener)(Progress::Begins { step, place, left });
    }

    /// Tells something worth keeping.
    pub fn note(&self, text: String) {
        (self.listener)(Progress::Note(text));
    }
}
