//! Removing stacks by label: after a round, after an interruption, and what others left behind.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::sleep;

use super::error::StackError;
use super::exporter::HostReader;
use super::names::{INSTANCE_LABEL, RUN_LABEL};
use super::selfimage;
use crate::docker::{Engine, Labelled};
use crate::domain::ids::{InstanceId, RunId};

/// How often removal is tried: an engine that is at it itself refuses for a while.
const TRIES: u32 = 7;
/// The pause after the first try; doubled after each.
const PAUSE: Duration = Duration::from_millis(100);
/// The pause between two empty looks: a container whose making was under way when its maker was killed appears late.
const SECOND_LOOK: Duration = Duration::from_millis(300);

/// All stacks of one database on this host's engine.
#[derive(Clone, Debug)]
pub struct Stacks {
    pub(super) engine: Engine,
    pub(super) instance: InstanceId,
    generator_image: OnceCell<String>,
    pub(super) host: HostReader,
}

impl Stacks {
    /// Nothing is started yet.
    pub fn new(engine: Engine, instance: InstanceId, host: HostReader) -> Self {
        Self { engine, instance, generator_image: OnceCell::new(), host }
    }

    /// The generator's image; made where it is not here, or no longer: a command of a later build may have swept it
    /// away meanwhile.
    pub(super) async fn generator_image(&self) -> Result<&str, StackError> {
        let name = self.generator_image.get_or_try_init(selfimage::name).await?;
        selfimage::ensure(&self.engine, name).await?;
        Ok(name)
    }

    /// The database that owns the stacks.
    pub fn instance(&self) -> InstanceId {
        self.instance
    }

    /// Removes all containers, networks and volumes of a run. Idempotent.
    ///
    /// # Errors
    /// Something stays in spite of repeated removal.
    pub async fn remove_run(&self, run: RunId) -> Result<(), StackError> {
        let mut left = self.of_run(run).await?;
        for attempt in 0..TRIES {
            if left.is_empty() {
                sleep(SECOND_LOOK).await;
                left = self.of_run(run).await?;
                if left.is_empty() {
                    return Ok(());
                }
            }
            // What can't be removed now, a network in use say, is tried again; the last look decides.
            if let Err(error) = self.engine.remove_labelled(&left).await {
                tracing::debug!(%run, %error, "removal is tried again");
                sleep(PAUSE * 2_u32.pow(attempt)).await;
            }
            left = self.of_run(run).await?;
        }
        let count = left.containers.len() + left.networks.len() + left.volumes.len();
        Err(StackError::NotRemoved { label: format!("{RUN_LABEL}={run}"), left: count })
    }

    /// The runs of which something is here.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn runs(&self) -> Result<BTreeSet<RunId>, StackError> {
        Ok(self.ours().await?.values().into_iter().filter_map(|value| value.parse().ok()).collect())
    }

    /// Removes what is left of runs that are not live, and says which they were. Other databases' stacks are not
    /// looked at.
    ///
    /// # Errors
    /// Something stays in spite of repeated removal.
    pub async fn sweep(&self, live: &BTreeSet<RunId>) -> Result<Vec<RunId>, StackError> {
        let dead: Vec<RunId> = self.runs().await?.difference(live).copied().collect();
        for run in &dead {
            self.remove_run(*run).await?;
        }
        Ok(dead)
    }

    /// Removes the generator's images of earlier builds that no container uses, and says which they were.
    ///
    /// # Errors
    /// The engine does not answer.
    pub async fn remove_old_generators(&self) -> Result<Vec<String>, StackError> {
        selfimage::remove_old(&self.engine, self.generator_image().await?).await
    }

    async fn of_run(&self, run: RunId) -> Result<Labelled, StackError> {
        Ok(self.ours().await?.with_value(&run.to_string()))
    }

    async fn ours(&self) -> Result<Labelled, StackError> {
        let instance = format!("{INSTANCE_LABEL}={}", self.instance);
        Ok(self.engine.labelled(&[instance], RUN_LABEL).await?)
    }
}
