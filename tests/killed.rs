//! `kill -9` of a command at each of its steps: the next one finds a clean house, and the job can be run again.

use rustix::process::Signal;

use crate::harness::jobs::END_LEASES;
use crate::harness::project::Project;

/// In the order in which they happen.
const STEPS: [&str; 12] =
    ["check-out", "build", "up", "ready", "warm-up", "load", "drain", "queries", "snapshot", "logs", "down", "compare"];

/// Jobs to be run again: those that were killed in these steps.
const AGAIN: [&str; 2] = ["check-out", "down"];

#[tokio::test]
async fn whatever_step_a_command_is_killed_in_the_next_one_begins_from_scratch() {
    let project = Project::new().await;
    project.configure("40:2", "40:1");
    // Short steps are told in the log alone.
    project.configure("queue:", "log: {level: info}\nqueue:");
    for step in STEPS {
        let mut master = project.start(&["master", "--force"]);
        master.await_line(&format!("step=\"{step}\""));
        master.signal(Signal::KILL);
        assert_eq!(master.finish().code, None, "killed too late in {step}");
        project.database.execute(END_LEASES).await;
    }
    for step in AGAIN {
        let job = 1 + STEPS.iter().position(|known| *known == step).unwrap();
        let again = project.run(&["jobs", "retry", &job.to_string()]).expect(0);
        assert!(again.stdout.starts_with("MEASURED: "), "{}", again.stdout);
        project.assert_nothing_left();
        let job = project.json(&["jobs", "show", &job.to_string()], "loadmark.job/1");
        assert_eq!((&job["job"]["attempts"], &job["job"]["outcome"]), (&2.into(), &"measured".into()));
    }
    let number = async |sql| project.database.number(sql).await;
    // Those that were run again, and the one that was killed when all was stored.
    assert_eq!(number("SELECT count(*) FROM runs WHERE state = 'complete'").await, 3);
    assert_eq!(number("SELECT count(*) FROM rounds").await, 3);
    let kinds = "SELECT count(DISTINCT number) FROM (SELECT count(*) AS number FROM measurements GROUP BY run_id) runs";
    assert_eq!(number(kinds).await, 1, "a run has other measurements than another");
    assert_eq!(number("SELECT count(*) FROM jobs WHERE state = 'running'").await, 0);
}
