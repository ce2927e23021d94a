//! What commands say of jobs and runs that are stored: no stack is started.

use loadmark::domain::ids::WorkerId;
use loadmark::domain::settings::QueueSettings;
use loadmark::domain::verdict::Outcome;
use loadmark::queue::{Claim, Lease, Queue};
use rustix::process::Signal;
use tokio::net::TcpListener;

use crate::harness::jobs::{END_LEASES, HOST, soon};
use crate::harness::project::{DATABASE, Project};
use crate::harness::samples;
use crate::harness::way::Way;

/// A job of the project under a fresh lease.
async fn lease(project: &Project) -> Lease {
    lease_on(HOST, project).await
}

/// The same on a host of that name.
async fn lease_on(host: &str, project: &Project) -> Lease {
    let queue = Queue::new(project.database.connect().await, QueueSettings::default());
    let request = loadmark::domain::job::JobRequest { project: project.name().to_owned(), ..samples::request() };
    let job = queue.enqueue(&request).await.unwrap();
    match queue.claim(job, host, WorkerId::random()).await.unwrap() {
        Claim::Claimed(lease) => lease,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_job_whose_holder_was_killed_is_not_shown_as_running() {
    let project = Project::new().await;
    for args in [&["jobs"][..], &["jobs", "show", "2"], &["jobs", "cancel", "3"]] {
        let silent = lease(&project).await;
        drop(silent);
        project.database.execute(END_LEASES).await;
        let told = project.run(args).expect(0);
        assert!(!told.stdout.contains("running"), "{args:?}: {}", told.stdout);
        assert_eq!(told.stderr, "", "{args:?}");
    }
    assert_eq!(project.json(&["jobs", "show", "2"], "loadmark.job/1")["job"]["state"], "queued");
    assert_eq!(project.json(&["jobs", "show", "3"], "loadmark.job/1")["job"]["outcome"], "cancelled");
}

#[tokio::test]
async fn a_run_tells_its_configuration_and_who_took_it_back() {
    let project = Project::new().await;
    let (store, lease) = (project.database.connect().await, lease(&project).await);
    let run = samples::run(lease.job(), 1);
    store.start_run(lease.job(), &run).await.unwrap();
    store.store_round(lease.job(), run.id, &samples::round(1, 3)).await.unwrap();
    store.complete_run(lease.job(), run.id).await.unwrap();
    lease.finish(Outcome::Measured, None).await.unwrap();

    let id = run.id.to_string();
    assert_eq!(project.run(&["runs", "show", &id, "--configuration"]).expect(0).stdout, run.configuration);
    let told = project.json(&["runs", "show", &id, "--configuration"], "loadmark.configuration/1");
    assert_eq!((&told["run"], &told["text"]), (&id.clone().into(), &run.configuration.into()));

    project.run(&["runs", "invalidate", &id, "--reason", "the host was busy"]).expect(0);
    let shown = project.json(&["runs", "show", &id], "loadmark.run/1");
    assert_eq!(
        (&shown["run"]["state"], &shown["invalidated"]["reason"]),
        (&"invalidated".into(), &"the host was busy".into())
    );
    let text = project.run(&["runs", "show", &id]).expect(0).stdout;
    assert!(text.contains("\ninvalidated by command line, ") && text.contains(": the host was busy\n"), "{text}");
}

#[tokio::test]
async fn one_file_does_not_take_the_reports_of_several_benchmarks() {
    let project = Project::new().await;
    project.configure("  web:\n", "  web: &web\n");
    project.write(
        "config.yaml",
        std::fs::read_to_string(project.folder().join("config.yaml")).unwrap() + "  again: *web\n",
    );
    for command in ["master", "test"] {
        let refused = project.run(&[command, "--output", "report.json"]).expect(2);
        let expected = "loadmark: --output takes one report, and there are several benchmarks: again, web; choose one by \
                        --benchmark\n";
        assert_eq!(refused.stderr, expected);
    }
    assert_eq!(project.json(&["jobs"], "loadmark.jobs/1")["jobs"], serde_json::json!([]));
}

#[tokio::test]
async fn a_stored_run_of_any_benchmark_is_found_by_its_revision() {
    let project = Project::new().await;
    let (store, lease) = (project.database.connect().await, lease(&project).await);
    let run = loadmark::domain::run::NewRun {
        revision: project.sha("main").parse().unwrap(),
        ..samples::run(lease.job(), 1)
    };
    store.start_run(lease.job(), &run).await.unwrap();
    store.store_round(lease.job(), run.id, &samples::round(1, 3)).await.unwrap();
    store.complete_run(lease.job(), run.id).await.unwrap();
    // It is found, and the configuration no longer has its benchmark.
    let refused = project.run(&["compare", "main", "main"]).expect(2);
    assert_eq!(refused.stderr, "loadmark: there is no benchmark `browse`; the configuration has web\n");
}

#[tokio::test]
async fn a_stop_while_the_database_is_silent_ends_the_command() {
    let project = Project::new().await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://somebody@{}/results", silent.local_addr().unwrap());
    let commands = [&["jobs"][..], &["runs"], &["compare", "main", "main"], &["test"], &["master"]];
    for args in commands {
        let command = project.start_with(args, &[(DATABASE, &url)]);
        let _connected = soon(silent.accept()).await.unwrap();
        command.signal(Signal::TERM);
        assert_eq!(command.finish().expect(130).stderr, "loadmark: interrupted\n", "{args:?}");
    }
}

/// The proxy needs a thread while the test waits for the command.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_waits_its_turn_outlives_an_outage_of_the_database() {
    let project = Project::new().await;
    project.configure("{repository: compose.yaml}", "{repository: none.yaml}");
    let here = loadmark::host::record(String::new()).unwrap().host;
    let (first, way) = (lease_on(&here, &project).await, Way::to(&project.database).await);
    let mut command = project.start_with(&["test"], &[(DATABASE, way.url())]);
    command.await_line("job 2 waits its turn: job 1 ");
    way.cut();
    command.await_line("job 2 waits for its database: failed to ");
    assert!(command.is_running());
    way.mend();
    command.await_line("job 2 waits its turn: job 1 ");
    first.finish(Outcome::Measured, None).await.unwrap();
    // Its turn came, and with it the absent compose file.
    let ended = command.finish().expect(3);
    assert_eq!(ended.stderr.matches("waits for its database").count(), 1, "{}", ended.stderr);
    project.assert_nothing_left();
}

#[tokio::test]
async fn a_check_that_fails_leaves_no_tree() {
    let project = Project::new().await;
    project.configure("{repository: compose.yaml}", "{repository: none.yaml}");
    project.run(&["check"]).expect(3);
    let kept = std::fs::read_dir(project.folder().join("data")).unwrap().map(|entry| entry.unwrap().file_name());
    let trees: Vec<_> = kept.filter(|name| name.to_string_lossy().starts_with("check")).collect();
    assert!(trees.is_empty(), "{trees:?}");
}
