//! Jobs with reports: the verdict table on the page, the same as JSON, and nothing foreign that is more than text.

use loadmark::domain::comparison::{Comparison, Evidence, SeriesComparison, SideSummary};
use loadmark::domain::ids::{JobId, WorkerId};
use loadmark::domain::job::{JobKind, JobRequest};
use loadmark::domain::limit::{Direction, Limit, Unit};
use loadmark::domain::settings::QueueSettings;
use loadmark::domain::verdict::{Outcome, ServiceFailure, Verdict};
use loadmark::queue::{Claim, Queue};
use loadmark::report::{Body, Failure, ReportModel};

use crate::harness::jobs::HOST;
use crate::harness::postgres::database;
use crate::harness::samples::{self, measurement};
use crate::harness::site::Site;
use crate::harness::stored;

const ODD: &str = "<script>alert('x')</script>\u{202e}\u{1b}[31m";

/// A job that ended with a report.
async fn ended(site: &Site, body: Body, outcome: Outcome) -> JobId {
    let queue = Queue::new(site.store.clone(), QueueSettings::default());
    let request = JobRequest { kind: JobKind::Experiment, asked_as: ODD.to_owned(), ..samples::request() };
    let job = queue.enqueue(&request).await.unwrap();
    let Claim::Claimed(lease) = queue.claim(job, HOST, WorkerId::random()).await.unwrap() else {
        panic!("job {job} is not ours");
    };
    let model = ReportModel {
        job: Some((job, request.kind)),
        project: request.project,
        benchmark: request.benchmark,
        revision: request.revision,
        asked_as: request.asked_as,
        base: None,
        is_base_named: false,
        outcome,
        body,
        previous: None,
        elapsed: None,
        log_folder: None,
        placement: None,
        program: String::new(),
    };
    lease.finish_with(outcome, None, Some(&model.to_document())).await.unwrap();
    job
}

fn series(index: u16, verdict: Verdict, change: f64) -> SeriesComparison {
    let mut key = measurement(index, 0.0).key;
    key.labels.insert("label".to_owned(), ODD.to_owned());
    let side = |factor: f64| SideSummary::of([0.010, 0.011, 0.012].map(|value| value * factor).to_vec());
    SeriesComparison {
        key,
        unit: Unit::Seconds,
        direction: Direction::Lower,
        primary: true,
        limit: Some(Limit { relative: Some(0.1), absolute: None }),
        baseline: side(1.0),
        candidate: side(1.0 + change),
        change: Some(change),
        verdict,
        reason: Some(ODD.to_owned()),
        evidence: Evidence::Medians,
        estimate: None,
        tier: None,
        counted: None,
        required: false,
        muted: None,
    }
}

#[tokio::test]
async fn a_comparison_is_a_page_with_its_verdict_first_and_the_same_as_json() {
    let database = database().await;
    let site = Site::start(&database).await;
    let master = stored::run(&site.store, &samples::request(), &[samples::round(1, 2)], |_| {}).await;
    let candidate = site.store.run(&master.id.to_string()).await.unwrap();
    let comparison = Comparison {
        verdict: Verdict::Regression,
        method: "medians of rounds".to_owned(),
        baseline: Some(candidate.summary.clone()),
        candidate: candidate.summary,
        series: vec![series(1, Verdict::Regression, 0.5), series(2, Verdict::Unchanged, 0.01)],
        load: Vec::new(),
        pairs: None,
        notes: vec![ODD.to_owned()],
    };
    let body = Body::Comparison(Box::new(comparison));
    let job = ended(&site, body, Outcome::Verdict(Verdict::Regression)).await;
    let page = site.get(&format!("/jobs/{job}")).await;
    assert_eq!(page.status, 200, "{page:?}");
    for part in ["regression", "+50", "+10%", "11 ms", "16.5 ms", "<details>", "1 unchanged"] {
        assert!(page.text.contains(part), "no {part} in\n{}", page.text);
    }
    for bad in ["<script", "\u{202e}", "\u{1b}"] {
        assert!(!page.text.contains(bad), "{bad:?} in\n{}", page.text);
    }
    let report = site.json(&format!("/api/v1/jobs/{job}/report")).await;
    assert_eq!((&report["schema"], &report["outcome"]), (&"loadmark.report/1".into(), &"regression".into()));
    assert_eq!(report["comparison"]["series"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_service_that_failed_is_told_with_the_end_of_its_log() {
    let database = database().await;
    let site = Site::start(&database).await;
    let failure = Failure {
        reason: "the service ended under load".to_owned(),
        log_tail: vec!["panicked at src/main.rs".to_owned(), ODD.to_owned()],
        ..Failure::default()
    };
    let outcome = Outcome::ServiceFailed(ServiceFailure::Crashed);
    let job = ended(&site, Body::Failure(failure), outcome).await;
    let page = site.get(&format!("/jobs/{job}")).await.text;
    for part in ["service-failed: crashed", "the service ended under load", "panicked at src/main.rs"] {
        assert!(page.contains(part), "no {part} in\n{page}");
    }
    assert!(!page.contains("<script"), "{page}");
}

#[tokio::test]
async fn a_report_that_this_version_can_not_read_is_a_fault_and_no_silence() {
    let database = database().await;
    let site = Site::start(&database).await;
    let job = ended(&site, Body::Failure(Failure::default()), Outcome::InfrastructureFailed).await;
    database.execute("UPDATE results SET document = '{\"schema\": \"loadmark.result/99\"}'").await;
    assert_eq!(site.get(&format!("/jobs/{job}")).await.status, 500);
    assert_eq!(site.get(&format!("/api/v1/jobs/{job}/report")).await.status, 500);
}
