//! Commands that are stopped or killed in the load window, those that wait for them, and those beside them.

use std::time::Duration;

use rustix::process::Signal;

use crate::harness::jobs::{END_LEASES, soon};
use crate::harness::project::Project;

/// A project whose load goes on until it is stopped.
async fn long() -> Project {
    let project = Project::new().await;
    project.configure("40:2", "40:120");
    project
}

async fn stop_by(signal: Signal) {
    let project = long().await;
    let mut master = project.start(&["master"]);
    master.await_load();
    assert_ne!(project.stacks(), Vec::<String>::new());
    master.signal(signal);
    let stopped = master.finish().expect(130);
    project.assert_nothing_left();
    let first = stopped.stdout.lines().next().unwrap();
    assert_eq!(first, "CANCELLED: it was stopped, and its stack was taken down");
    let job = project.json(&["jobs", "show", "1"], "loadmark.job/1");
    assert_eq!(job["job"]["outcome"], "cancelled");
    let runs = project.json(&["runs"], "loadmark.runs/1");
    assert_eq!(runs["runs"][0]["state"], "partial");
}

#[tokio::test]
async fn sigterm_takes_the_stack_down() {
    stop_by(Signal::TERM).await;
}

#[tokio::test]
async fn ctrl_c_takes_the_stack_down() {
    stop_by(Signal::INT).await;
}

/// Whether a process on this host was started by these words, in a container or not.
fn is_running(words: &[&str]) -> bool {
    let wanted: Vec<u8> = words.iter().flat_map(|word| [word.as_bytes(), b"\0"].concat()).collect();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes
        .map(|process| std::fs::read(process.path().join("cmdline")))
        .any(|line| line.is_ok_and(|line| line == wanted))
}

/// Looks again until it is so.
async fn until(is_so: impl Fn() -> bool) {
    let looking = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    soon(looking).await;
}

/// One Ctrl-C, and two at once: the second may come while the first one's work is under way.
#[tokio::test]
async fn a_build_does_not_go_on_after_its_command() {
    let project = Project::new().await;
    for (number, signals) in [(1, 1), (2, 2)] {
        let nap = format!("36{number}.{}", std::process::id());
        let build = format!("ARG BASE_IMAGE\nFROM ${{BASE_IMAGE}}\nRUN [\"sleep\", \"{nap}\"]\n");
        project.branch(&format!("slow-{number}"), "Dockerfile", &build);
        let master = project.start(&["master", &format!("slow-{number}")]);
        until(|| is_running(&["sleep", &nap])).await;
        for _ in 0..signals {
            master.signal(Signal::INT);
        }
        master.finish().expect(130);
        until(|| !is_running(&["sleep", &nap])).await;
        assert_eq!(project.stacks(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_cancelled_job_takes_its_stack_down() {
    let project = long().await;
    let mut master = project.start(&["master"]);
    master.await_load();
    let answer = project.run(&["jobs", "cancel", "1"]).expect(0).stdout;
    assert_eq!(answer, "job 1 is under way; it takes its stack down and ends\n");
    master.finish().expect(130);
    project.assert_nothing_left();
}

#[tokio::test]
async fn what_a_killed_command_leaves_is_swept_by_the_next_and_its_job_can_be_run() {
    let project = long().await;
    let mut killed = project.start(&["master"]);
    killed.await_load();
    killed.signal(Signal::KILL);
    assert_eq!(killed.finish().code, None);
    let left = project.stacks();
    for kind in ["container", "network", "volume"] {
        assert!(left.iter().any(|object| object.starts_with(kind)), "no {kind} is left: {left:?}");
    }
    let early = project.run(&["jobs", "retry", "1"]).expect(2);
    assert!(early.stderr.contains("job 1") && early.stderr.contains("running"), "{}", early.stderr);
    project.database.execute(END_LEASES).await;
    project.configure("40:120", "40:2");
    let retried = project.run(&["jobs", "retry", "1"]).expect(0);
    assert!(retried.stderr.contains("removed what an interrupted run left behind: "), "{}", retried.stderr);
    assert!(retried.stdout.starts_with("MEASURED: "), "{}", retried.stdout);
    project.assert_nothing_left();
    let job = project.json(&["jobs", "show", "1"], "loadmark.job/1");
    assert_eq!((&job["job"]["attempts"], &job["job"]["outcome"]), (&2.into(), &"measured".into()));
}

#[tokio::test]
async fn a_second_command_waits_its_turn_and_says_so() {
    let project = Project::new().await;
    project.configure("40:2", "40:6");
    let mut first = project.start(&["master"]);
    first.await_load();
    let mut second = project.start(&["test"]);
    let told = second.await_line("waits its turn");
    let expected = format!("job 2 waits its turn: job 1 (new-master of {})", &project.sha("main")[..12]);
    assert!(told.starts_with(&expected) && told.contains("is under way on this host since"), "{told}");
    assert!(first.is_running(), "the first was over before the second asked");
    first.finish().expect(0);
    let second = second.finish().expect(0);
    assert!(second.stdout.starts_with("UNCHANGED: "), "{}", second.stdout);
}

#[tokio::test]
async fn stacks_of_two_databases_neither_wait_for_nor_sweep_each_other() {
    let (quiet, busy) = (Project::new().await, Project::new().await);
    // As long as the other takes to start twice on a busy host.
    quiet.configure("40:2", "40:60");
    let mut master = quiet.start(&["master", "--format", "json"]);
    master.await_load();
    let stacks = quiet.stacks();
    let mut other = busy.start(&["master"]);
    other.await_load();
    other.signal(Signal::KILL);
    other.finish();
    busy.database.execute(END_LEASES).await;
    let swept = busy.run(&["jobs", "retry", "1"]).expect(0);
    assert!(swept.stderr.contains("removed what an interrupted run left behind: "), "{}", swept.stderr);
    busy.assert_nothing_left();
    assert_eq!(quiet.stacks(), stacks);
    assert!(master.is_running(), "the first was over before the second");
    let report = master.finish().expect(0).json("loadmark.report/1");
    let load = &report["master"]["rounds"][0]["load"][0];
    assert_eq!((&load["scheduled"], &load["failed"]), (&2400.into(), &0.into()));
    quiet.assert_nothing_left();
}
