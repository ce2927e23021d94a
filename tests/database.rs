//! The store against a real Postgres: connecting, migrating, runs and rounds, master sets.

use std::error::Error;
use std::net::TcpListener;

use futures_util::future::join_all;
use loadmark::database::{Database, DatabaseError};
use loadmark::domain::fault::Fault;
use loadmark::domain::ids::{InstanceId, JobId, RunId, WorkerId};
use loadmark::domain::job::{JobFilter, JobState};
use loadmark::domain::machine::MachineClass;
use loadmark::domain::run::{MeasurementHash, NewRun, RunFilter, RunState, StoredRun};
use loadmark::domain::series::Bucket;
use loadmark::domain::settings::{QueueSettings, Secret};
use loadmark::domain::verdict::Outcome;
use loadmark::queue::{Claim, Lease, Queue};

use crate::harness::postgres::database;
use crate::harness::samples;

/// An error with its sources, as it is logged.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str(&format!(": {source}"));
        next = source.source();
    }
    text
}

/// A job under a fresh lease.
async fn lease(store: &Database) -> Lease {
    let queue = Queue::new(store.clone(), QueueSettings::default());
    let job = queue.enqueue(&samples::request()).await.unwrap();
    match queue.claim(job, "bench-1", WorkerId::random()).await.unwrap() {
        Claim::Claimed(lease) => lease,
        other => panic!("{other:?}"),
    }
}

/// Stores a run with so many rounds of three measurements, changed by `edit`, and ends its job.
async fn store_run(store: &Database, rounds: u16, edit: impl FnOnce(&mut NewRun)) -> NewRun {
    let lease = lease(store).await;
    let mut run = samples::run(lease.job(), rounds);
    edit(&mut run);
    store.start_run(lease.job(), &run).await.unwrap();
    for number in 1..=rounds {
        store.store_round(lease.job(), run.id, &samples::round(number, 3)).await.unwrap();
    }
    store.complete_run(lease.job(), run.id).await.unwrap();
    lease.finish(Outcome::Measured, None).await.unwrap();
    run
}

async fn master_set(store: &Database, like: &NewRun) -> Option<RunId> {
    let stored = store
        .master_set(&like.project, &like.benchmark, &like.revision, &like.measurement_hash, &like.class)
        .await
        .unwrap();
    stored.map(|run| run.summary.id)
}

#[tokio::test]
async fn processes_that_start_together_migrate_once_and_agree_on_the_instance() {
    let database = database().await;
    let url = database.url();
    let all = join_all((0..8).map(|_| Database::connect(&url, None))).await;
    let instances: Vec<InstanceId> = all.into_iter().map(|one| one.unwrap().instance()).collect();
    assert!(instances.iter().all(|one| *one == instances[0]), "{instances:?}");
    assert_eq!(database.number("SELECT count(*) FROM instance").await, 1);
}

#[tokio::test]
async fn a_fresh_database_takes_the_instance_it_is_given_and_keeps_it() {
    let database = database().await;
    let given = InstanceId::random();
    let first = Database::connect(&database.url(), Some(given)).await.unwrap();
    assert_eq!(first.instance(), given);
    let second = Database::connect(&database.url(), Some(InstanceId::random())).await.unwrap();
    assert_eq!(second.instance(), given);
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused() {
    let database = database().await;
    database.connect().await;
    database
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                  VALUES (9999, 'of tomorrow', true, '', 0)",
        )
        .await;
    let error = Database::connect(&database.url(), None).await.unwrap_err();
    assert!(matches!(error, DatabaseError::Newer { found: 9999, .. }), "{error:?}");
    assert!(error.to_string().contains("install the newer loadmark"), "{error}");
    // The lock is free again, or this would hang.
    database.execute("DELETE FROM _sqlx_migrations WHERE version = 9999").await;
    database.connect().await;
}

