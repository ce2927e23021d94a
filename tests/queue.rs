//! The queue against a real Postgres: one slot a host, fencing, leases, turns. Barriers, time-outs and planted times
//! instead of sleeps; each "process" has a handle with a pool of its own.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use loadmark::database::{Database, DatabaseError, Lost};
use loadmark::domain::ids::{JobId, WorkerId};
use loadmark::domain::job::{Cancellation, JobState, Wait, WaitReason};
use loadmark::domain::settings::QueueSettings;
use loadmark::domain::units::Span;
use loadmark::domain::verdict::Outcome;
use loadmark::queue::{Claim, Lease, Loss, Queue, QueueError, Turn};
use sqlx::{Connection, Executor};
use tokio::sync::{Barrier, oneshot};

use crate::harness::postgres::{TestDatabase, database};
use crate::harness::samples;

const HOST: &str = "bench-1";
const END_LEASES: &str = "UPDATE jobs SET lease_until = clock_timestamp() - interval '1 s' WHERE state = 'running'";
const LEASE_SECONDS: &str =
    "SELECT extract(epoch FROM lease_until - clock_timestamp())::bigint FROM jobs WHERE state = 'running'";

/// Long periods: nothing happens by itself within a test.
fn patient() -> QueueSettings {
    QueueSettings { lease: Span::seconds(3600), heartbeat: Span::seconds(600), poll: Span::seconds(600) }
}

/// As another process has it.
async fn queue(database: &TestDatabase, settings: QueueSettings) -> Queue {
    Queue::new(database.connect().await, settings)
}

/// Fails the test instead of hanging it.
async fn soon<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), work).await.expect("happens within 20 s")
}

async fn ask(queue: &Queue) -> JobId {
    queue.enqueue(&samples::request()).await.unwrap()
}

async fn claim(queue: &Queue, job: JobId, host: &str) -> Claim {
    queue.claim(job, host, WorkerId::random()).await.unwrap()
}

async fn lease(queue: &Queue, job: JobId, host: &str) -> Lease {
    match claim(queue, job, host).await {
        Claim::Claimed(lease) => lease,
        other => panic!("job {job} is not ours: {other:?}"),
    }
}

async fn wait(queue: &Queue, job: JobId, host: &str) -> Wait {
    match claim(queue, job, host).await {
        Claim::Wait(wait) => wait,
        other => panic!("job {job} does not wait: {other:?}"),
    }
}

fn is_stale<T: std::fmt::Debug>(result: Result<T, DatabaseError>) -> bool {
    matches!(result, Err(DatabaseError::StaleClaim { .. }))
}

