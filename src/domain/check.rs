//! Our checks on GitHub: how far they are, and the text by which we know them again. That comes back with events, and is
//! believed only as far as it names what we have.

use std::fmt;

use super::github::PullNumber;
use super::ids::JobId;

/// How far a check is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CheckState {
    /// It waits.
    Queued,
    /// It runs.
    InProgress,
    /// It is over, or held up until somebody acts.
    Completed(Conclusion),
}

/// How a check ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Conclusion {
    /// Green: judged, and no worse.
    Success,
    /// Red: the commit is worse, or fails.
    Failure,
    /// Grey; does not block a merge.
    Neutral,
    /// Grey: somebody, a newer commit, or the end of the pull request ended it.
    Cancelled,
    /// Somebody has to do something before there is a verdict.
    ActionRequired,
    /// Took too long.
    TimedOut,
    /// Was not run.
    Skipped,
}

impl CheckState {
    /// GitHub's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::InProgress => "in_progress",
            Self::Completed(_) => "completed",
        }
    }

    /// How it ended, if it did.
    pub fn conclusion(self) -> Option<Conclusion> {
        match self {
            Self::Queued | Self::InProgress => None,
            Self::Completed(conclusion) => Some(conclusion),
        }
    }
}

impl Conclusion {
    /// GitHub's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Neutral => "neutral",
            Self::Cancelled => "cancelled",
            Self::ActionRequired => "action_required",
            Self::TimedOut => "timed_out",
            Self::Skipped => "skipped",
        }
    }
}

/// What a check of ours is about; written `PROJECT/PULL/BENCHMARK/JOB` as its `external_id`, with 0 for none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckId {
    /// The project.
    pub project: String,
    /// The pull request; none for the default branch and merge queues.
    pub pull: Option<PullNumber>,
    /// The benchmark.
    pub benchmark: String,
    /// The job that it tells of; none while the commit is held.
    pub job: Option<JobId>,
}

impl CheckId {
    /// The button that lets the commit run.
    pub const APPROVE: &str = "approve";
    /// The button that has it measured again.
    pub const RERUN: &str = "rerun";

    /// Reads a text that came back from GitHub; none: it is none of this project's.
    pub fn parse(text: &str, project: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('/').collect();
        let [of, pull, benchmark, job] = parts[..] else { return None };
        let pull: i32 = pull.parse().ok().filter(|number| *number >= 0)?;
        let job: i64 = job.parse().ok().filter(|number| *number >= 0)?;
        (of == project).then(|| Self {
            project: of.to_owned(),
            pull: Some(pull).filter(|number| *number > 0).map(PullNumber),
            benchmark: benchmark.to_owned(),
            job: Some(job).filter(|number| *number > 0).map(JobId),
        })
    }

    /// The asking that is meant by asking for this check again: of what it told, once.
    pub fn ask(&self) -> String {
        format!("check-{}", self.job.map_or(0, |job| job.0))
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pull = self.pull.map_or(0, |pull| pull.0);
        write!(f, "{}/{pull}/{}/{}", self.project, self.benchmark, self.job.map_or(0, |job| job.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_what_it_writes_and_nothing_else() {
        for text in ["shop/12/browse/345", "shop/0/browse/345", "shop/12/browse/0"] {
            assert_eq!(CheckId::parse(text, "shop").unwrap().to_string(), text);
        }
        for text in ["", "shop", "other/12/browse/345", "shop/-1/browse/3", "shop/1/browse/x", "shop/1/a/b/3"] {
            assert_eq!(CheckId::parse(text, "shop"), None, "{text}");
        }
    }
}