#[tokio::test]
async fn servers_that_refuse_or_are_silent_are_named_without_credentials() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_port = silent.local_addr().unwrap().port();
    let closed_port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = |port| Secret(format!("postgres://somebody:hunter2@127.0.0.1:{port}/results"));
    let (silent_url, closed_url) = (url(silent_port), url(closed_port));
    let (no_answer, refused) = tokio::join!(Database::connect(&silent_url, None), Database::connect(&closed_url, None));
    for (error, port) in [(no_answer.unwrap_err(), silent_port), (refused.unwrap_err(), closed_port)] {
        let text = chain(&error);
        assert!(text.contains(&format!("connect to Postgres at 127.0.0.1:{port}")), "{text}");
        assert!(!text.contains("hunter2") && !text.contains("somebody"), "{text}");
    }

    let no_url = Database::connect(&Secret("hunter2".to_owned()), None).await.unwrap_err();
    assert!(chain(&no_url).contains("postgres://USER") && !chain(&no_url).contains("hunter2"), "{}", chain(&no_url));
}

#[tokio::test]
async fn ten_thousand_measurements_are_read_back_as_they_were_stored() {
    let database = database().await;
    let store = database.connect().await;
    let lease = lease(&store).await;
    let run = samples::run(lease.job(), 2);
    store.start_run(lease.job(), &run).await.unwrap();
    let mut rounds = [samples::round(1, 10_000), samples::round(2, 10_000)];
    rounds[1].faults = vec![Fault::ProcessRestarted { target: "shop\0".to_owned() }];
    rounds[1].rejected = vec!["a first reason\0".to_owned(), "a second".to_owned()];
    rounds[1].notes = vec!["throttled\0".to_owned()];
    let buckets = [(0.25, Some(0.5)), (10.0, None)].map(|(lower, upper)| Some(Bucket { lower, upper }));
    rounds[0].measurements.iter_mut().zip(buckets).for_each(|(measurement, bucket)| measurement.bucket = bucket);
    rounds[0].measurements[2].total = Some(2_000.0);
    for round in &rounds {
        store.store_round(lease.job(), run.id, round).await.unwrap();
    }
    store.complete_run(lease.job(), run.id).await.unwrap();

    let StoredRun { summary, rounds: stored } = store.run(&run.id.to_string()).await.unwrap();
    assert_eq!((summary.id, summary.job, summary.rounds), (run.id, lease.job().id, (2, 2)));
    assert_eq!((summary.state, summary.is_master), (RunState::Complete, true));
    assert_eq!((summary.revision, summary.class), (run.revision, run.class));
    assert_eq!(
        stored[1].invalid.as_deref(),
        Some("the process behind shop\u{fffd} was started again in the window; see its log")
    );
    assert_eq!(stored[1].rejected, ["a first reason\u{fffd}", "a second"]);
    assert_eq!(stored[1].notes, ["throttled\u{fffd}"]);
    assert_eq!(stored[0].invalid, None);
    for (stored, round) in stored.iter().zip(&mut rounds) {
        round.measurements.sort_by(|a, b| a.key.cmp(&b.key));
        assert_eq!(stored.measurements, round.measurements);
        assert_eq!(stored.missing, round.missing);
        assert_eq!((&stored.windows, &stored.steps), (&round.windows, &round.steps));
        assert_eq!(stored.load.len(), 1, "the warm-up is no load");
        assert_eq!((stored.load[0].planned_rate, stored.load[0].achieved_rate), (200.0, 199.6));
        assert_eq!((stored.load[0].failed, stored.load[0].scheduled), (4, 2000));
    }
    assert_eq!(database.number("SELECT count(*) FROM series").await, 10_000, "a series is stored once");
    assert_eq!(store.run_configuration(run.id).await.unwrap(), run.configuration);
}

