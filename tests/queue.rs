//! Turns: one slot a host, who goes first, what becomes of jobs. Barriers, time-outs and planted times instead of
//! sleeps; each "process" has a handle with a pool of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::future::join_all;
use loadmark::database::Lost;
use loadmark::domain::ids::{JobId, WorkerId};
use loadmark::domain::job::{Cancellation, JobState, WaitReason};
use loadmark::domain::settings::QueueSettings;
use loadmark::domain::units::Span;
use loadmark::domain::verdict::Outcome;
use loadmark::queue::{Claim, Loss, Turn};
use tokio::sync::{Barrier, oneshot};

use crate::harness::jobs::{END_LEASES, HOST, ask, claim, lease, patient, queue, soon, wait};
use crate::harness::postgres::database;
use crate::harness::samples;

/// Tells, once, that somebody waits.
fn announce(waiting: &mut Option<oneshot::Sender<()>>) {
    if let Some(waiting) = waiting.take() {
        waiting.send(()).unwrap();
    }
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
            lease.finish(Outcome::Measured, None).await.unwrap();
        })
    });
    for ended in soon(join_all(claimers)).await {
        ended.unwrap();
    }
    assert_eq!(database.number("SELECT count(*) FROM jobs WHERE outcome = 'measured'").await, 20);
}

#[tokio::test]
async fn the_index_allows_one_running_job_a_slot_whatever_the_code_does() {
    let database = database().await;
    let queue = queue(&database, patient()).await;
    let _held = lease(&queue, ask(&queue).await, HOST).await;
    ask(&queue).await;
    let claim_anyway = "UPDATE jobs SET state = 'running', attempts = 1, token = 1, host = 'bench-1',
        slot = 0, worker = gen_random_uuid(), claimed_at = now(), lease_until = now() WHERE state = 'queued'";
    assert_eq!(database.refusal(claim_anyway).await.as_deref(), Some("jobs_one_running_per_slot"));
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

    held.finish(Outcome::Measured, None).await.unwrap();
    let behind = wait(&queue, late, HOST).await;
    assert_eq!((behind.first, behind.reason, behind.ahead), (early, WaitReason::AskedEarlier, 1));
    assert_eq!(behind.revision, samples::revision('a'));

    database.execute("UPDATE jobs SET awaited_until = clock_timestamp() WHERE awaited_host IS NOT NULL").await;
    lease(&queue, late, HOST).await;
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
    let reasons = (1..=3).map(|attempt| format!("attempt {attempt}: its holder on bench-1 fell silent"));
    assert_eq!(detail, reasons.collect::<Vec<_>>().join("; "));
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
        waiter.await_turn(job, HOST, WorkerId::random(), |_| announce(&mut waiting)).await
    });
    soon(waits).await.unwrap();
    held.finish(Outcome::Measured, None).await.unwrap();
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
        queue.await_turn(job, HOST, WorkerId::random(), |_| announce(&mut waiting)).await
    });
    soon(waits).await.unwrap();
    database.execute(END_LEASES).await;
    assert!(matches!(soon(waiter).await.unwrap().unwrap(), Turn::Claimed(_)));
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
    assert_eq!(soon(held.lost()).await, Loss::Ended(Outcome::Cancelled));
    let next = ask(&queue).await;
    assert_eq!(wait(&queue, next, HOST).await.first, running, "the slot is held while the stack goes down");
    held.finish(Outcome::Cancelled, Some("by hand")).await.unwrap();
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

    held.finish(Outcome::InfrastructureFailed, None).await.unwrap();
    let fresh = queue.retry(job).await.unwrap();
    let (fresh, job) = (store.job(fresh).await.unwrap(), store.job(job).await.unwrap());
    assert_ne!(fresh.id, job.id);
    assert_eq!(fresh.request, job.request);
    assert_eq!((fresh.attempts, fresh.state), (0, JobState::Queued { awaited: false, not_before: None }));

    let error = queue.retry(JobId(999)).await.unwrap_err().to_string();
    assert!(error.contains("job 999") && error.contains("loadmark jobs list"), "{error}");
}
