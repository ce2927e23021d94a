//! F30, F34: what one job or one manager does to others.

use rustix::process::Signal;

use crate::harness::manager::{Managed, until};

use super::invariants;

#[tokio::test(flavor = "multi_thread")]
async fn f30_a_job_that_takes_its_worker_down_each_time_is_discarded() {
    let managed = Managed::new().await;
    managed.project.configure("back_off: 1s", "back_off: 1s, attempts: 2");
    managed.project.branch("innocent", "notes", "of another pull request\n");
    managed.measure_master().await;
    let mut pull = 0;
    for attempt in 1..=2 {
        let manager = managed.serve_with(&[("LOADMARK_FAILPOINT", "load-started=kill")]);
        if attempt == 1 {
            pull = managed.open_pull().await;
        }
        assert_eq!(manager.finish().code, None, "attempt {attempt} takes it down");
        assert_eq!(managed.attempts().await, attempt);
    }
    let manager = managed.serve();
    let other = managed.open_pull_of("innocent").await;
    assert_eq!(managed.conclusion("innocent").await, "success");
    managed.conclusion("change").await;
    managed.end(manager).await;
    let check = managed.check("change").unwrap();
    assert_ne!(check.conclusion.as_deref(), Some("success"));
    let told = format!("{:?} {:?} {:?}", check.title, check.summary, check.text);
    for part in ["attempt 1: ", "attempt 2: ", "fell silent"] {
        assert!(told.contains(part), "the check does not explain `{part}`: {told}");
    }
    const DISCARDED: &str = "SELECT count(*) FROM jobs WHERE outcome = 'discarded'";
    assert_eq!(managed.project.database.number(DISCARDED).await, 1);
    for pull in [pull, other] {
        invariants::hold(&managed, pull, 2).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f34_two_managers_on_a_host_sweep_only_what_is_their_own() {
    let (quiet, busy) = (Managed::with_load_of(40).await, Managed::with_load_of(4).await);
    let undisturbed = quiet.serve();
    let quiet_pull = quiet.open_pull().await;
    quiet.await_load().await;
    let stacks = quiet.project.stacks();
    let killed = busy.serve();
    let busy_pull = busy.open_pull().await;
    busy.await_load().await;
    killed.signal(Signal::KILL);
    killed.finish();
    let mut again = busy.serve();
    until("the dead manager's stack is swept", async || busy.project.stacks().is_empty().then_some(())).await;
    assert!(again.is_running());
    assert_eq!(quiet.project.stacks(), stacks, "the other manager's stack was touched");
    assert_eq!(busy.conclusion("change").await, "success");
    busy.end(again).await;
    assert_eq!(quiet.conclusion("change").await, "success");
    quiet.end(undisturbed).await;
    invariants::hold(&busy, busy_pull, 1).await;
    invariants::hold(&quiet, quiet_pull, 1).await;
    assert_eq!((quiet.attempts().await, busy.attempts().await), (1, 2));
}
