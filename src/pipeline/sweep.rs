//! What runs left behind that nobody holds a lease for: stacks, work folders, images of earlier builds.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::folders::Folders;
use super::{Pipeline, PipelineError};
use crate::domain::chain::error_chain;
use crate::domain::ids::RunId;
use crate::stack::Stacks;

/// Removes what is left of runs, in one data folder and of one database's stacks.
#[derive(Clone, Debug)]
pub struct Sweeper {
    stacks: Stacks,
    data: PathBuf,
}

/// The runs of which something is here, live or not.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Remains {
    stacks: BTreeSet<RunId>,
    folders: BTreeSet<RunId>,
}

impl Remains {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.stacks.is_empty() && self.folders.is_empty()
    }
}

/// What became of remains.
#[derive(Debug, Default)]
pub struct Swept {
    /// What people should know.
    pub notes: Vec<String>,
    /// Runs whose stacks resist removal, and why.
    pub resisting: Vec<(RunId, PipelineError)>,
}

impl Sweeper {
    /// Of a data folder.
    pub fn new(stacks: Stacks, data: PathBuf) -> Self {
        Self { stacks, data }
    }

    /// Looks what is here. Ask which runs are live after this: what begins later is then not among these.
    ///
    /// # Errors
    /// The engine does not answer, or the work folders can't be listed.
    pub async fn remains(&self) -> Result<Remains, PipelineError> {
        Ok(Remains {
            stacks: self.stacks.runs().await?,
            folders: Folders::work_of_runs(&self.data).await?.into_iter().collect(),
        })
    }

    /// Removes the remains of all runs but the live ones. Some that resist do not keep the others.
    pub async fn remove(&self, remains: &Remains, live: &BTreeSet<RunId>) -> Swept {
        let mut swept = Swept::default();
        for run in remains.stacks.difference(live) {
            match self.stacks.remove_run(*run).await {
                Ok(()) => swept.notes.push(format!("removed what an interrupted run left behind: {run}")),
                Err(error) => swept.resisting.push((*run, error.into())),
            }
        }
        for run in remains.folders.difference(live) {
            if let Err(error) = Folders::new(&self.data, *run).remove_work().await {
                swept.notes.push(format!("{}; remove it by hand", error_chain(&error)));
            }
        }
        swept
    }

    /// Removes the generator's images of earlier builds, and says which.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn remove_old_images(&self) -> Result<Vec<String>, PipelineError> {
        let removed = self.stacks.remove_old_generators().await?;
        let note = |image| format!("removed the image of an earlier build of the load generator: {image}");
        Ok(removed.into_iter().map(note).collect())
    }
}

impl Pipeline {
    /// What sweeps where this pipeline works.
    pub fn sweeper(&self) -> Sweeper {
        Sweeper::new(self.rooms.stacks.clone(), self.settings.data.clone())
    }
}
