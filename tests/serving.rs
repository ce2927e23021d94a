//! Workers as processes: they take the queue's jobs, bring them to their ends, drain, give back, and follow one another.

use std::future::Future;
use std::time::{Duration, Instant};

use loadmark::domain::github::PullNumber;
use loadmark::domain::ids::JobId;
use loadmark::domain::job::{Job, JobKind, JobRequest, JobState};
use loadmark::domain::order::{Order, Priority, Terms};
use loadmark::domain::settings::QueueSettings;
use loadmark::domain::verdict::Outcome;
use loadmark::queue::Queue;
use rustix::process::Signal;

use crate::harness::jobs::END_LEASES;
use crate::harness::program::Started;
use crate::harness::project::Project;

/// A job of some seconds; the machine is shared.
const LIMIT: Duration = Duration::from_secs(180);

/// A project whose workers say what they do.
async fn talkative() -> Project {
    let project = Project::new().await;
    project.configure("data: data\n", "data: data\nlog: {level: info}\n");
    project
}

/// The same with a load that goes on until it is stopped.
async fn long() -> Project {
    let project = talkative().await;
    project.configure("40:2", "40:120");
    project
}

async fn queue(project: &Project) -> Queue {
    Queue::new(project.database.connect().await, QueueSettings::default())
}

async fn job(project: &Project, id: i64) -> Job {
    project.database.connect().await.job(JobId(id)).await.unwrap()
}

async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < LIMIT, "{what} did not come");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Waits until the job is over, and says how.
async fn ended(project: &Project, id: i64) -> (Outcome, Option<String>) {
    let database = project.database.connect().await;
    let over = async || match database.job(JobId(id)).await.unwrap().state {
        JobState::Finished { outcome, detail, .. } => Some((outcome, detail)),
        _ => None,
    };
    until("the job's end", async || over().await.is_some()).await;
    over().await.unwrap()
}

/// Waits until the queue says that the load is on.
async fn await_load(project: &Project) {
    let phase = "SELECT count(*) FROM jobs WHERE phase LIKE 'load, round%'";
    until("the load", async || project.database.number(phase).await == 1).await;
}

fn enqueue_master(project: &Project) {
    let told = project.run(&["jobs", "enqueue", "new-master"]).expect(0).stdout;
    assert_eq!(told, "job 1 waits for a worker of `loadmark serve`\n");
}

fn stop(mut worker: Started, signals: u32) {
    worker.signal(Signal::TERM);
    for _ in 1..signals {
        worker.await_line("under way");
        worker.signal(Signal::TERM);
    }
    worker.finish().expect(0);
}

/// The test of a branch for a pull request.
fn test_of(project: &Project, branch: &str) -> Order {
    let request = JobRequest {
        kind: JobKind::NewTest,
        project: project.name().to_owned(),
        benchmark: "web".to_owned(),
        revision: project.sha(branch).parse().unwrap(),
        asked_as: branch.to_owned(),
        base: None,
        force: false,
        pull: Some(PullNumber(7)),
        rounds: None,
        compare: None,
    };
    let terms = Terms { served: true, priority: Priority::Automatic, ask: String::new(), asked_by: "ann".to_owned() };
    Order { request, terms, after: None }
}

#[tokio::test]
async fn a_worker_brings_jobs_to_their_ends_with_their_documents() {
    let project = talkative().await;
    project.branch("change", "behaviour", "normal and more\n");
    enqueue_master(&project);
    queue(&project).await.order(&test_of(&project, "change")).await.unwrap();
    let worker = project.start(&["worker"]);
    assert_eq!(ended(&project, 1).await, (Outcome::Measured, None));
    let (outcome, _) = ended(&project, 2).await;
    assert!(matches!(outcome, Outcome::Verdict(_)), "{outcome:?}");
    stop(worker, 1);
    project.assert_nothing_left();
    let store = project.database.connect().await;
    for id in [1, 2] {
        let document = store.job_result(JobId(id)).await.unwrap().expect("a document");
        assert_eq!(document["report"]["project"], project.name(), "{document}");
    }
    assert_eq!(project.database.number("SELECT count(*) FROM workers").await, 0);
    // The same again, and an order that is known.
    let told = project.run(&["jobs", "retry", "2"]).expect(0).stdout;
    assert_eq!(told, "job 3 waits for a worker of `loadmark serve`, in place of job 2\n");
    let told = project.run(&["jobs", "retry", "2"]).expect(0).stdout;
    assert_eq!(told, "job 3 of the same request is not over yet: it goes on\n");
}