#[tokio::test]
async fn configurations_and_machines_are_stored_once_and_units_make_series_of_their_own() {
    let database = database().await;
    let store = database.connect().await;
    for _ in 0..2 {
        store_run(&store, 1, |_| ()).await;
    }
    let lease = lease(&store).await;
    let run = samples::run(lease.job(), 1);
    store.start_run(lease.job(), &run).await.unwrap();
    let mut round = samples::round(1, 3);
    round.measurements[1].info.unit = loadmark::domain::limit::Unit::Ratio;
    // Longer than an index entry may be.
    round.measurements[2].key.labels.insert("url".to_owned(), samples::long_text(20_000));
    store.store_round(lease.job(), run.id, &round).await.unwrap();
    assert_eq!(database.number("SELECT count(*) FROM configurations").await, 1);
    assert_eq!(database.number("SELECT count(*) FROM machines").await, 1);
    assert_eq!(database.number("SELECT count(*) FROM series").await, 5);
    let stored = store.run(&run.id.to_string()).await.unwrap();
    round.measurements.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(stored.rounds[0].measurements, round.measurements);
}

#[tokio::test]
async fn half_a_run_is_partial_and_never_a_master_set() {
    let database = database().await;
    let store = database.connect().await;
    let lease = lease(&store).await;
    let run = samples::run(lease.job(), 2);
    store.start_run(lease.job(), &run).await.unwrap();
    store.store_round(lease.job(), run.id, &samples::round(1, 3)).await.unwrap();

    let error = store.complete_run(lease.job(), run.id).await.unwrap_err();
    assert!(matches!(error, DatabaseError::RoundsMissing { stored: 1, planned: 2, .. }), "{error:?}");
    let stored = store.run(&run.id.to_string()).await.unwrap();
    assert_eq!((stored.summary.state, stored.summary.rounds, stored.rounds.len()), (RunState::Partial, (1, 2), 1));
    assert_eq!(master_set(&store, &run).await, None);
    let digits = &run.revision.sha()[..8];
    assert_eq!(store.latest_run_of_revision("shop", Some("browse"), digits).await.unwrap(), None);
    assert!(store.invalidate(run.id, "half", "me").await.is_err());

    store.store_round(lease.job(), run.id, &samples::round(2, 3)).await.unwrap();
    store.complete_run(lease.job(), run.id).await.unwrap();
    assert_eq!(master_set(&store, &run).await, Some(run.id));
    let closed = store.store_round(lease.job(), run.id, &samples::round(3, 3)).await.unwrap_err();
    assert!(matches!(closed, DatabaseError::RunClosed { .. }), "{closed:?}");
}

#[tokio::test]
async fn a_job_points_to_a_run_of_an_earlier_one_only_under_its_claim() {
    let database = database().await;
    let store = database.connect().await;
    let stored = store_run(&store, 1, |_| ()).await;
    let lease = lease(&store).await;
    store.point_to_run(lease.job(), stored.id).await.unwrap();
    let claim = lease.job().clone();
    lease.finish(Outcome::Measured, None).await.unwrap();
    assert_eq!(store.job(claim.id).await.unwrap().run, Some(stored.id));
    let stale = store.point_to_run(&claim, stored.id).await.unwrap_err();
    assert!(matches!(stale, DatabaseError::StaleClaim { .. }), "{stale:?}");
    assert_eq!(
        store.runs(&RunFilter { project: None, benchmark: None, state: None, limit: 9 }).await.unwrap().len(),
        1
    );
}

#[tokio::test]
async fn a_round_is_stored_whole_or_not_at_all() {
    let database = database().await;
    let store = database.connect().await;
    let lease = lease(&store).await;
    let run = samples::run(lease.job(), 1);
    store.start_run(lease.job(), &run).await.unwrap();
    let mut round = samples::round(1, 3);
    round.measurements[2].value = f64::NAN;
    store.store_round(lease.job(), run.id, &round).await.unwrap_err();
    for count in [
        "SELECT count(*) FROM rounds",
        "SELECT count(*) FROM measurements",
        "SELECT count(*) FROM series",
        "SELECT count(*) FROM missing_data",
    ] {
        assert_eq!(database.number(count).await, 0, "{count}");
    }
}

