//! What a report says, before it is put into words.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::comparison::Comparison;
use crate::domain::ids::JobId;
use crate::domain::job::JobKind;
use crate::domain::placement::Placement;
use crate::domain::revision::Revision;
use crate::domain::run::StoredRun;
use crate::domain::verdict::Outcome;

/// Everything that a report of a job, or of two stored runs, says. Stored with the job's end, see
/// [`ReportModel::to_document`]; what depends on where it is read is not stored.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ReportModel {
    /// The job and what it was for; none for a comparison of stored runs, which measures nothing.
    pub job: Option<(JobId, JobKind)>,
    /// The project's name.
    pub project: String,
    /// The benchmark's name.
    pub benchmark: String,
    /// The revision that was measured.
    pub revision: Revision,
    /// The name by which it was asked for.
    pub asked_as: String,
    /// The revision to compare with, where it is known: then the step to its master set can name it.
    pub base: Option<Revision>,
    /// Whether somebody named that revision: then the commands of next steps name it, too.
    #[serde(default)]
    pub is_base_named: bool,
    /// How it ended.
    pub outcome: Outcome,
    /// What there is to show for it.
    pub body: Body,
    /// Of a master set: how it compares with the one before it on the branch, where there is one. Its own report does
    /// not show that; history and the issue about a regression do.
    pub previous: Option<Box<Comparison>>,
    /// From the claim to the end; none where nothing was measured.
    pub elapsed: Option<Duration>,
    /// The folder with the logs of every container, if there is one; not stored.
    #[serde(skip)]
    pub log_folder: Option<String>,
    /// Which cores the stack ran on; none: all on all, or not known.
    pub placement: Option<Placement>,
    /// How next steps call the program, its global options included: `loadmark`, `loadmark --config demo.yaml`.
    /// Not stored: whoever reads the document calls it its own way.
    #[serde(skip, default = "program")]
    pub program: String,
}

/// What the program is called, where nobody says otherwise.
pub(super) fn program() -> String {
    "loadmark".to_owned()
}

impl ReportModel {
    /// The report of a master set as one of its comparison with the set before; none where there is none.
    pub fn against_previous(&self) -> Option<Self> {
        let comparison = self.previous.as_ref()?;
        Some(Self {
            base: comparison.baseline.as_ref().map(|baseline| baseline.revision.clone()),
            outcome: Outcome::Verdict(comparison.verdict),
            body: Body::Comparison(comparison.clone()),
            previous: None,
            ..self.clone()
        })
    }

    /// Whether that run, the job's result, is of an earlier job: then nothing was measured.
    pub(super) fn is_stored_already(&self, run: &StoredRun) -> bool {
        self.job.is_some_and(|(job, _)| job != run.summary.job)
    }
}

/// What there is to show, by how a job ended.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// A candidate was compared, with or without a baseline.
    Comparison(Box<Comparison>),
    /// A master set was stored, or was stored already by another job than the report's.
    Master(StoredRun),
    /// Nothing was measured to the end.
    Failure(Failure),
}

/// Why nothing was measured.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Failure {
    /// One sentence.
    pub reason: String,
    /// Whether the configuration, or the compose file it names, is to be mended: trying again would tell the same.
    pub is_configuration: bool,
    /// The last lines of the log that tells more, the oldest first.
    pub log_tail: Vec<String>,
    /// Where that whole log is; not stored.
    #[serde(skip)]
    pub log: Option<String>,
}
