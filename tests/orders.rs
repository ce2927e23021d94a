//! Orders: what any worker may take, in which order, on which terms, and what becomes of it when it fails.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use loadmark::database::{DatabaseError, Lost};
use loadmark::domain::github::PullNumber;
use loadmark::domain::ids::{JobId, WorkerId};
use loadmark::domain::job::{JobKind, JobRequest, JobState, WaitReason};
use loadmark::domain::order::{Order, Ordered, Priority, Terms};
use loadmark::domain::settings::QueueSettings;
use loadmark::domain::units::Span;
use loadmark::domain::verdict::Outcome;
use loadmark::queue::{Claim, Counter, Lease, Loss, Queue, QueueError};
use serde_json::json;

use crate::harness::jobs::{END_LEASES, HOST, ask, claim, lease, patient, queue, soon, wait};
use crate::harness::postgres::{TestDatabase, database};
use crate::harness::samples;

const PULL: PullNumber = PullNumber(7);
/// Ends every wait after a failure, as only time does.
const END_WAITS: &str = "UPDATE jobs SET not_before = clock_timestamp() WHERE not_before IS NOT NULL";

/// A test of a commit, `letter` repeated, of the pull request.
fn test_of(letter: char) -> Order {
    let request = JobRequest {
        kind: JobKind::NewTest,
        revision: samples::revision(letter),
        pull: Some(PULL),
        ..samples::request()
    };
    with_priority(Priority::Automatic, request)
}

/// A master set of a commit.
fn master_of(letter: char) -> Order {
    with_priority(Priority::Master, JobRequest { revision: samples::revision(letter), ..samples::request() })
}

fn with_priority(priority: Priority, request: JobRequest) -> Order {
    let terms = Terms { served: true, priority, ask: String::new(), asked_by: "ann".to_owned() };
    Order { request, terms, after: None }
}

async fn order(queue: &Queue, order: &Order) -> JobId {
    match queue.order(order).await.unwrap() {
        Ordered::New(job) => job,
        Ordered::Known(job) => panic!("job {job} was there already"),
    }
}

/// A worker of the host for the project of the samples.
fn worker(queue: &Queue, host: &str) -> Counter {
    queue.counter(host, WorkerId::random(), vec!["other".to_owned(), "shop".to_owned()])
}

/// The next job, which has to be there.
async fn next(counter: &mut Counter) -> Lease {
    counter.next().await.unwrap().expect("a job is next")
}

async fn is_idle(counter: &mut Counter) -> bool {
    counter.next().await.unwrap().is_none()
}

async fn end(lease: Lease) {
    lease.finish(Outcome::Measured, None).await.unwrap();
}

async fn state(database: &TestDatabase, job: JobId) -> JobState {
    database.connect().await.job(job).await.unwrap().state
}

#[tokio::test]
async fn an_order_is_one_job_however_often_it_is_given() {
    let database = database().await;
    let queue = queue(&database, patient()).await;
    let given = join_all((0..20).map(|_| async { queue.order(&test_of('b')).await.unwrap() })).await;
    let jobs: BTreeSet<_> = given.iter().map(|ordered| ordered.job()).collect();
    assert_eq!(jobs.len(), 1);
    assert_eq!(given.iter().filter(|ordered| matches!(ordered, Ordered::New(_))).count(), 1);
    let mut again = test_of('b');
    again.terms.ask = "rerun-1".to_owned();
    order(&queue, &again).await;
    order(&queue, &test_of('c')).await;
}

#[tokio::test]
async fn the_most_urgent_goes_first_and_of_equals_the_first_asked() {
    let database = database().await;
    let queue = queue(&database, patient()).await;
    let scheduled = order(&queue, &with_priority(Priority::Scheduled, master_of('a').request)).await;
    let early = order(&queue, &test_of('b')).await;
    let late = order(&queue, &test_of('c')).await;
    let master = order(&queue, &master_of('d')).await;
    ask(&queue).await; // A command's own: no worker takes it.
    let mut worker = worker(&queue, HOST);
    for expected in [master, early, late, scheduled] {
        let lease = next(&mut worker).await;
        assert_eq!(lease.job().id, expected);
        assert!(is_idle(&mut worker).await, "the host has one slot");
        end(lease).await;
    }
    assert!(is_idle(&mut worker).await);
}

