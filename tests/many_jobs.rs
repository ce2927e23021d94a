//! What a claim costs where many jobs wait.

use std::time::Duration;

use loadmark::domain::ids::WorkerId;

use crate::harness::jobs::{HOST, patient, queue, soon};
use crate::harness::postgres::database;

/// 20,000 jobs, without what triggers tell of them. The oldest fifth is held back: half by a failure, half by the last
/// thirty. Postgres knows its numbers, as it soon does by itself.
const FILL: &str = "
    SET session_replication_role = replica;
    INSERT INTO jobs (kind, project, benchmark, revision, asked_as, served, priority, not_before, after_job)
    SELECT 'new-master', 'shop', 'browse', lpad(to_hex(n), 40, '0'), 'main', true, (ARRAY[30, 20, 10])[n % 3 + 1],
           CASE WHEN n <= 4000 AND n % 2 = 0 THEN clock_timestamp() + interval '1 hour' END,
           CASE WHEN n <= 4000 AND n % 2 = 1 THEN 20000 - n % 30 END
    FROM generate_series(1, 20000) AS n;
    ANALYZE jobs";
const UPDATES: &str = "SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'jobs'";
const ROWS_READ: &str = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables WHERE relname = 'jobs'";

#[tokio::test]
async fn a_claim_reads_few_rows_however_many_wait() {
    let database = database().await;
    let queue = queue(&database, patient()).await;
    database.execute(FILL).await;
    let mut worker = queue.counter(HOST, WorkerId::random(), vec!["shop".to_owned()]);
    let lease = worker.next().await.unwrap().expect("a job that nothing holds back");
    // The first of the most urgent that is not held back.
    assert_eq!(lease.job().id.0, 4002);
    // Postgres counts a session's work some seconds later, all of it at once.
    soon(async {
        while database.number(UPDATES).await == 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    let rows = database.number(ROWS_READ).await;
    assert!(rows < 200, "a claim read {rows} rows");
}
