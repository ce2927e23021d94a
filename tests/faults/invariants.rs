//! What holds after every fault.

use crate::harness::manager::Managed;

/// I1: every delivery that was accepted and asks for a test has its one job, and no job came from elsewhere.
const UNHANDLED: &str = "SELECT count(*) FROM deliveries WHERE handled_at IS NULL";
/// I2: what was measured for one attempt was stored once.
const RESULT_SETS: &str = "SELECT count(*) FROM (
    SELECT FROM runs WHERE state = 'complete' GROUP BY benchmark, revision, measurement_hash, job_id, token
    HAVING count(*) > 1) AS twice";
/// I2: rounds of an attempt are never found under another.
const MIXED: &str = "SELECT count(*) FROM runs WHERE state = 'complete'
    AND planned_rounds <> (SELECT count(*) FROM rounds WHERE run_id = runs.id)";
/// I5: no job is left half-done.
const OPEN: &str = "SELECT count(*) FROM jobs WHERE state <> 'finished'";
/// Notices whose last change did not reach GitHub.
const UNWRITTEN: &str = "SELECT count(*) FROM notices WHERE written < change";

/// Asserts I1 to I5 of a project at rest, whose one pull request was to be tested at `tests` commits.
pub(super) async fn hold(managed: &Managed, pull: i32, tests: i64) {
    let number = async |sql| managed.project.database.number(sql).await;
    assert_eq!(number(UNHANDLED).await, 0, "I1: a delivery was not acted upon");
    assert_eq!(number("SELECT count(*) FROM jobs WHERE kind = 'new-test'").await, tests, "I1: tests");
    assert_eq!(number(RESULT_SETS).await, 0, "I2: results stand twice");
    assert_eq!(number(MIXED).await, 0, "I2: rounds of another attempt");
    let ours = |author: &str| author.ends_with("[bot]");
    let comments = managed.github.comments(pull).into_iter().filter(|comment| ours(&comment.author)).count();
    assert_eq!(comments, 1, "I3: comments");
    let head = managed.github.pull(pull).head;
    assert_eq!(managed.github.checks(&head).len(), 1, "I3: checks");
    assert_eq!(number(OPEN).await, 0, "I5: jobs");
    assert_eq!(number(UNWRITTEN).await, 0, "I5: notices");
    managed.project.assert_nothing_left();
}