#[tokio::test]
async fn the_master_set_is_the_latest_one_that_may_be_compared() {
    let database = database().await;
    let store = database.connect().await;
    let first = store_run(&store, 1, |_| ()).await;
    let second = store_run(&store, 1, |_| ()).await;
    store_run(&store, 1, |run| run.is_master = false).await;
    store_run(&store, 1, |run| run.measurement_hash = MeasurementHash("ff".repeat(32))).await;
    store_run(&store, 1, |run| run.class = MachineClass("laptop".to_owned())).await;
    store_run(&store, 1, |run| run.benchmark = "buy".to_owned()).await;
    store_run(&store, 1, |run| run.revision = samples::revision('b')).await;
    assert_eq!(master_set(&store, &first).await, Some(second.id));

    store.invalidate(second.id, "the host was busy", "ada").await.unwrap();
    assert_eq!(master_set(&store, &first).await, Some(first.id));
    let invalidation = store.invalidation(second.id).await.unwrap().unwrap();
    assert_eq!((invalidation.reason.as_str(), invalidation.by.as_str()), ("the host was busy", "ada"));
    assert_eq!(store.invalidation(first.id).await.unwrap(), None);
    assert!(store.invalidate(second.id, "again", "ada").await.is_err());
    assert!(matches!(store.invalidate(RunId::random(), "", "").await, Err(DatabaseError::Unknown { .. })));
}

#[tokio::test]
async fn an_invalid_round_counts_only_once_it_is_made_up_for() {
    let database = database().await;
    let store = database.connect().await;
    let lease = lease(&store).await;
    let run = samples::run(lease.job(), 1);
    store.start_run(lease.job(), &run).await.unwrap();
    let mut invalid = samples::round(1, 3);
    invalid.faults = vec![Fault::ContainersEnded { names: vec!["store-1".to_owned()] }];
    store.store_round(lease.job(), run.id, &invalid).await.unwrap();
    store.store_round(lease.job(), run.id, &samples::round(2, 3)).await.unwrap();
    store.complete_run(lease.job(), run.id).await.unwrap();
    assert_eq!(master_set(&store, &run).await, Some(run.id));
    database.execute("UPDATE rounds SET invalid = 'this one, too' WHERE number = 2").await;
    assert_eq!(master_set(&store, &run).await, None);
}

#[tokio::test]
async fn runs_are_found_by_their_first_digits_and_by_revision() {
    let database = database().await;
    let store = database.connect().await;
    let id = |text: &str| text.parse::<RunId>().unwrap();
    let one = store_run(&store, 1, |run| run.id = id("12345678-0000-4000-8000-000000000001")).await;
    let two = store_run(&store, 1, |run| {
        run.id = id("1234ffff-0000-4000-8000-000000000002");
        run.revision = format!("aaaa{}", "b".repeat(36)).parse().unwrap();
    })
    .await;
    let dirty = store_run(&store, 1, |run| run.revision = run.revision.with_dirty_tree("c0ffee")).await;

    assert_eq!(store.run("12345").await.unwrap().summary.id, one.id);
    assert_eq!(store.run(&two.id.short().to_uppercase()).await.unwrap().summary.id, two.id);
    let error = store.run("1234").await.unwrap_err().to_string();
    assert!(error.contains(&one.id.to_string()) && error.contains(&two.id.to_string()), "{error}");
    for unknown in ["abcd0000", "HEAD", "12"] {
        assert!(matches!(store.run(unknown).await, Err(DatabaseError::Unknown { .. })), "{unknown}");
    }

    let of = async |prefix: &str| store.latest_run_of_revision("shop", Some("browse"), prefix).await;
    let found = async |prefix: &str| of(prefix).await.unwrap().map(|run| run.summary.id);
    assert_eq!(found("aaaab").await, Some(two.id));
    assert_eq!(found(&"a".repeat(40)).await, Some(one.id));
    assert_eq!(found(&dirty.revision.to_string()).await, Some(dirty.id));
    assert_eq!(found("cccc").await, None);
    assert_eq!(found("").await, None);
    assert!(matches!(of("aaaa").await, Err(DatabaseError::Ambiguous { .. })));

    let other = store_run(&store, 1, |run| {
        run.benchmark = "buy".to_owned();
        run.revision = samples::revision('d');
    })
    .await;
    assert_eq!(found("dddd").await, None, "that benchmark has none");
    let of_any = store.latest_run_of_revision("shop", None, "dddd").await.unwrap();
    assert_eq!(of_any.map(|run| run.summary.id), Some(other.id));
}

