//! F11: the tools that a manager runs are killed under it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::harness::engine::labelled;
use crate::harness::manager::{Managed, until};

use super::invariants;

/// Processes whose command line has all of these words, and the folder's path somewhere.
fn processes(folder: &Path, words: &[&str]) -> Vec<Pid> {
    let folder = folder.display().to_string();
    let is_meant =
        |line: &str| line.contains(&folder) && words.iter().all(|word| line.split('\0').any(|one| one == *word));
    let all = fs::read_dir("/proc").unwrap().flatten();
    let numbers = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    numbers
        .filter(|number| fs::read_to_string(format!("/proc/{number}/cmdline")).is_ok_and(|line| is_meant(&line)))
        .filter_map(Pid::from_raw)
        .collect()
}

/// Waits for a tool with these words, and then for `ripe`; kills it by SIGKILL.
async fn kill_tool(managed: &Managed, words: &[&str], ripe: impl Fn() -> bool) {
    let folder = managed.project.folder();
    let looking = async {
        loop {
            let found = processes(folder, words);
            if !found.is_empty() && ripe() {
                // Some of them may have ended this instant.
                return found.into_iter().filter(|pid| kill_process(*pid, Signal::KILL).is_ok()).count();
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let killed = tokio::time::timeout(Duration::from_secs(120), looking).await.expect("the tool is run");
    assert!(killed > 0, "it had ended already");
}

#[tokio::test(flavor = "multi_thread")]
async fn f11_a_compose_that_is_killed_while_it_starts_the_stack() {
    let managed = Managed::with_master().await;
    let manager = managed.serve();
    let pull = managed.open_pull().await;
    kill_tool(&managed, &["up", "--detach"], || {
        labelled(&managed.project.label()).iter().any(|object| object.starts_with("container"))
    })
    .await;
    const REQUEUED: &str = "SELECT count(*) FROM jobs WHERE kind = 'new-test' AND last_error IS NOT NULL";
    managed.await_number("the attempt failed by our fault", REQUEUED, 1).await;
    assert_eq!(managed.conclusion("change").await, "success");
    managed.end(manager).await;
    invariants::hold(&managed, pull, 1).await;
    assert_eq!(managed.attempts().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn f11_a_compose_that_is_killed_while_it_builds() {
    let managed = Managed::with_master().await;
    let nap = "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY server.pl behaviour /app/\nRUN sleep 3\n\
               CMD [\"perl\", \"/app/server.pl\"]\n";
    managed.project.branch("slow", "Dockerfile", nap);
    let manager = managed.serve();
    let pull = managed.open_pull_of("slow").await;
    kill_tool(&managed, &["build", "app"], || true).await;
    const REQUEUED: &str = "SELECT count(*) FROM jobs WHERE kind = 'new-test' AND last_error IS NOT NULL";
    managed.await_number("the attempt failed by our fault", REQUEUED, 1).await;
    until("it is built and measured", async || managed.check("slow")?.conclusion).await;
    managed.end(manager).await;
    invariants::hold(&managed, pull, 1).await;
    assert_eq!(managed.attempts().await, 2);
    const OUTCOME: &str = "SELECT count(*) FROM jobs WHERE kind = 'new-test' AND outcome = 'service-failed'";
    assert_eq!(managed.project.database.number(OUTCOME).await, 0, "the commit was blamed");
}
