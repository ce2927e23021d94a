//! Where a run's files are: `work/RUN` goes with the run, `runs/RUN` stays.

use std::io;
use std::path::{Path, PathBuf};

use tokio::fs;

use super::error::PipelineError;
use crate::domain::flow::RoundId;
use crate::domain::ids::RunId;

/// The folders of a run.
#[derive(Clone, Debug)]
pub struct Folders {
    data: PathBuf,
    run: RunId,
}

impl Folders {
    /// The folders of a run in the data folder; nothing is made yet.
    pub fn new(data: &Path, run: RunId) -> Self {
        Self { data: data.to_owned(), run }
    }

    /// Work trees, override files: removed with the run.
    pub fn work(&self) -> PathBuf {
        self.data.join("work").join(self.run.to_string())
    }

    /// Logs and raw samples: kept.
    pub fn kept(&self) -> PathBuf {
        self.data.join("runs").join(self.run.to_string())
    }

    /// What is kept of a round, each attempt at it by itself.
    pub(super) fn kept_round(&self, round: &RoundId) -> PathBuf {
        self.kept().join(format!("round-{}", round.numbers()))
    }

    /// A path of ours as it is stored: relative to the data folder.
    pub(super) fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.data).unwrap_or(path).display().to_string()
    }

    /// The runs that have a work folder.
    pub(super) async fn work_of_runs(data: &Path) -> Result<Vec<RunId>, PipelineError> {
        let path = data.join("work");
        let failed = |source| PipelineError::Io { operation: "list", path: path.clone(), source };
        let mut entries = match fs::read_dir(&path).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(error)),
        };
        let mut runs = Vec::new();
        while let Some(entry) = entries.next_entry().await.map_err(failed)? {
            runs.extend(entry.file_name().to_str().and_then(|name| name.parse::<RunId>().ok()));
        }
        Ok(runs)
    }

    pub(super) async fn remove_work(&self) -> Result<(), PipelineError> {
        let path = self.work();
        match fs::remove_dir_all(&path).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(PipelineError::Io { operation: "remove", path, source: error })
            }
            _ => Ok(()),
        }
    }
}
