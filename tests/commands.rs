//! What commands say of jobs and runs that are stored: no stack is started.

use loadmark::domain::ids::WorkerId;
use loadmark::domain::settings::QueueSettings;
use loadmark::domain::verdict::Outcome;
use loadmark::queue::{Claim, Lease, Queue};

use crate::harness::jobs::{self, END_LEASES};
use crate::harness::project::Project;
use crate::harness::samples;

/// A job of the project under a fresh lease.
async fn lease(project: &Project) -> Lease {
    let queue = Queue::new(project.database.connect().await, QueueSettings::default());
    let request = loadmark::domain::job::JobRequest { project: project.name().to_owned(), ..samples::request() };
    let job = queue.enqueue(&request).await.unwrap();
    match queue.claim(job, jobs::HOST, WorkerId::random()).await.unwrap() {
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