#[tokio::test]
async fn at_the_first_signal_a_job_may_end_and_at_the_second_it_is_given_back() {
    let project = long().await;
    project.configure("log:", "manager: {drain: 600s}\nlog:");
    enqueue_master(&project);
    let worker = project.start(&["worker"]);
    await_load(&project).await;
    stop(worker, 2);
    project.assert_nothing_left();
    let given_back = job(&project, 1).await;
    assert!(matches!(given_back.state, JobState::Queued { .. }), "{given_back:?}");
    assert_eq!(given_back.attempts, 0);

    project.configure("40:120", "40:3");
    let worker = project.start(&["worker"]);
    await_load(&project).await;
    stop(worker, 1);
    assert_eq!(ended(&project, 1).await.0, Outcome::Measured);
    assert_eq!(job(&project, 1).await.attempts, 1);
}

#[tokio::test]
async fn a_drain_that_takes_too_long_gives_the_job_back() {
    let project = long().await;
    project.configure("log:", "manager: {drain: 1s}\nlog:");
    enqueue_master(&project);
    let worker = project.start(&["worker"]);
    await_load(&project).await;
    stop(worker, 1);
    project.assert_nothing_left();
    assert_eq!(job(&project, 1).await.attempts, 0);
}

#[tokio::test]
async fn a_superseded_job_takes_its_stack_down_at_once() {
    let project = long().await;
    let queue = queue(&project).await;
    queue.order(&test_of(&project, "main")).await.unwrap();
    let worker = project.start(&["worker"]);
    await_load(&project).await;
    let began = Instant::now();
    queue.supersede(project.name(), PullNumber(7), None, Outcome::Superseded).await.unwrap();
    assert_eq!(ended(&project, 1).await.0, Outcome::Superseded);
    assert!(began.elapsed() < Duration::from_secs(30), "it took {:?}", began.elapsed());
    project.assert_nothing_left();
    stop(worker, 1);
}

#[tokio::test]
async fn another_worker_takes_over_from_one_that_was_killed_in_the_load_window() {
    let project = long().await;
    enqueue_master(&project);
    let first = project.start(&["worker"]);
    await_load(&project).await;
    first.signal(Signal::KILL);
    assert_eq!(first.finish().code, None);
    assert_ne!(project.stacks(), Vec::<String>::new());
    project.database.execute(END_LEASES).await;
    project.configure("40:120", "40:2");
    let mut second = project.start(&["worker"]);
    second.await_line("removed what an interrupted run left behind");
    assert_eq!(ended(&project, 1).await, (Outcome::Measured, None));
    assert_eq!(job(&project, 1).await.attempts, 2);
    stop(second, 1);
    project.assert_nothing_left();
}

#[tokio::test]
async fn a_failure_of_ours_is_tried_again_and_a_mistake_in_the_configuration_is_not() {
    let project = talkative().await;
    project.configure("back_off: 1s", "back_off: 1s, attempts: 2");
    enqueue_master(&project);
    let repository = project.repository();
    let away = repository.with_extension("away");
    std::fs::rename(&repository, &away).unwrap();
    std::fs::create_dir(&repository).unwrap();
    let mut worker = project.start(&["worker"]);
    let (outcome, detail) = ended(&project, 1).await;
    assert_eq!(outcome, Outcome::InfrastructureFailed, "{detail:?}");
    assert_eq!(job(&project, 1).await.attempts, 1, "the configuration names no repository: once is enough");

    std::fs::remove_dir(&repository).unwrap();
    std::fs::rename(&away, &repository).unwrap();
    // A work folder that can't be made.
    std::fs::create_dir_all(project.folder().join("data")).unwrap();
    std::fs::remove_dir_all(project.folder().join("data/work")).unwrap_or_default();
    std::fs::write(project.folder().join("data/work"), "no folder").unwrap();
    project.run(&["jobs", "enqueue", "new-master"]).expect(0);
    worker.await_line("job 2 is tried again later");
    let (outcome, detail) = ended(&project, 2).await;
    assert_eq!(outcome, Outcome::Discarded);
    let detail = detail.unwrap();
    assert!(detail.starts_with("attempt 1: ") && detail.contains("; attempt 2: "), "{detail}");
    stop(worker, 1);
}

#[tokio::test]
async fn no_job_begins_while_the_disk_is_too_full() {
    let project = talkative().await;
    project.configure("log:", "manager: {min_free_space: 900000GiB}\nlog:");
    enqueue_master(&project);
    let mut worker = project.start(&["worker"]);
    let told = worker.await_line("no job begins here");
    assert!(told.contains("MiB are free in") && told.contains("manager.min_free_space"), "{told}");
    assert_eq!(project.database.number("SELECT count(*) FROM workers").await, 0, "commands need not wait");
    stop(worker, 1);
    assert_eq!(job(&project, 1).await.attempts, 0);
}