#[tokio::test]
async fn of_two_claimers_one_wins() {
    let database = database().await;
    let job = ask(&queue(&database, patient()).await).await;
    let barrier = Arc::new(Barrier::new(2));
    let claims = join_all((0..2).map(|_| async {
        let queue = queue(&database, patient()).await;
        barrier.wait().await;
        claim(&queue, job, HOST).await
    }));
    let claims = soon(claims).await;
    let won = claims.iter().filter(|claim| matches!(claim, Claim::Claimed(_))).count();
    let gone = claims.iter().filter(|claim| matches!(claim, Claim::Gone(JobState::Running { .. }))).count();
    assert_eq!((won, gone), (1, 1), "{claims:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_claimers_are_never_two_at_once_on_a_host() {
    let database = database().await;
    let (at_work, barrier) = (Arc::new(AtomicU32::new(0)), Arc::new(Barrier::new(20)));
    let processes = join_all((0..5).map(|_| queue(&database, patient()))).await;
    let claimers = processes.iter().cycle().take(20).cloned().map(|queue| {
        let (at_work, barrier) = (Arc::clone(&at_work), Arc::clone(&barrier));
        tokio::spawn(async move {
            let job = ask(&queue).await;
            barrier.wait().await;
            let Turn::Claimed(lease) = queue.await_turn(job, HOST, WorkerId::random(), |_| ()).await.unwrap() else {
                panic!("job {job} is gone");
            };
            assert_eq!(at_work.fetch_add(1, Ordering::SeqCst), 0, "two at once");
            ask(&queue).await; // Something to do meanwhile, so that others get their chance to be wrong.
            assert_eq!(at_work.fetch_sub(1, Ordering::SeqCst), 1, "two at once");
            lease.finish(Outcome::Measured, None, None).await.unwrap();
        })
    });
    for ended in soon(join_all(claimers)).await {
        ended.unwrap();
    }
    assert_eq!(database.number("SELECT count(*) FROM jobs WHERE outcome = 'measured'").await, 20);
}

#[tokio::test]
async fn the_index_allows_one_running_job_a_host_whatever_the_code_does() {
    let database = database().await;
    let queue = queue(&database, patient()).await;
    let _held = lease(&queue, ask(&queue).await, HOST).await;
    ask(&queue).await;
    let claim_anyway = "UPDATE jobs SET state = 'running', attempts = 1, token = 1, host = 'bench-1',
        worker = gen_random_uuid(), claimed_at = now(), lease_until = now() WHERE state = 'queued'";
    assert_eq!(database.refusal(claim_anyway).await.as_deref(), Some("jobs_one_running_per_host"));
}

#[tokio::test]
async fn hosts_do_not_block_each_other() {
    let database = database().await;
    let queue = queue(&database, patient()).await;
    let (first, second) = (ask(&queue).await, ask(&queue).await);
    let _first = lease(&queue, first, HOST).await;
    let _second = lease(&queue, second, "bench-2").await;
}

#[tokio::test]
async fn the_first_asked_goes_first_unless_its_command_fell_silent() {
    let database = database().await;
    let queue = queue(&database, patient()).await;
    let (holder, early, late) = (ask(&queue).await, ask(&queue).await, ask(&queue).await);
    let held = lease(&queue, holder, HOST).await;

    let behind = wait(&queue, late, HOST).await;
    assert!(matches!(behind.reason, WaitReason::SlotHeld { .. }), "{behind:?}");
    assert_eq!((behind.first, behind.ahead), (holder, 1), "nobody waits with the early job yet");
    assert_eq!(wait(&queue, early, HOST).await.first, holder);
    assert_eq!(wait(&queue, late, HOST).await.ahead, 2);

    held.finish(Outcome::Measured, None, None).await.unwrap();
    let behind = wait(&queue, late, HOST).await;
    assert_eq!((behind.first, behind.reason, behind.ahead), (early, WaitReason::AskedEarlier, 1));
    assert_eq!(behind.revision, samples::revision('a'));

    database.execute("UPDATE jobs SET awaited_until = clock_timestamp() WHERE awaited_host IS NOT NULL").await;
    lease(&queue, late, HOST).await;
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
        old.finish(Outcome::Measured, None, None).await,
        Err(QueueError::Database(DatabaseError::StaleClaim { .. }))
    ));
    assert_eq!(database.number("SELECT count(*) FROM rounds").await, 0);
    assert_eq!(database.number("SELECT count(*) FROM runs").await, 1);
    new.finish(Outcome::Measured, None, None).await.unwrap();
}

