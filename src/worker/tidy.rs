//! Sweeping between jobs: what dead runs left behind goes, what live ones have stays, and what resists removal is
//! said, left alone, and tried again seldom.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use super::error::WorkerError;
use crate::domain::chain::error_chain;
use crate::domain::ids::{JobId, RunId};
use crate::pipeline::{Sweeper, Swept};
use crate::queue::Queue;

/// An idle worker sweeps so often: a job's own stack goes with the job, so there is seldom anything.
const IDLE_SWEEP: Duration = Duration::from_secs(60);
/// After so many sweeps in vain, each of several tries, the remains of a run are quarantined.
const QUARANTINE_AFTER: u32 = 2;
/// Quarantined remains are tried again after this.
const QUARANTINE: Duration = Duration::from_secs(600);

/// Removes what dead runs left behind on this host, but for `leave`. `job` is our own, which has made nothing yet.
///
/// While another job of the host has not said which run it is, nobody can tell its files from those of a dead one:
/// then everything stays until the next time.
pub(super) async fn sweep(
    queue: &Queue,
    sweeper: &Sweeper,
    host: &str,
    job: Option<JobId>,
    leave: &BTreeSet<RunId>,
) -> Result<Swept, WorkerError> {
    // What is here is looked at first: a run that begins after that is not among it.
    let remains = sweeper.remains().await.map_err(WorkerError::CleanUp)?;
    if remains.is_empty() || queue.has_unknown_runs(host, job).await? {
        return Ok(Swept::default());
    }
    let live: BTreeSet<RunId> = queue.live_runs().await?.into_iter().collect();
    Ok(sweeper.remove(&remains, &(&live | leave)).await)
}

/// Sweeps for a crew, and knows what resists.
pub(super) struct Tidier {
    queue: Queue,
    sweepers: Vec<Sweeper>,
    host: String,
    last: Option<Instant>,
    resisting: BTreeMap<RunId, Resisting>,
}

/// Remains that could not be removed.
#[derive(Clone, Copy)]
struct Resisting {
    /// Sweeps in vain.
    times: u32,
    last: Instant,
}

impl Resisting {
    fn is_left_alone(&self, now: Instant) -> bool {
        self.times >= QUARANTINE_AFTER && now - self.last < QUARANTINE
    }
}

impl Tidier {
    pub(super) fn new(queue: Queue, sweepers: Vec<Sweeper>, host: &str) -> Self {
        Self { queue, sweepers, host: host.to_owned(), last: None, resisting: BTreeMap::new() }
    }

    /// Sweeps at the start, and then now and then.
    pub(super) async fn tidy_now_and_then(&mut self) {
        if self.last.is_none_or(|last| last.elapsed() >= IDLE_SWEEP) {
            self.tidy(None).await;
        }
    }

    /// Sweeps before a job of ours begins; what resists must not cost it its turn.
    pub(super) async fn tidy_before(&mut self, job: JobId) {
        self.tidy(Some(job)).await;
        for sweeper in &self.sweepers {
            match sweeper.remove_old_images().await {
                Ok(notes) => notes.iter().for_each(|note| tracing::info!("{note}")),
                Err(error) => tracing::warn!("{}", error_chain(&error)),
            }
        }
    }

    async fn tidy(&mut self, job: Option<JobId>) {
        let now = Instant::now();
        self.last = Some(now);
        let quarantined = self.resisting.iter().filter(|(_, resisting)| resisting.is_left_alone(now));
        let leave: BTreeSet<RunId> = quarantined.map(|(run, _)| *run).collect();
        let mut resisted = BTreeSet::new();
        for sweeper in &self.sweepers {
            match sweep(&self.queue, sweeper, &self.host, job, &leave).await {
                Ok(swept) => {
                    swept.notes.iter().for_each(|note| tracing::info!("{note}"));
                    for (run, error) in swept.resisting {
                        resisted.insert(run);
                        note_resistance(&mut self.resisting, run, &error_chain(&error));
                    }
                }
                Err(error) => tracing::warn!("{}", error_chain(&error)),
            }
        }
        // Whatever was tried and did not resist is gone.
        self.resisting.retain(|run, _| leave.contains(run) || resisted.contains(run));
    }
}

fn note_resistance(all: &mut BTreeMap<RunId, Resisting>, run: RunId, error: &str) {
    let now = Instant::now();
    let known = all.entry(run).or_insert(Resisting { times: 0, last: now });
    (known.times, known.last) = (known.times + 1, now);
    if known.times == QUARANTINE_AFTER {
        tracing::error!(
            %run,
            "quarantined: {error}. It is tried again every {QUARANTINE:?} only; measurements beside it may be disturbed"
        );
    } else {
        tracing::warn!(%run, "{error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_resists_twice_is_quarantined_for_a_while() {
        let (mut all, run) = (BTreeMap::new(), RunId::random());
        note_resistance(&mut all, run, "it stays");
        assert!(!all[&run].is_left_alone(Instant::now()));
        note_resistance(&mut all, run, "it stays");
        let now = all[&run].last;
        assert!(all[&run].is_left_alone(now));
        assert!(!all[&run].is_left_alone(now + QUARANTINE));
    }
}
