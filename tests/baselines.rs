//! What tests that come from the queue are compared with, and whose rules hold for them.

use loadmark::domain::ids::JobId;
use loadmark::domain::job::{JobKind, JobRequest};
use loadmark::domain::revision::Revision;
use loadmark::report::{Body, Colours, ReportModel, Style, text};

use crate::harness::project::{Project, service_file};

/// A project that is somebody on GitHub, and takes the nearest master set.
async fn project() -> Project {
    let project = Project::new().await;
    let github = "github: {repository: team/shop, token: {env: LOADMARK_TEST_TOKEN}, missing_baseline: nearest}";
    project.configure("benchmarks:", &format!("{github}\nbenchmarks:"));
    project
}

fn request(project: &Project, kind: JobKind, name: &str) -> JobRequest {
    JobRequest {
        kind,
        project: project.name().to_owned(),
        benchmark: "web".to_owned(),
        revision: revision(project, name),
        asked_as: name.to_owned(),
        base: None,
        force: false,
        pull: None,
        rounds: None,
        compare: None,
    }
}

fn revision(project: &Project, name: &str) -> Revision {
    project.sha(name).parse().unwrap()
}

/// Runs a job of the queue; what is stored of it.
async fn ended(project: &Project, request: &JobRequest) -> ReportModel {
    let database = project.database.connect().await;
    let job: JobId = database.enqueue(request).await.unwrap();
    let run =
        project.start_with(&["jobs", "retry", &job.to_string()], &[("LOADMARK_TEST_TOKEN", "ghp_c4n4ry")]).finish();
    let document = database.job_result(job).await.unwrap().unwrap_or_else(|| panic!("nothing is stored: {run:?}"));
    assert!(!document.to_string().contains("c4n4ry") && !run.stderr.contains("c4n4ry"), "{document}");
    ReportModel::from_document(document).unwrap()
}

#[tokio::test]
async fn a_base_without_a_master_set_is_stood_in_for_by_its_nearest_ancestor_and_told_so() {
    let project = project().await;
    let first = revision(&project, "main");
    let master = ended(&project, &request(&project, JobKind::NewMaster, "main")).await;
    assert_eq!(master.previous, None, "there is none before the first");
    project.commit("Two");
    project.commit("Three");
    project.branch("change", "server.pl", &(service_file("server.pl") + "# The end.\n"));
    let tested =
        ended(&project, &JobRequest { rounds: Some(2), ..request(&project, JobKind::NewTest, "change") }).await;
    let Body::Comparison(comparison) = &tested.body else { panic!("{tested:?}") };
    assert_eq!(comparison.baseline.as_ref().unwrap().revision, first);
    assert_eq!(comparison.candidate.rounds, (2, 2), "the job's rounds, not the benchmark's");
    let base = revision(&project, "main");
    let note =
        format!("compared with {}, 2 commits before the base {}, which has no master set", first.short(), base.short());
    assert!(comparison.notes.contains(&note), "{:?}", comparison.notes);

    // The next master set is compared with the one before it, and its own report does not show that.
    let master = ended(&project, &request(&project, JobKind::NewMaster, "main")).await;
    let previous = master.previous.as_ref().unwrap();
    let (baseline, candidate) = (&previous.baseline.as_ref().unwrap().revision, &previous.candidate.revision);
    assert_eq!((baseline, candidate), (&first, &base));
    let shown = text(&master, Style { colours: Colours::Off, width: 120 });
    assert!(shown.starts_with("MEASURED: ") && !shown.contains("against"), "{shown}");
    project.assert_nothing_left();
}

#[tokio::test]
async fn the_rules_of_a_pull_request_are_those_of_the_branch_it_is_against_and_never_its_own() {
    let project = project().await;
    let compose = |store: &str| service_file("compose.yaml").replace("  store:", &format!("  {store}:"));
    project.branch("release", "compose.yaml", &compose("warehouse"));
    // A stranger's commits, on no branch: the first changes the rules, the second says it is against the first.
    project.git(&["checkout", "--quiet", "--detach", "release"]);
    project.write("repository/compose.yaml", compose("depot"));
    project.commit("First");
    project.git(&["update-ref", "refs/pull/1/first", "HEAD"]);
    project.commit("Second");
    project.git(&["update-ref", "refs/pull/1/head", "HEAD"]);
    project.git(&["checkout", "--quiet", "main"]);
    for (base, store) in [("release", "warehouse-1.log"), ("refs/pull/1/first", "store-1.log")] {
        let base = Some(revision(&project, base));
        let tested =
            ended(&project, &JobRequest { base, ..request(&project, JobKind::NewTest, "refs/pull/1/head") }).await;
        let Body::Comparison(comparison) = &tested.body else { panic!("{tested:?}") };
        let logs = project.folder().join("data/runs").join(comparison.candidate.id.to_string()).join("round-1");
        assert!(logs.join(store).is_file(), "{store} is not in {logs:?}: {tested:?}");
    }
    // Nor is a master set of such a commit measured by its own rules.
    let master = ended(&project, &request(&project, JobKind::NewMaster, "refs/pull/1/first")).await;
    let Body::Master(run) = &master.body else { panic!("{master:?}") };
    let logs = project.folder().join("data/runs").join(run.summary.id.to_string()).join("round-1");
    assert!(logs.join("store-1.log").is_file(), "{logs:?}");
}
