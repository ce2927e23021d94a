//! Runs that are stored through the library as the worker does it: asked, claimed, measured, ended.

use loadmark::database::Database;
use loadmark::domain::ids::WorkerId;
use loadmark::domain::job::JobRequest;
use loadmark::domain::run::{NewRun, RoundResult};
use loadmark::domain::settings::QueueSettings;
use loadmark::domain::verdict::Outcome;
use loadmark::queue::{Claim, Queue};

use super::jobs::HOST;
use super::samples;

/// Stores a complete run of these rounds, changed by `edit`, for a request, and ends its job.
pub async fn run(
    store: &Database,
    request: &JobRequest,
    rounds: &[RoundResult],
    edit: impl FnOnce(&mut NewRun),
) -> NewRun {
    let queue = Queue::new(store.clone(), QueueSettings::default());
    let job = queue.enqueue(request).await.unwrap();
    let lease = match queue.claim(job, HOST, WorkerId::random()).await.unwrap() {
        Claim::Claimed(lease) => lease,
        other => panic!("job {job} is not ours: {other:?}"),
    };
    let mut run = samples::run(lease.job(), rounds.len().try_into().unwrap());
    edit(&mut run);
    store.start_run(lease.job(), &run).await.unwrap();
    for round in rounds {
        store.store_round(lease.job(), run.id, round).await.unwrap();
    }
    store.complete_run(lease.job(), run.id).await.unwrap();
    lease.finish(Outcome::Measured, None).await.unwrap();
    run
}
