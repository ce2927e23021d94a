//! Pairs that are killed or stopped in the middle: nothing is left, nothing is compared, and the job can be run again.

use rustix::process::Signal;

use super::{project, runs};
use crate::harness::jobs::END_LEASES;

#[tokio::test]
async fn half_a_comparison_leaves_nothing_but_partial_runs_and_can_be_run_again() {
    let project = project().await;
    let mut killed = project.start(&["test", "slow", "--compare", "paired", "--rounds", "6"]);
    killed.await_line("pair 2 of 6");
    killed.await_load();
    killed.signal(Signal::KILL);
    assert_eq!(killed.finish().code, None);
    assert_ne!(project.stacks(), Vec::<String>::new());
    project.database.execute(END_LEASES).await;

    // Its job is stopped this time, in the second round of a pair.
    let mut stopped = project.start(&["jobs", "retry", "1"]);
    stopped.await_line("removed what an interrupted run left behind: ");
    stopped.await_line("(second) · load");
    stopped.signal(Signal::TERM);
    stopped.finish().expect(130);
    project.assert_nothing_left();
    assert!(runs(&project).iter().all(|run| run["state"] == "partial" && run["paired"] == true));
    assert_eq!(runs(&project).len(), 4);
    let refused = project.run(&["compare", "main", "slow"]).expect(2).stderr;
    assert!(refused.contains("no run of such a revision is stored"), "{refused}");
    // No half of a pair is a master set.
    let master = project.run(&["master"]).expect(0).stdout;
    assert!(master.contains("is stored, 1 valid round\n"), "{master}");
    project.assert_nothing_left();
}
