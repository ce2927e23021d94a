//! Claims: the 99th percentile of taking the next job as a worker does, of so many queued ones.
//!
//! Arguments: how many jobs are queued, how many are taken. LOADMARK_BENCH_DATABASE: the URL of a database, whose
//! jobs are replaced. Prints milliseconds,
//! and the median's.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for scripts/bench.sh")]

use std::time::{Duration, Instant};

use loadmark::database::Database;
use loadmark::domain::ids::WorkerId;
use loadmark::domain::settings::{QueueSettings, Secret};
use loadmark::domain::verdict::Outcome;
use loadmark::queue::{Counter, Queue};
use sqlx::{Connection, PgConnection};

const PROJECT: &str = "shop";
/// Claims before those that count: connections are opened, statements prepared.
const UNCOUNTED: usize = 20;
/// Of three priorities. The oldest fifth is held back, where a claim looks first: half of it failed and waits, half waits
/// behind some thirty other jobs, of the lowest priority. No trigger fires: what a job's arrival tells others is not
/// measured here.
const FILL: &str = "
    INSERT INTO jobs (kind, project, benchmark, revision, asked_as, pull, served, priority, not_before, after_job)
    SELECT CASE n % 3 WHEN 0 THEN 'new-master' ELSE 'new-test' END, $1, 'browse',
           lpad(to_hex(n), 40, '0'), 'bench',
           CASE WHEN n % 3 <> 0 THEN n END, true, (ARRAY[30, 20, 10])[n % 3 + 1],
           CASE WHEN n <= $2 / 5 AND n % 2 = 0 THEN clock_timestamp() + interval '1 hour' END, NULL
    FROM generate_series(1, $2::int) AS n";
const HOLD: &str = "
    WITH firsts AS (
        SELECT array_agg(id) AS ids FROM (
            SELECT id FROM jobs WHERE state = 'queued' AND priority = 10 ORDER BY id DESC LIMIT 30) AS last)
    UPDATE jobs SET after_job = ids[id % 30 + 1] FROM firsts
    WHERE id IN (SELECT id FROM jobs WHERE state = 'queued' ORDER BY id LIMIT $1 / 5) AND not_before IS NULL";

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [queued, claims] = arguments.as_slice() else { panic!("QUEUED CLAIMS") };
    let url = Secret(std::env::var("LOADMARK_BENCH_DATABASE").unwrap());
    let store = Database::connect(&url, None).await.unwrap();
    fill(&url, queued.parse().unwrap()).await;

    let queue = Queue::new(store, QueueSettings::default());
    let mut counter = queue.counter("bench", WorkerId::random(), vec![PROJECT.to_owned()]);
    for _ in 0..UNCOUNTED {
        claim(&mut counter).await;
    }
    let mut took = Vec::new();
    for _ in 0..claims.parse().unwrap() {
        took.push(claim(&mut counter).await);
    }
    took.sort();
    let [p50, p99] = [50, 99].map(|percent| took[took.len() * percent / 100].as_secs_f64() * 1000.0);
    println!("{p99:.2} {p50:.2}");
}

/// In place of what is there.
async fn fill(url: &Secret, queued: i32) {
    let mut connection = PgConnection::connect(&url.0).await.unwrap();
    sqlx::query("TRUNCATE jobs, notices RESTART IDENTITY CASCADE").execute(&mut connection).await.unwrap();
    sqlx::query("SET session_replication_role = replica").execute(&mut connection).await.unwrap();
    sqlx::query(FILL).bind(PROJECT).bind(queued).execute(&mut connection).await.unwrap();
    sqlx::query(HOLD).bind(queued).execute(&mut connection).await.unwrap();
    // As autovacuum does within a minute: by what it then knows, other plans are made.
    sqlx::query("VACUUM ANALYZE jobs").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// Takes the next job and ends it; how long the taking took.
async fn claim(counter: &mut Counter) -> Duration {
    let began = Instant::now();
    let lease = counter.next().await.unwrap().expect("a job that nothing holds back");
    let took = began.elapsed();
    lease.finish(Outcome::Cancelled, None).await.unwrap();
    took
}