async fn assert_every_write_is_refused(store: &Database, old: &Lease, run: &loadmark::domain::run::NewRun) {
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

#[tokio::test]
async fn a_job_that_silences_its_holders_is_discarded_with_the_reason() {
    let database = database().await;
    let queue = queue(&database, patient()).await;
    let job = ask(&queue).await;
    lease(&queue, job, HOST).await.release().await.unwrap(); // Given back: not an attempt.
    for expected in [Lost::Requeued, Lost::Requeued, Lost::Finished(Outcome::Discarded)] {
        let _lease = lease(&queue, job, HOST).await;
        database.execute(END_LEASES).await;
        assert_eq!(queue.reap().await.unwrap(), [(job, expected)]);
        assert_eq!(queue.reap().await.unwrap(), []);
    }
    let job = database.connect().await.job(job).await.unwrap();
    let JobState::Finished { outcome: Outcome::Discarded, detail: Some(detail), .. } = job.state else {
        panic!("{job:?}");
    };
    assert_eq!(detail, "its holder on bench-1 fell silent in attempt 3");
}

#[tokio::test]
async fn a_freed_slot_wakes_who_waits() {
    let database = database().await;
    // The poll is ten minutes: only a notification can end the wait in time.
    let (holder, waiter) = (queue(&database, patient()).await, queue(&database, patient()).await);
    let held = lease(&holder, ask(&holder).await, HOST).await;
    let job = ask(&waiter).await;
    let (waiting, waits) = oneshot::channel();
    let waiter = tokio::spawn(async move {
        let mut waiting = Some(waiting);
        waiter.await_turn(job, HOST, WorkerId::random(), |_| drop(waiting.take().map(|one| one.send(())))).await
    });
    soon(waits).await.unwrap();
    held.finish(Outcome::Measured, None, None).await.unwrap();
    assert!(matches!(soon(waiter).await.unwrap().unwrap(), Turn::Claimed(_)));
}

#[tokio::test]
async fn polling_finds_a_slot_that_nobody_announced() {
    let database = database().await;
    let settings = QueueSettings { poll: Span::millis(20), ..patient() };
    let queue = queue(&database, settings).await;
    drop(lease(&queue, ask(&queue).await, HOST).await);
    let job = ask(&queue).await;
    let (waiting, waits) = oneshot::channel();
    let waiter = tokio::spawn(async move {
        let mut waiting = Some(waiting);
        queue.await_turn(job, HOST, WorkerId::random(), |_| drop(waiting.take().map(|one| one.send(())))).await
    });
    soon(waits).await.unwrap();
    database.execute(END_LEASES).await;
    assert!(matches!(soon(waiter).await.unwrap().unwrap(), Turn::Claimed(_)));
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
    let claimers: Vec<_> = (0..8)
        .map(|_| {
            let queue = queue.clone();
            tokio::spawn(async move { queue.claim(other, HOST, WorkerId::random()).await.map(drop) })
        })
        .collect();
    let blocked =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    soon(async { while database.number(blocked).await < 4 {} }).await;

    database.execute("UPDATE jobs SET lease_until = clock_timestamp() + interval '60 s' WHERE state = 'running'").await;
    await_lease_of(&database, 3500).await;
    lock.rollback().await.unwrap();
    for claimer in soon(join_all(claimers)).await {
        claimer.unwrap().unwrap();
    }
    lease.finish(Outcome::Measured, None, None).await.unwrap();
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
async fn cancelling_ends_a_waiting_job_and_asks_the_holder_of_a_running_one() {
    let database = database().await;
    let queue = queue(&database, patient()).await;
    let (running, waiting) = (ask(&queue).await, ask(&queue).await);
    // The heartbeat is ten minutes: only a notification can tell in time.
    let held = lease(&queue, running, HOST).await;

    assert_eq!(queue.cancel(waiting).await.unwrap(), Cancellation::Cancelled);
    let gone = claim(&queue, waiting, HOST).await;
    assert!(matches!(gone, Claim::Gone(JobState::Finished { outcome: Outcome::Cancelled, .. })), "{gone:?}");
    assert_eq!(queue.cancel(waiting).await.unwrap(), Cancellation::AlreadyFinished(Outcome::Cancelled));

    assert_eq!(queue.cancel(running).await.unwrap(), Cancellation::Requested);
    assert_eq!(soon(held.lost()).await, Loss::Cancelled);
    let next = ask(&queue).await;
    assert_eq!(wait(&queue, next, HOST).await.first, running, "the slot is held while the stack goes down");
    held.finish(Outcome::Cancelled, Some("by hand"), None).await.unwrap();
    lease(&queue, next, HOST).await;
}

#[tokio::test]
async fn a_cancelled_job_whose_holder_is_silent_or_gives_it_back_is_over() {
    let database = database().await;
    let (queue, store) = (queue(&database, patient()).await, database.connect().await);
    let (silent, given_back) = (ask(&queue).await, ask(&queue).await);
    let _silent = lease(&queue, silent, HOST).await;
    let released = lease(&queue, given_back, "bench-2").await;
    queue.cancel(silent).await.unwrap();
    queue.cancel(given_back).await.unwrap();
    released.release().await.unwrap();
    database.execute(END_LEASES).await;
    assert_eq!(queue.reap().await.unwrap(), [(silent, Lost::Finished(Outcome::Cancelled))]);
    for job in [silent, given_back] {
        let state = store.job(job).await.unwrap().state;
        assert!(matches!(state, JobState::Finished { outcome: Outcome::Cancelled, .. }), "{state:?}");
    }
}

#[tokio::test]
async fn retrying_makes_a_fresh_job_of_a_finished_one_and_takes_up_an_orphan() {
    let database = database().await;
    let (queue, store) = (queue(&database, patient()).await, database.connect().await);
    let job = ask(&queue).await;
    assert_eq!(queue.retry(job).await.unwrap(), job, "nobody waits for it");
    let held = lease(&queue, job, HOST).await;
    let error = queue.retry(job).await.unwrap_err().to_string();
    assert!(error.contains("running on bench-1"), "{error}");

    let other = ask(&queue).await;
    wait(&queue, other, HOST).await;
    let error = queue.retry(other).await.unwrap_err().to_string();
    assert!(error.contains("another command waits"), "{error}");

    held.finish(Outcome::InfrastructureFailed, None, None).await.unwrap();
    let fresh = queue.retry(job).await.unwrap();
    let (fresh, job) = (store.job(fresh).await.unwrap(), store.job(job).await.unwrap());
    assert_ne!(fresh.id, job.id);
    assert_eq!(fresh.request, job.request);
    assert_eq!((fresh.attempts, fresh.state), (0, JobState::Queued { awaited: false }));

    let error = queue.retry(JobId(999)).await.unwrap_err().to_string();
    assert!(error.contains("job 999") && error.contains("loadmark jobs list"), "{error}");
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
    second.finish(Outcome::Measured, None, Some(new.id)).await.unwrap();
    assert_eq!(queue.live_runs().await.unwrap(), []);
    assert_eq!(store.job(job).await.unwrap().run, Some(new.id));
}
