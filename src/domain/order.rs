//! Orders: requests that any worker may carry out, as the manager puts them into the queue.

use serde::{Deserialize, Serialize};

use super::ids::JobId;
use super::job::JobRequest;

/// A request with the terms on which it waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    /// What is to be done.
    pub request: JobRequest,
    /// The terms.
    pub terms: Terms,
    /// Begins only after this job ended, however it ended.
    pub after: Option<JobId>,
}

/// The terms on which a job waits in the queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Terms {
    /// Whether any worker may take it; else only the command that asked, while it waits.
    pub served: bool,
    /// Who goes first.
    pub priority: Priority,
    /// Which asking it is: the same (project, benchmark, kind, revision, pull request, ask) is one job, however often
    /// it is asked. Empty for the first, automatic one.
    pub ask: String,
    /// Who asked, for people: a login, `schedule`, `catch-up`; empty: not known.
    pub asked_by: String,
}

/// Who goes first, the lowest last. Stored as the number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(i16)]
pub enum Priority {
    /// By the clock: whenever nothing else waits.
    Scheduled = 0,
    /// By an event on GitHub.
    Automatic = 10,
    /// Somebody asked for it.
    Commanded = 20,
    /// A master set, for which tests wait.
    Master = 30,
}

impl Priority {
    /// All of them, the lowest first.
    pub const ALL: [Self; 4] = [Self::Scheduled, Self::Automatic, Self::Commanded, Self::Master];
}

impl TryFrom<i16> for Priority {
    type Error = String;

    fn try_from(number: i16) -> Result<Self, Self::Error> {
        let found = Self::ALL.into_iter().find(|priority| *priority as i16 == number);
        found.ok_or_else(|| format!("{number} is no priority"))
    }
}

/// What an order came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ordered {
    /// A new job.
    New(JobId),
    /// It was asked already, and this is its job.
    Known(JobId),
}

impl Ordered {
    /// The job, new or not.
    pub fn job(self) -> JobId {
        match self {
            Self::New(job) | Self::Known(job) => job,
        }
    }
}
