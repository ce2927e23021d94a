//! Queues as processes have them, and the steps that tests of jobs repeat.

use std::future::Future;
use std::time::Duration;

use loadmark::domain::ids::{JobId, WorkerId};
use loadmark::domain::job::Wait;
use loadmark::domain::settings::QueueSettings;
use loadmark::domain::units::Span;
use loadmark::queue::{Claim, Lease, Queue};

use super::postgres::TestDatabase;
use super::samples;

/// The host that most jobs run on.
pub const HOST: &str = "bench-1";
/// Ends every lease, as only time does.
pub const END_LEASES: &str = "UPDATE jobs SET lease_until = clock_timestamp() - interval '1 s' WHERE state = 'running'";

/// Long periods: nothing happens by itself within a test.
pub fn patient() -> QueueSettings {
    QueueSettings {
        lease: Span::seconds(3600),
        heartbeat: Span::seconds(600),
        poll: Span::seconds(600),
        ..QueueSettings::default()
    }
}

/// As another process has it.
pub async fn queue(database: &TestDatabase, settings: QueueSettings) -> Queue {
    Queue::new(database.connect().await, settings)
}

/// Fails the test instead of hanging it.
pub async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), work).await.expect("happens within 20 s")
}

/// A request in the queue.
pub async fn ask(queue: &Queue) -> JobId {
    queue.enqueue(&samples::request()).await.unwrap()
}

/// One try.
pub async fn claim(queue: &Queue, job: JobId, host: &str) -> Claim {
    queue.claim(job, host, WorkerId::random()).await.unwrap()
}

/// A try that has to succeed.
pub async fn lease(queue: &Queue, job: JobId, host: &str) -> Lease {
    match claim(queue, job, host).await {
        Claim::Claimed(lease) => lease,
        other => panic!("job {job} is not ours: {other:?}"),
    }
}

/// A try that has to find another job first.
pub async fn wait(queue: &Queue, job: JobId, host: &str) -> Wait {
    match claim(queue, job, host).await {
        Claim::Wait(wait) => wait,
        other => panic!("job {job} does not wait: {other:?}"),
    }
}
