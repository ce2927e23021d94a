//! The queue at a glance, and how lists of it are paged.

use std::time::Duration;

use super::ids::JobId;
use super::job::Job;
use super::verdict::Outcome;

/// How much there is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QueueSummary {
    /// Jobs that wait.
    pub queued: u64,
    /// Jobs under way.
    pub running: u64,
    /// How long the job waits that waits for the longest; none where none does.
    pub oldest: Option<Duration>,
    /// Deliveries that were accepted and not acted upon yet.
    pub open_deliveries: u64,
    /// Notices that are not on GitHub yet as they should be.
    pub due_notices: u64,
}

/// Which part of the list of jobs is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JobList {
    /// All, the newest first.
    All,
    /// Those that wait, in the order in which they are taken.
    Queued,
    /// Those under way, the oldest first.
    Running,
    /// Those that are over, the newest first.
    Finished,
}

/// A page of jobs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JobPage {
    /// Which list.
    pub list: JobList,
    /// Of this project only.
    pub project: Option<String>,
    /// What comes after this job in the list; none: from its beginning.
    pub after: Option<JobId>,
    /// At most so many.
    pub limit: u32,
}

/// A job with what is told of it while it is not over.
#[derive(Clone, PartialEq, Debug)]
pub struct ListedJob {
    /// The job.
    pub job: Job,
    /// Why its last attempt failed, while another waits or runs.
    pub last_error: Option<String>,
    /// It begins only after this one ended.
    pub after: Option<JobId>,
    /// How it is asked to end, while it runs.
    pub ending: Option<Outcome>,
}
