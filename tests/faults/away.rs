//! F18 to F21: the manager, or its database, is away while GitHub goes on.

use std::time::Duration;

use rustix::process::Signal;
use sqlx::Executor;

use crate::harness::manager::{Managed, WRITER, until};
use crate::harness::postgres::OwnServer;
use crate::harness::project::Project;

use super::invariants;

/// Two and a half leases. Nothing is waited for: this is the fault.
const OUTAGE: Duration = Duration::from_secs(25);

#[tokio::test(flavor = "multi_thread")]
async fn f18_a_manager_that_was_down_catches_up() {
    let managed = Managed::with_load_of(4).await;
    managed.project.branch("second", "notes", "of another pull request\n");
    managed.project.branch("newer", "notes", "pushed meanwhile\n");
    let manager = managed.serve();
    let first = managed.open_pull().await;
    managed.await_load().await;
    manager.signal(Signal::KILL);
    assert_eq!(manager.finish().code, None);

    managed.github.push(first, "newer").await;
    let second = managed.open_pull_of("second").await;
    managed.project.write("repository/notes", "merged\n");
    managed.project.commit("A merge");
    managed.github.push_branch(WRITER, "main").await;
    let missed = managed.github.deliveries().into_iter().filter(|one| one.status_code == 0).count();
    assert_eq!(missed, 3);
    tokio::time::sleep(OUTAGE).await;

    let manager = managed.serve();
    for branch in ["newer", "second"] {
        assert_eq!(managed.conclusion(branch).await, "success", "{branch}");
    }
    assert_eq!(managed.conclusion("change").await, "cancelled");
    until("what GitHub could not deliver was sent again", async || {
        let again = managed.github.deliveries().into_iter().filter(|one| one.is_redelivery && one.status_code == 200);
        (again.count() == missed).then_some(())
    })
    .await;
    managed.end(manager).await;
    invariants::hold(&managed, first, 3).await;
    invariants::hold(&managed, second, 3).await;
    const MASTERS: &str = "SELECT count(*) FROM jobs WHERE kind = 'new-master' AND outcome = 'measured'";
    assert_eq!(managed.project.database.number(MASTERS).await, 2, "the default branch's tip, once");
}

/// A project on a Postgres of its own.
async fn on_own_server(load: u32) -> (Managed, OwnServer) {
    let (server, database) = OwnServer::start().await;
    let managed = Managed::of(Project::over(database).await).await;
    managed.project.configure("40:2", &format!("40:{load}"));
    // What was refused meanwhile is asked for by itself.
    managed.project.configure("drain: 5s", "drain: 5s, reconcile: 5s");
    managed.measure_master().await;
    (managed, server)
}

#[tokio::test(flavor = "multi_thread")]
async fn f19_a_postgres_that_is_started_again_costs_no_attempt() {
    let (managed, server) = on_own_server(8).await;
    let manager = managed.serve();
    let pull = managed.open_pull().await;
    managed.await_load().await;
    server.stop();
    server.start_again();
    assert_eq!(managed.conclusion("change").await, "success");
    managed.end(manager).await;
    invariants::hold(&managed, pull, 1).await;
    assert_eq!(managed.attempts().await, 1, "the worker went on under its lease");
}

#[tokio::test(flavor = "multi_thread")]
async fn f20_without_postgres_for_several_leases_nothing_is_lost() {
    let (managed, server) = on_own_server(6).await;
    for branch in ["second", "third"] {
        managed.project.branch(branch, "notes", branch);
    }
    let manager = managed.serve();
    let first = managed.open_pull().await;
    managed.await_load().await;
    let second = managed.open_pull_of("second").await;
    const QUEUED: &str = "SELECT count(*) FROM jobs WHERE kind = 'new-test' AND state = 'queued'";
    managed.await_number("the second waits", QUEUED, 1).await;

    server.stop();
    let outage = tokio::time::sleep(OUTAGE);
    assert_eq!(managed.status("/-/ready").await, 503);
    assert_eq!(managed.status("/-/healthy").await, 200);
    let third = managed.open_pull_of("third").await;
    let refused = managed.github.deliveries().pop().unwrap();
    assert_eq!((refused.event.as_str(), refused.status_code), ("pull_request", 503));
    // Whose lease can't be renewed takes its stack down while it may.
    until("no load goes on without a lease", async || managed.project.stacks().is_empty().then_some(())).await;
    outage.await;
    server.start_again();

    until("it takes webhooks again", async || (managed.status("/-/ready").await == 200).then_some(())).await;
    for branch in ["change", "second", "third"] {
        assert_eq!(managed.conclusion(branch).await, "success", "{branch}");
    }
    managed.end(manager).await;
    for pull in [first, second, third] {
        invariants::hold(&managed, pull, 3).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f21_without_a_listening_connection_jobs_are_found_by_polling() {
    let managed = Managed::with_master().await;
    let manager = managed.serve();
    // Who listened is cut off, and nobody is told of anything any more.
    let mut session = managed.project.database.session().await;
    session.execute("ALTER TABLE jobs DISABLE TRIGGER jobs_notify_queue").await.unwrap();
    session.execute("ALTER TABLE notices DISABLE TRIGGER notices_notify").await.unwrap();
    const LISTENING: &str =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    const CUT: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    let database = &managed.project.database;
    until("the worker and the publisher listen", async || (database.number(LISTENING).await >= 2).then_some(())).await;
    let cut = database.number(CUT).await;
    assert!(cut >= 2, "the worker's and the publisher's connections: {cut}");
    let pull = managed.open_pull().await;
    assert_eq!(managed.conclusion("change").await, "success");
    managed.end(manager).await;
    invariants::hold(&managed, pull, 1).await;
}