#[tokio::test]
async fn jobs_of_projects_that_a_worker_does_not_know_stay() {
    let database = database().await;
    let queue = queue(&database, patient()).await;
    let job = order(&queue, &test_of('b')).await;
    let mut stranger = queue.counter(HOST, WorkerId::random(), vec!["other".to_owned()]);
    assert!(is_idle(&mut stranger).await);
    assert_eq!(next(&mut worker(&queue, HOST)).await.job().id, job);
}

#[tokio::test]
async fn a_job_begins_after_the_one_it_waits_for_however_that_ends() {
    let database = database().await;
    let queue = queue(&database, patient()).await.with_concurrency(2);
    let master = order(&queue, &master_of('a')).await;
    let test = order(&queue, &Order { after: Some(master), ..test_of('b') }).await;
    let mut worker = worker(&queue, HOST);
    let first = next(&mut worker).await;
    assert_eq!(first.job().id, master);
    assert!(is_idle(&mut worker).await, "a slot is free, and still the test has to wait");
    first.finish(Outcome::InfrastructureFailed, None).await.unwrap();
    assert_eq!(next(&mut worker).await.job().id, test);
}

#[tokio::test]
async fn as_many_jobs_run_on_a_host_as_are_configured_each_in_a_slot_of_its_own() {
    let database = database().await;
    let queue = queue(&database, patient()).await.with_concurrency(2);
    for letter in ['a', 'b', 'c'] {
        order(&queue, &test_of(letter)).await;
    }
    let mut worker = worker(&queue, HOST);
    let (first, second) = (next(&mut worker).await, next(&mut worker).await);
    assert!(is_idle(&mut worker).await);
    assert_eq!(database.number("SELECT sum(slot) FROM jobs WHERE state = 'running'").await, 1);
    end(first).await;
    let third = next(&mut worker).await;
    assert_eq!(database.number("SELECT slot::bigint FROM jobs WHERE id = 3").await, 0, "the lowest free slot");
    let command = ask(&queue).await;
    let behind = wait(&queue, command, HOST).await;
    assert!(matches!(behind.reason, WaitReason::SlotHeld { .. }) && behind.ahead == 2, "{behind:?}");
    order(&queue, &test_of('d')).await;
    end(second).await;
    assert!(is_idle(&mut worker).await, "the command is more urgent, and waits");
    lease(&queue, command, HOST).await;
    end(third).await;
    next(&mut worker).await;
}

#[tokio::test]
async fn a_command_waits_behind_what_goes_first_while_a_worker_is_there_to_take_it() {
    let database = database().await;
    let queue = queue(&database, patient()).await;
    let (master, test) = (order(&queue, &master_of('a')).await, order(&queue, &test_of('b')).await);
    let command = ask(&queue).await;
    // Nobody is there to take them.
    let held = lease(&queue, command, HOST).await;

    let mut worker = worker(&queue, HOST);
    assert!(is_idle(&mut worker).await);
    held.release().await.unwrap();
    let behind = wait(&queue, command, HOST).await;
    assert_eq!((behind.first, behind.reason, behind.ahead), (master, WaitReason::MoreUrgent, 1));
    end(next(&mut worker).await).await;
    // The command's turn: it is more urgent than the test.
    assert!(is_idle(&mut worker).await);
    end(lease(&queue, command, HOST).await).await;
    assert_eq!(next(&mut worker).await.job().id, test);
}

