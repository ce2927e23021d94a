//! Leases: heartbeats, their loss, and that nothing is written under a stale one.

use futures_util::future::join_all;
use loadmark::database::{Database, DatabaseError, Lost};
use loadmark::domain::ids::WorkerId;
use loadmark::domain::job::JobState;
use loadmark::domain::run::NewRun;
use loadmark::domain::settings::QueueSettings;
use loadmark::domain::units::Span;
use loadmark::domain::verdict::Outcome;
use loadmark::queue::{Claim, Lease, Loss, QueueError};
use sqlx::{Connection, Executor};

use crate::harness::jobs::{END_LEASES, HOST, ask, claim, lease, patient, queue, soon, wait};
use crate::harness::postgres::{TestDatabase, database};
use crate::harness::samples;

const LEASE_SECONDS: &str =
    "SELECT extract(epoch FROM lease_until - clock_timestamp())::bigint FROM jobs WHERE state = 'running'";

fn is_stale<T: std::fmt::Debug>(result: Result<T, DatabaseError>) -> bool {
    matches!(result, Err(DatabaseError::StaleClaim { .. }))
}

#[tokio::test]
async fn writes_under_a_stale_claim_are_refused() {
    let database = database().await;
    let (queue, store) = (queue(&database, patient()).await, database.connect().await);
    let job = ask(&queue).await;
    let old = lease(&queue, job, HOST).await;
    let run = samples::run(old.job(), 1);
    store.start_run(old.job(), &run).await.unwrap();

    // The lease has ended, and nobody has noticed yet.
    database.execute(END_LEASES).await;
    assert_every_write_is_refused(&store, &old, &run).await;

    // It was taken back, and another attempt is under way.
    assert_eq!(queue.reap().await.unwrap(), [(job, Lost::Requeued)]);
    let new = lease(&queue, job, HOST).await;
    assert!(new.job().token > old.job().token);
    assert_every_write_is_refused(&store, &old, &run).await;
    assert!(matches!(
        store.store_round(new.job(), run.id, &samples::round(1, 3)).await,
        Err(DatabaseError::RunClosed { .. })
    ));
    assert!(is_stale(store.release(old.job()).await));
    assert!(matches!(
        old.finish(Outcome::Measured, None).await,
        Err(QueueError::Database(DatabaseError::StaleClaim { .. }))
    ));
    assert_eq!(database.number("SELECT count(*) FROM rounds").await, 0);
    assert_eq!(database.number("SELECT count(*) FROM runs").await, 1);
    new.finish(Outcome::Measured, None).await.unwrap();
}

async fn assert_every_write_is_refused(store: &Database, old: &Lease, run: &NewRun) {
    assert!(is_stale(store.start_run(old.job(), &samples::run(old.job(), 1)).await));
    assert!(is_stale(store.store_round(old.job(), run.id, &samples::round(1, 3)).await));
    assert!(is_stale(store.finish_job(old.job(), Outcome::Measured, None, None).await));
    assert!(is_stale(store.release(old.job()).await));
    assert!(store.complete_run(old.job(), run.id).await.is_err());
}

#[tokio::test]
async fn a_restarted_process_of_the_same_host_adopts_nothing() {
    let database = database().await;
    let before = queue(&database, patient()).await;
    let job = ask(&before).await;
    drop(lease(&before, job, HOST).await); // As a kill does: without a word.

    let after = queue(&database, patient()).await;
    assert!(matches!(claim(&after, job, HOST).await, Claim::Gone(JobState::Running { .. })));
    let other = ask(&after).await;
    assert_eq!(wait(&after, other, HOST).await.first, job);
    database.execute(END_LEASES).await;
    lease(&after, other, HOST).await;
}

/// Waits until the running job's lease has at least so many seconds left.
async fn await_lease_of(database: &TestDatabase, seconds: i64) {
    soon(async { while database.number(LEASE_SECONDS).await < seconds {} }).await;
}

#[tokio::test]
async fn the_heartbeat_renews_even_while_the_pool_is_exhausted() {
    let database = database().await;
    let queue = queue(&database, QueueSettings { heartbeat: Span::millis(50), ..patient() }).await;
    let lease = lease(&queue, ask(&queue).await, HOST).await;
    await_lease_of(&database, 3500).await;

    // Claimers of this process queue up behind a lock until they hold every connection of its pool.
    let mut session = database.session().await;
    let mut lock = session.begin().await.unwrap();
    lock.execute("SELECT FROM slots FOR UPDATE").await.unwrap();
    let other = ask(&queue).await;
    let claimers: Vec<_> = (0..32)
        .map(|_| {
            let queue = queue.clone();
            tokio::spawn(async move { queue.claim(other, HOST, WorkerId::random()).await.map(drop) })
        })
        .collect();
    let blocked =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    soon(async { while database.number(blocked).await < 16 {} }).await;

    database.execute("UPDATE jobs SET lease_until = clock_timestamp() + interval '60 s' WHERE state = 'running'").await;
    await_lease_of(&database, 3500).await;
    lock.rollback().await.unwrap();
    for claimer in soon(join_all(claimers)).await {
        claimer.unwrap().unwrap();
    }
    lease.finish(Outcome::Measured, None).await.unwrap();
}

#[tokio::test]
async fn a_lease_that_was_taken_back_is_known_to_be_lost() {
    let database = database().await;
    let queue = queue(&database, QueueSettings { heartbeat: Span::millis(50), ..patient() }).await;
    let lease = lease(&queue, ask(&queue).await, HOST).await;
    database.execute(END_LEASES).await;
    assert_eq!(soon(lease.lost()).await, Loss::Refused);
}

#[tokio::test]
async fn a_lease_that_cannot_be_renewed_is_lost_before_it_ends() {
    let database = database().await;
    let settings = QueueSettings { lease: Span::seconds(3), heartbeat: Span::millis(100), ..patient() };
    let queue = queue(&database, settings).await;
    let lease = lease(&queue, ask(&queue).await, HOST).await;
    // A database that no longer answers.
    let mut session = database.session().await;
    let mut lock = session.begin().await.unwrap();
    lock.execute("SELECT FROM jobs FOR UPDATE").await.unwrap();
    assert_eq!(soon(lease.lost()).await, Loss::Expired);
    lock.rollback().await.unwrap();
    assert_eq!(database.number("SELECT count(*) FROM jobs WHERE lease_until > clock_timestamp()").await, 1);
}

#[tokio::test]
async fn live_runs_are_those_of_the_present_claim() {
    let database = database().await;
    let (queue, store) = (queue(&database, patient()).await, database.connect().await);
    let job = ask(&queue).await;
    let first = lease(&queue, job, HOST).await;
    let old = samples::run(first.job(), 1);
    store.start_run(first.job(), &old).await.unwrap();
    assert_eq!(queue.live_runs().await.unwrap(), [old.id]);

    database.execute(END_LEASES).await;
    assert_eq!(queue.live_runs().await.unwrap(), []);
    queue.reap().await.unwrap();
    let second = lease(&queue, job, HOST).await;
    let new = samples::run(second.job(), 1);
    store.start_run(second.job(), &new).await.unwrap();
    assert_eq!(queue.live_runs().await.unwrap(), [new.id]);
    second.finish(Outcome::Measured, None).await.unwrap();
    assert_eq!(queue.live_runs().await.unwrap(), []);
    assert_eq!(store.job(job).await.unwrap().run, Some(new.id));
}
