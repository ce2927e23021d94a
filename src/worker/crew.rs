//! A crew: takes the queue's jobs one after the other, several at a time where that is configured, until its shift
//! is over. A database or an engine that is away is waited for.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::serving::Serving;
use super::shift::Shift;
use super::tidy::Tidier;
use crate::domain::chain::error_chain;
use crate::domain::ids::WorkerId;
use crate::domain::job::JobRequest;
use crate::domain::progress::Listener;
use crate::pipeline::{Pipeline, PipelineError, Sweeper};
use crate::queue::{Counter, Lease, Queue, QueueError};
use crate::telemetry::{Dependency, failpoint, metrics};

/// What a crew works with on its host.
pub trait Site: Send + Sync + 'static {
    /// The projects whose jobs it can run.
    fn projects(&self) -> Vec<String>;

    /// The pipeline for a job, with its repository freshly fetched.
    fn pipeline<'a>(
        &'a self,
        request: &'a JobRequest,
        listener: Arc<Listener>,
    ) -> BoxFuture<'a, Result<Pipeline, PipelineError>>;

    /// What sweeps here, one for each data folder.
    fn sweepers(&self) -> Vec<Sweeper>;

    /// Why no job should begin here now; none: nothing speaks against it.
    fn hindrance(&self) -> BoxFuture<'_, Option<String>>;
}

/// Takes and runs served jobs on this host.
pub struct Crew {
    queue: Queue,
    site: Arc<dyn Site>,
    host: Arc<str>,
    id: WorkerId,
    /// How long jobs may go on once the shift is over.
    drain: Duration,
    tidier: Arc<Mutex<Tidier>>,
}

impl Crew {
    /// A crew with a fresh identity.
    pub fn new(queue: Queue, site: Arc<dyn Site>, host: &str, drain: Duration) -> Self {
        let tidier = Tidier::new(queue.clone(), site.sweepers(), host);
        Self { queue, site, host: host.into(), id: WorkerId::random(), drain, tidier: Arc::new(Mutex::new(tidier)) }
    }

    /// Works until the shift is over and every job of ours has ended or was given back.
    pub async fn work(&self, shift: &Shift) {
        let mut counter = self.queue.counter(&self.host, self.id, self.site.projects());
        let mut jobs = JoinSet::new();
        let mut said = Said::default();
        while !shift.over().is_cancelled() {
            match self.take(&mut counter, jobs.len(), shift).await {
                Ok(Taken::Job(lease)) => {
                    said.cleared();
                    failpoint("claimed");
                    let serving = self.serving(shift);
                    // A thread for each job: what the pipeline awaits can't move between threads.
                    jobs.spawn_blocking(move || Handle::current().block_on(Box::pin(serving.serve(lease))));
                    continue;
                }
                Ok(Taken::Nothing) => said.cleared(),
                Ok(Taken::Hindered(why)) => said.warn(format!("no job begins here: {why}")),
                Err(error) => {
                    metrics().failed(Dependency::Postgres);
                    said.warn(format!("no job can be taken: failed to {}", error_chain(&error)));
                }
            }
            tokio::select! {
                () = counter.changed() => {}
                Some(ended) = jobs.join_next() => log_panic(ended),
                () = shift.over().cancelled() => {}
            }
        }
        self.drain(&counter, jobs, shift).await;
    }

    /// The next job, where there is room for it and nothing speaks against it.
    async fn take(&self, counter: &mut Counter, under_way: usize, shift: &Shift) -> Result<Taken, QueueError> {
        if under_way >= usize::from(self.queue.concurrency()) {
            counter.stay().await?;
            return Ok(Taken::Nothing);
        }
        if let Some(why) = self.site.hindrance().await {
            // Commands must not wait behind jobs that nobody takes.
            counter.close().await?;
            return Ok(Taken::Hindered(why));
        }
        let tidied = async { self.tidier.lock().await.tidy_now_and_then().await };
        tokio::select! {
            () = tidied => {}
            () = shift.over().cancelled() => return Ok(Taken::Nothing),
        }
        Ok(counter.next().await?.map_or(Taken::Nothing, Taken::Job))
    }

    fn serving(&self, shift: &Shift) -> Serving {
        Serving { site: Arc::clone(&self.site), tidier: Arc::clone(&self.tidier), stop: shift.at_once().clone() }
    }

    /// Lets jobs end as long as they may, then has them given back.
    async fn drain(&self, counter: &Counter, mut jobs: JoinSet<()>, shift: &Shift) {
        if let Err(error) = counter.close().await {
            tracing::warn!("the worker stays on the list for a while: failed to {}", error_chain(&error));
        }
        if !jobs.is_empty() {
            tracing::info!("{} jobs are under way, and may go on for {:?}", jobs.len(), self.drain);
        }
        let mut deadline = std::pin::pin!(sleep(self.drain));
        loop {
            tokio::select! {
                ended = jobs.join_next() => match ended {
                    Some(ended) => log_panic(ended),
                    None => return,
                },
                () = &mut deadline, if !shift.at_once().is_cancelled() => shift.end_at_once(),
            }
        }
    }
}

/// What a look at the queue gave.
enum Taken {
    Job(Lease),
    Nothing,
    Hindered(String),
}

/// A panic outside the pipeline: the lease ends by itself, and the job goes back to the queue.
fn log_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!("a job's task panicked, and its lease runs out: {error}");
    }
}

/// Warns of a state once, not at every look.
#[derive(Default)]
struct Said {
    last: Option<String>,
}

impl Said {
    fn warn(&mut self, text: String) {
        if self.last.as_ref() != Some(&text) {
            tracing::warn!("{text}");
            self.last = Some(text);
        }
    }

    fn cleared(&mut self) {
        if self.last.take().is_some() {
            tracing::info!("jobs are taken again");
        }
    }
}