#[tokio::test]
async fn a_worker_that_left_or_fell_silent_keeps_no_command_waiting() {
    let database = database().await;
    let queue = queue(&database, patient()).await;
    order(&queue, &test_of('b')).await;
    order(&queue, &master_of('a')).await;
    let (left, mut silent) = (worker(&queue, HOST), worker(&queue, HOST));
    left.stay().await.unwrap();
    let command = ask(&queue).await;
    wait(&queue, command, HOST).await;
    left.close().await.unwrap();
    lease(&queue, command, HOST).await.release().await.unwrap();

    database.execute("UPDATE jobs SET awaited_until = NULL, awaited_host = NULL").await;
    drop(next(&mut silent).await);
    database.execute("UPDATE workers SET seen_until = clock_timestamp()").await;
    database.execute(END_LEASES).await;
    lease(&queue, command, HOST).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_workers_of_a_host_and_one_of_another_never_take_the_same_job() {
    let database = database().await;
    let processes = join_all((0..3).map(|_| queue(&database, patient()))).await;
    for number in 0..30 {
        let mut order = test_of('b');
        order.terms.ask = number.to_string();
        assert!(matches!(processes[0].order(&order).await.unwrap(), Ordered::New(_)));
    }
    let crews = processes.into_iter().zip([HOST, HOST, "bench-2"]).map(|(queue, host)| {
        tokio::spawn(async move {
            let mut counter = worker(&queue, host);
            let mut done = Vec::new();
            // Another worker of the host may hold its slot just now.
            while queue_is_open(&queue).await {
                if let Some(lease) = counter.next().await.unwrap() {
                    done.push(lease.job().id);
                    end(lease).await;
                }
            }
            done
        })
    });
    let done: Vec<JobId> = soon(join_all(crews)).await.into_iter().flat_map(Result::unwrap).collect();
    let distinct: BTreeSet<_> = done.iter().collect();
    assert_eq!((done.len(), distinct.len()), (30, 30));
    assert_eq!(database.number("SELECT sum(attempts) FROM jobs").await, 30);
}

async fn queue_is_open(queue: &Queue) -> bool {
    queue.jobs_of_pull("shop", PULL).await.unwrap().iter().any(|job| !matches!(job.state, JobState::Finished { .. }))
}

#[tokio::test]
async fn a_failure_of_ours_is_waited_out_longer_each_time_and_then_given_up() {
    let database = database().await;
    let settings = QueueSettings { attempts: 3, back_off: Span::seconds(100), ..patient() };
    let queue = queue(&database, settings).await;
    let job = order(&queue, &test_of('b')).await;
    let mut worker = worker(&queue, HOST);
    let waits = "SELECT extract(epoch FROM not_before - clock_timestamp())::bigint FROM jobs WHERE id = 1";
    for (attempt, longest) in [(1, 150), (2, 300)] {
        let lease = next(&mut worker).await;
        assert_eq!(lease.fail(&format!("no disk {attempt}"), None).await.unwrap(), Lost::Requeued);
        assert!(is_idle(&mut worker).await, "its time has not come");
        let seconds = database.number(waits).await;
        assert!((longest / 3 - 2..=longest).contains(&seconds), "attempt {attempt} is waited out for {seconds} s");
        database.execute(END_WAITS).await;
    }
    let last = next(&mut worker).await;
    assert!(last.is_last_attempt());
    let document = json!({"log": "a\u{0}b"});
    let lost = last.fail("no engine", Some(&document)).await.unwrap();
    assert_eq!(lost, Lost::Finished(Outcome::Discarded));
    let JobState::Finished { outcome: Outcome::Discarded, detail: Some(detail), .. } = state(&database, job).await
    else {
        panic!("it is not discarded");
    };
    assert_eq!(detail, "attempt 1: no disk 1; attempt 2: no disk 2; attempt 3: no engine");
    let stored = database.connect().await.job_result(job).await.unwrap();
    assert_eq!(stored, Some(json!({"log": "a\u{fffd}b"})));
}

#[tokio::test]
async fn a_thousand_failures_at_once_come_back_one_after_the_other_and_starve_nobody() {
    let database = database().await;
    let settings = QueueSettings { back_off: Span::seconds(1000), ..patient() };
    let queue = queue(&database, settings).await;
    database
        .execute(
            "INSERT INTO slots (host) VALUES ('far');
             INSERT INTO jobs (kind, project, benchmark, revision, asked_as, served, priority, ask, attempts, token,
                 state, host, slot, worker, claimed_at, lease_until)
             SELECT 'new-master', 'shop', 'browse', repeat('a', 40), 'main', true, 30, n::text, 1, 1,
                 'running', 'far', n, gen_random_uuid(), now(), now() FROM generate_series(1, 1000) AS n",
        )
        .await;
    // All of them lost their holders at the same time, and then failed once more, one by one.
    assert_eq!(queue.reap().await.unwrap().len(), 1000);
    let mut far = worker(&queue.clone().with_concurrency(64), "far");
    assert!(is_idle(&mut far).await, "each of them may be what silenced its holder");
    database.execute(END_WAITS).await;
    for _ in 0..50 {
        next(&mut far).await.fail("the engine is away", None).await.unwrap();
    }
    let spread = "SELECT count(DISTINCT date_trunc('second', not_before)) FROM jobs WHERE not_before IS NOT NULL";
    assert!(database.number(spread).await > 40, "they come back at different times");
    // What is asked now, less urgent than all of those that wait, gets its turn behind those that are due.
    database.execute("UPDATE jobs SET not_before = clock_timestamp() + interval '1 h'").await;
    let fresh = order(&queue, &test_of('b')).await;
    assert_eq!(next(&mut far).await.job().id, fresh);
}

#[tokio::test]
async fn a_newer_commit_takes_the_place_of_waiting_and_running_jobs_of_its_pull_request() {
    let database = database().await;
    let queue = queue(&database, patient()).await.with_concurrency(2);
    let running = order(&queue, &test_of('a')).await;
    let mut worker = worker(&queue, HOST);
    let held = next(&mut worker).await;
    let waiting = order(&queue, &test_of('b')).await;
    let newest = order(&queue, &test_of('c')).await;
    let mut other = test_of('d');
    other.request.pull = Some(PullNumber(8));
    let others = order(&queue, &other).await;

    let newest_revision = samples::revision('c');
    let ended = queue.supersede("shop", PULL, Some(&newest_revision), Outcome::Superseded).await.unwrap();
    assert_eq!(BTreeSet::from_iter(ended), BTreeSet::from([running, waiting]));
    let over = |state| matches!(state, JobState::Finished { outcome: Outcome::Superseded, .. });
    assert!(over(state(&database, waiting).await));
    // The heartbeat is ten minutes: only a notification can tell in time.
    assert_eq!(soon(held.lost()).await, Loss::Ended(Outcome::Superseded));
    // A cancellation that comes later changes nothing of how it ends.
    queue.cancel(running).await.unwrap();
    held.release().await.unwrap();
    assert!(over(state(&database, running).await));
    let left: Vec<_> = queue.jobs_of_pull("shop", PULL).await.unwrap().iter().map(|job| job.id).collect();
    assert_eq!(left, [newest, waiting, running], "the newest first");
    for id in [newest, others] {
        assert!(matches!(state(&database, id).await, JobState::Queued { .. }));
    }
    assert_eq!(queue.supersede("shop", PULL, None, Outcome::Cancelled).await.unwrap(), [newest]);
}

#[tokio::test]
async fn a_superseded_job_whose_holder_fails_or_is_silent_is_superseded() {
    let database = database().await;
    let queue = queue(&database, patient()).await.with_concurrency(2);
    let (failing, silent) = (order(&queue, &test_of('a')).await, order(&queue, &test_of('b')).await);
    let mut worker = worker(&queue, HOST);
    let (first, _second) = (next(&mut worker).await, next(&mut worker).await);
    queue.supersede("shop", PULL, None, Outcome::Superseded).await.unwrap();
    assert_eq!(first.fail("no engine", None).await.unwrap(), Lost::Finished(Outcome::Superseded));
    database.execute(END_LEASES).await;
    assert_eq!(queue.reap().await.unwrap(), [(silent, Lost::Finished(Outcome::Superseded))]);
    assert!(matches!(state(&database, failing).await, JobState::Finished { outcome: Outcome::Superseded, .. }));
}

#[tokio::test]
async fn asked_again_it_is_a_fresh_job_unless_one_is_open() {
    let database = database().await;
    let queue = queue(&database, patient()).await;
    let job = order(&queue, &test_of('b')).await;
    assert_eq!(queue.ask_again(job).await.unwrap(), Ordered::Known(job));
    let mut worker = worker(&queue, HOST);
    let first = next(&mut worker).await;
    first.fail("no engine", None).await.unwrap();
    // Whoever asks does not want to wait any longer.
    assert_eq!(queue.ask_again(job).await.unwrap(), Ordered::Known(job));
    end(next(&mut worker).await).await;

    let asked = join_all((0..5).map(|_| async { queue.ask_again(job).await.unwrap().job() })).await;
    let fresh = asked[0];
    assert!(fresh != job && asked.iter().all(|id| *id == fresh), "{asked:?}");
    let stored = database.connect().await.job(fresh).await.unwrap();
    assert_eq!(stored.request, test_of('b').request);
    assert_eq!((stored.terms.ask.as_str(), stored.terms.priority), ("again-1", Priority::Commanded));
    end(next(&mut worker).await).await;
    let third = queue.ask_again(fresh).await.unwrap().job();
    assert_eq!(database.connect().await.job(third).await.unwrap().terms.ask, "again-2");

    let commanded = ask(&queue).await;
    assert!(matches!(queue.ask_again(commanded).await, Err(QueueError::NotServed { .. })));
}

#[tokio::test]
async fn a_result_is_stored_with_the_end_or_not_at_all() {
    let database = database().await;
    let (queue, store) = (queue(&database, patient()).await, database.connect().await);
    let job = order(&queue, &test_of('b')).await;
    let mut worker = worker(&queue, HOST);
    let held = next(&mut worker).await;
    held.tell_phase("load, round 1 of 3").await.unwrap();
    let JobState::Running { phase, .. } = state(&database, job).await else { panic!("it does not run") };
    assert_eq!(phase.as_deref(), Some("load, round 1 of 3"));
    database.execute(END_LEASES).await;
    let document = json!({"outcome": "measured"});
    let refused = held.finish_with(Outcome::Measured, None, Some(&document)).await.unwrap_err();
    assert!(matches!(refused, QueueError::Database(DatabaseError::StaleClaim { .. })), "{refused}");
    assert_eq!(store.job_result(job).await.unwrap(), None);
    queue.reap().await.unwrap();
    database.execute(END_WAITS).await;
    let again = next(&mut worker).await;
    again.finish_with(Outcome::Measured, None, Some(&document)).await.unwrap();
    assert_eq!(store.job_result(job).await.unwrap(), Some(document));
    assert!(matches!(claim(&queue, job, HOST).await, Claim::Gone(JobState::Finished { .. })));
}

#[tokio::test]
async fn an_order_wakes_an_idle_worker() {
    let database = database().await;
    // The poll is ten minutes: only a notification can end the wait in time.
    let queue = queue(&database, patient()).await;
    let mut worker = worker(&queue, HOST);
    assert!(is_idle(&mut worker).await);
    let job = order(&queue, &test_of('b')).await;
    soon(worker.changed()).await;
    assert_eq!(next(&mut worker).await.job().id, job);
}

#[tokio::test]
async fn many_reruns_of_one_benchmark_hide_no_other_from_the_comment() {
    let database = database().await;
    let queue = queue(&database, patient()).await;
    let mut other = test_of('b');
    other.request.benchmark = "buy".to_owned();
    let other = order(&queue, &other).await;
    let mut newest = other;
    for number in 0..60 {
        let mut rerun = test_of('b');
        rerun.terms.ask = number.to_string();
        newest = order(&queue, &rerun).await;
    }
    let told = database.connect().await.newest_tests("shop", PULL).await.unwrap();
    assert_eq!(told.iter().map(|job| job.id).collect::<Vec<_>>(), [newest, other]);
}