#[tokio::test]
async fn lists_are_filtered_and_begin_with_the_newest() {
    let database = database().await;
    let store = database.connect().await;
    let first = store_run(&store, 1, |_| ()).await;
    let second = store_run(&store, 1, |run| run.benchmark = "buy".to_owned()).await;
    let all = RunFilter { project: None, benchmark: None, state: None, limit: 10 };
    let list = async |filter: RunFilter| -> Vec<RunId> {
        store.runs(&filter).await.unwrap().into_iter().map(|run| run.id).collect()
    };
    assert_eq!(list(all.clone()).await, [second.id, first.id]);
    assert_eq!(list(RunFilter { limit: 1, ..all.clone() }).await, [second.id]);
    assert_eq!(list(RunFilter { benchmark: Some("browse".to_owned()), ..all.clone() }).await, [first.id]);
    assert_eq!(list(RunFilter { project: Some("bank".to_owned()), ..all.clone() }).await, []);
    assert_eq!(list(RunFilter { state: Some(RunState::Partial), ..all }).await, []);

    let jobs = store.jobs(&JobFilter { project: Some("shop".to_owned()), limit: 10 }).await.unwrap();
    assert_eq!(jobs.iter().map(|job| job.run).collect::<Vec<_>>(), [Some(second.id), Some(first.id)]);
    assert!(jobs.iter().all(|job| matches!(job.state, JobState::Finished { outcome: Outcome::Measured, .. })));
    assert_eq!(store.jobs(&JobFilter { project: Some("bank".to_owned()), limit: 10 }).await.unwrap(), []);
}

#[tokio::test]
async fn a_reason_with_odd_bytes_does_not_keep_a_job_from_ending() {
    let database = database().await;
    let store = database.connect().await;
    let lease = lease(&store).await;
    let job = lease.job().id;
    lease.finish(Outcome::InfrastructureFailed, Some("log: \0 end")).await.unwrap();
    let JobState::Finished { detail, .. } = store.job(job).await.unwrap().state else { panic!("not finished") };
    assert_eq!(detail.as_deref(), Some("log: \u{fffd} end"));
}

#[tokio::test]
async fn impossible_rows_are_refused_by_the_tables_and_odd_ones_are_errors() {
    let database = database().await;
    let store = database.connect().await;
    store_run(&store, 1, |_| ()).await;
    for (sql, constraint) in [
        (
            "UPDATE jobs SET state = 'queued', outcome = NULL, finished_at = NULL, host = 'bench-1'",
            "jobs_running_carries_its_lease",
        ),
        ("UPDATE jobs SET outcome = NULL", "jobs_finished_carries_its_outcome"),
        ("UPDATE jobs SET awaited_host = 'x', awaited_until = now()", "jobs_awaited_only_while_queued"),
        ("UPDATE jobs SET kind = 'odd'", "jobs_kind_check"),
        ("UPDATE jobs SET kind = 'experiment', force = true", "jobs_only_masters_are_forced"),
        ("UPDATE runs SET state = 'partial'", "runs_completed_unless_partial"),
        ("UPDATE runs SET state = 'invalidated'", "runs_invalidated_with_its_reason"),
        (
            "DELETE FROM measurements; DELETE FROM missing_data; UPDATE rounds SET arm = 'candidate'",
            "rounds_run_id_arm_fkey",
        ),
        ("UPDATE measurements SET value = 'NaN'", "measurements_value_check"),
        ("INSERT INTO instance (id) VALUES (gen_random_uuid())", "instance_pkey"),
    ] {
        assert_eq!(database.refusal(sql).await.as_deref(), Some(constraint), "{sql}");
    }

    database.execute("UPDATE jobs SET outcome = 'fine, I guess'").await;
    let error = store.job(JobId(1)).await.unwrap_err();
    assert!(matches!(error, DatabaseError::Row { .. }), "{error:?}");
    assert!(error.to_string().contains("job 1") && error.to_string().contains("fine, I guess"), "{error}");
}
