//! F23, F24, F35: the Docker engine dies, hangs, or removes nothing.

use rustix::process::Signal;

use crate::harness::engine::images_here;
use crate::harness::manager::{Managed, until};
use crate::harness::own_engine::OwnEngine;
use crate::harness::socket::{EngineSocket, Mood};

use super::invariants;

/// What of our stacks is on an engine.
fn left_on(engine: &OwnEngine) -> Vec<String> {
    let list = |args: &[&str]| engine.docker(&[args, &["--quiet", "--filter", "label=loadmark.run"]].concat());
    [list(&["ps", "--all"]), list(&["network", "ls"]), list(&["volume", "ls"])].concat()
}

/// The port of a server on loopback.
fn port_of(url: &str) -> u16 {
    let after = url.split_once("127.0.0.1:").expect("a server on loopback").1;
    after.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().expect("a port")
}

#[tokio::test(flavor = "multi_thread")]
async fn f23_an_engine_that_is_killed_and_started_again() {
    let mut engine = OwnEngine::start();
    engine.bring(&images_here());
    let mut managed = Managed::new().await;
    managed.variables.push(("DOCKER_HOST", engine.address()));
    for url in [managed.project.database.url().0.as_str(), managed.github.api()] {
        engine.reach(port_of(url));
    }
    managed.inside = engine.inside();
    // Webhooks don't reach it there: it finds the pull request when it looks.
    managed.project.configure("drain: 5s", "drain: 5s, reconcile: 3s");
    managed.project.configure("40:2", "40:15");
    // The engine must not bring back by itself what it finds after a crash.
    managed.project.edit("repository/compose.yaml", "    init: true", "    init: true\n    restart: always");
    managed.project.commit("A neighbour that comes back");
    managed.project.git(&["branch", "--quiet", "--force", "change", "main"]);
    managed.project.branch("after", "notes", "harmless\n");
    managed.measure_master().await;
    let manager = managed.serve();
    let pull = managed.open_pull_of("after").await;
    managed.await_load().await;
    let policies = engine.docker(&["ps", "--quiet", "--filter", "label=loadmark.run"]);
    assert!(!policies.is_empty());
    for id in &policies {
        let policy = engine.docker(&["inspect", "--format", "{{.HostConfig.RestartPolicy.Name}}", id]);
        assert_eq!(policy, ["no"]);
    }

    engine.kill_dockerd();
    const REQUEUED: &str = "SELECT count(*) FROM jobs WHERE kind = 'new-test' AND state = 'queued' AND attempts = 1
        AND last_error IS NOT NULL";
    managed.await_number("the attempt failed by our fault", REQUEUED, 1).await;
    engine.start_dockerd();

    assert_eq!(managed.conclusion("after").await, "success");
    managed.end(manager).await;
    assert_eq!(left_on(&engine), Vec::<String>::new(), "I4: orphans of the first attempt");
    invariants::hold(&managed, pull, 1).await;
    assert_eq!(managed.attempts().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn f24_an_engine_that_hangs_holds_no_slot() {
    let mut managed = Managed::new().await;
    let socket = EngineSocket::start(managed.project.folder());
    managed.variables.push(("DOCKER_HOST", socket.address()));
    managed.project.configure("timeouts: {", "timeouts: {down: 20s, up: 60s, ");
    managed.project.configure("40:2", "40:5");
    managed.measure_master().await;
    let mut manager = managed.serve();
    let pull = managed.open_pull().await;
    managed.await_load().await;
    socket.be(Mood::Frozen);
    // Each call has its time-out; several of them follow each other.
    const GIVEN_UP: &str = "SELECT count(*) FROM jobs WHERE kind = 'new-test' AND state = 'queued' AND attempts = 1
        AND last_error IS NOT NULL";
    for _ in 0..2 {
        if managed.has_number_in_time(GIVEN_UP, 1).await {
            break;
        }
    }
    assert_eq!(managed.project.database.number(GIVEN_UP).await, 1, "the slot is stuck");
    manager.await_line("no job begins here");
    assert_eq!(managed.status("/-/ready").await, 200);
    socket.be(Mood::Well);

    assert_eq!(managed.conclusion("change").await, "success");
    managed.end(manager).await;
    invariants::hold(&managed, pull, 1).await;
    assert_eq!(managed.attempts().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn f35_what_can_not_be_taken_down_is_quarantined_and_said() {
    let mut managed = Managed::new().await;
    let socket = EngineSocket::start(managed.project.folder());
    managed.variables.push(("DOCKER_HOST", socket.address()));
    managed.measure_master().await;
    let mut manager = managed.serve();
    socket.be(Mood::Clinging);
    let pull = managed.open_pull().await;
    // Each attempt fails by our fault, and the sweep before the next one tries again, until it is left alone.
    let told = manager.await_line("quarantined: ");
    assert!(told.contains("loadmark.run=") && told.contains("docker ps -a"), "{told}");
    assert!(socket.refused() >= 10, "only {} tries", socket.refused());
    socket.be(Mood::Well);
    assert_eq!(managed.conclusion("change").await, "success");
    managed.settle().await;
    assert_ne!(managed.project.stacks(), Vec::<String>::new(), "quarantined means left alone");
    manager.signal(Signal::TERM);
    manager.finish().expect(0);

    // The engine was put right: the next manager finds all of it.
    let manager = managed.serve();
    until("it is swept", async || managed.project.stacks().is_empty().then_some(())).await;
    managed.end(manager).await;
    invariants::hold(&managed, pull, 1).await;
}
