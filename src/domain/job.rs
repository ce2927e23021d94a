//! Jobs: requests in the queue, and what became of them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::github::PullNumber;
use super::ids::{FencingToken, JobId, RunId};
use super::order::Terms;
use super::procedure::CompareMethod;
use super::revision::Revision;
use super::verdict::Outcome;

/// What a job is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobKind {
    /// Measure, compare, report to the pull request.
    NewTest,
    /// Measure; becomes the master set.
    NewMaster,
    /// From the command line; never posts to GitHub.
    Experiment,
    /// Measure nothing: ask a stored run's kept samples the queries of now.
    Requery,
    /// Measure a revision in pairs with itself: what is seen then is noise.
    Calibration,
}

impl JobKind {
    /// As it is stored and printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewTest => "new-test",
            Self::NewMaster => "new-master",
            Self::Experiment => "experiment",
            Self::Requery => "requery",
            Self::Calibration => "calibration",
        }
    }
}

impl fmt::Display for JobKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for JobKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::NewTest, Self::NewMaster, Self::Experiment, Self::Requery, Self::Calibration]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no kind of job"))
    }
}

/// What is asked for; written into the queue.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct JobRequest {
    /// What it is for.
    pub kind: JobKind,
    /// The project's name.
    pub project: String,
    /// The benchmark's name.
    pub benchmark: String,
    /// The revision to measure.
    pub revision: Revision,
    /// The name by which it was asked for (`main`, `HEAD~1`), for people.
    pub asked_as: String,
    /// The revision to compare with, where it was given.
    pub base: Option<Revision>,
    /// Of a master set: measure it, even if an equal one is stored.
    pub force: bool,
    /// The pull request it is for; none for what is asked on the command line or for a branch.
    pub pull: Option<PullNumber>,
    /// Rounds in place of the benchmark's, 1 to 100; where it is measured in pairs, the most pairs.
    pub rounds: Option<u16>,
    /// What it is compared with, in place of the benchmark's choice.
    pub compare: Option<CompareMethod>,
}

impl JobRequest {
    /// What is asked for as the configuration has it, of no pull request.
    pub fn new(kind: JobKind, project: &str, benchmark: &str, revision: &Revision, asked_as: &str) -> Self {
        Self {
            kind,
            project: project.to_owned(),
            benchmark: benchmark.to_owned(),
            revision: revision.clone(),
            asked_as: asked_as.to_owned(),
            base: None,
            force: false,
            pull: None,
            rounds: None,
            compare: None,
        }
    }

    /// Whether somebody named the revision to compare with: into tests the manager writes the base that it found.
    pub fn is_base_named(&self) -> bool {
        self.kind == JobKind::Experiment && self.base.is_some()
    }
}

/// Where a job stands. Carries exactly what belongs to each state.
#[derive(Clone, PartialEq, Debug)]
pub enum JobState {
    /// Waiting; `awaited` while a command waits for its turn with it.
    Queued {
        /// Whether a live command waits for it.
        awaited: bool,
        /// Not claimed before this: a failure of ours is waited out.
        not_before: Option<OffsetDateTime>,
    },
    /// Under a lease.
    Running {
        /// The host it runs on.
        host: String,
        /// Since when.
        since: OffsetDateTime,
        /// When the lease ends unless it is renewed.
        lease_until: OffsetDateTime,
        /// What it is doing, for people; none before its first step.
        phase: Option<String>,
    },
    /// Over.
    Finished {
        /// How it ended.
        outcome: Outcome,
        /// The reason, for outcomes that need one.
        detail: Option<String>,
        /// When.
        at: OffsetDateTime,
    },
}

/// A row of the queue.
#[derive(Clone, PartialEq, Debug)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// What was asked.
    pub request: JobRequest,
    /// Attempts spent: claims that were not given back.
    pub attempts: i32,
    /// Where it stands.
    pub state: JobState,
    /// The run of its last attempt that stored one.
    pub run: Option<RunId>,
    /// When it was asked.
    pub enqueued_at: OffsetDateTime,
    /// How it came into the queue.
    pub terms: Terms,
}

/// A job under our lease: the proof that its slot is ours. Every write names the token.
#[derive(Clone, PartialEq, Debug)]
pub struct ClaimedJob {
    /// Its number.
    pub id: JobId,
    /// The fencing token of this claim.
    pub token: FencingToken,
    /// Which attempt this is, from 1.
    pub attempt: i32,
    /// What was asked.
    pub request: JobRequest,
}

/// Why a job is not claimed yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wait {
    /// The job that goes next on the host, or is under way there.
    pub first: JobId,
    /// What that job is for.
    pub kind: JobKind,
    /// The revision it measures.
    pub revision: Revision,
    /// Why it goes first.
    pub reason: WaitReason,
    /// How many jobs go first in all, the one under way included; at least 1.
    pub ahead: u32,
}

/// Why another job goes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitReason {
    /// It holds the host's slot.
    SlotHeld {
        /// Since when.
        since: OffsetDateTime,
    },
    /// It was asked earlier, and a live command or worker waits for it.
    AskedEarlier,
    /// It is more urgent: a master set, for which tests wait.
    MoreUrgent,
}

/// What a request to cancel a job came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cancellation {
    /// It was waiting, and is over now.
    Cancelled,
    /// It is under way: its holder takes the stack down and ends it.
    Requested,
    /// It was over already.
    AlreadyFinished(Outcome),
}

/// Which jobs to list, the newest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JobFilter {
    /// Of this project only.
    pub project: Option<String>,
    /// At most so many.
    pub limit: u32,
}
