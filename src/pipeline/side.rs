//! What a job measures: the candidate by itself, or beside its baseline.

use super::Folders;
use super::prepare::{PreparedStack, Sources};
use crate::domain::job::ClaimedJob;
use crate::domain::run::NewRun;
use crate::domain::settings::Benchmark;

/// One side of a comparison as its rounds are measured.
pub(super) struct Side {
    /// The run that they are stored as.
    pub(super) new: NewRun,
    /// What they share.
    pub(super) stack: PreparedStack,
    /// Where their files are.
    pub(super) folders: Folders,
}

/// A job that is ready to be measured.
pub(super) struct Task<'a> {
    /// Under which claim.
    pub(super) claim: &'a ClaimedJob,
    /// The benchmark as the job asks for it.
    pub(super) benchmark: &'a Benchmark,
    /// The trees.
    pub(super) sources: &'a Sources,
    /// What is judged; of a master job, what becomes the master set.
    pub(super) candidate: Side,
}
