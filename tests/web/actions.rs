//! What the API does, and for whom.

use loadmark::domain::job::JobState;
use loadmark::domain::order::Priority;
use loadmark::domain::verdict::Outcome;
use serde_json::{Value, json};

use super::pages::order;
use crate::harness::postgres::database;
use crate::harness::samples;
use crate::harness::site::{API_TOKEN, Answered, Site};

const JOBS: &str = "SELECT count(*) FROM jobs";

fn wanted() -> Value {
    json!({ "kind": "new-master", "project": "shop", "revision": "a".repeat(40) })
}

#[track_caller]
fn code(answer: &Answered) -> String {
    let told: Value = serde_json::from_str(&answer.text).unwrap_or_else(|error| panic!("{error}: {answer:?}"));
    told["error"]["code"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

#[tokio::test]
async fn only_who_shows_the_token_may_ask() {
    let database = database().await;
    let site = Site::start(&database).await;
    let post = || site.client.post(site.url("/api/v1/jobs"));
    for (request, status, word) in [
        (post().json(&wanted()), 401, "no-token"),
        (post().json(&wanted()).bearer_auth("wrong"), 401, "wrong-token"),
        (post().json(&wanted()).bearer_auth(""), 401, "no-token"),
        (post().json(&wanted()).bearer_auth(&API_TOKEN[1..]), 401, "wrong-token"),
        (post().json(&wanted()).basic_auth("api", Some(API_TOKEN)), 401, "no-token"),
        // As a form of a foreign page would send it.
        (
            post().body(wanted().to_string()).header("content-type", "text/plain").bearer_auth(API_TOKEN),
            415,
            "not-json",
        ),
        (post().body(wanted().to_string()).bearer_auth(API_TOKEN), 415, "not-json"),
    ] {
        let answer = site.send(request).await;
        assert_eq!((answer.status, code(&answer).as_str()), (status, word), "{answer:?}");
        assert!(!answer.text.contains("canary"), "{answer:?}");
    }
    assert_eq!(database.number(JOBS).await, 0);
}

#[tokio::test]
async fn without_a_configured_token_nobody_may() {
    let database = database().await;
    let site = Site::over(database.connect().await, false).await;
    for path in ["/api/v1/jobs", "/api/v1/jobs/1/retry", "/api/v1/jobs/1/cancel"] {
        let answer = site.post(path, &wanted()).await;
        assert_eq!((answer.status, code(&answer).as_str()), (403, "not-enabled"), "{answer:?}");
    }
    assert_eq!(database.number(JOBS).await, 0);
}

#[tokio::test]
async fn a_job_is_asked_for_once_under_one_key() {
    let database = database().await;
    let site = Site::start(&database).await;
    let mut body = wanted();
    body["key"] = json!("deploy-17");
    let (first, second) = (site.post("/api/v1/jobs", &body).await, site.post("/api/v1/jobs", &body).await);
    assert_eq!((first.status, second.status), (201, 200), "{first:?} {second:?}");
    let job = |answer: &Answered| serde_json::from_str::<Value>(&answer.text).unwrap()["jobs"][0]["id"].clone();
    assert_eq!(job(&first), job(&second));
    assert_eq!(site.post("/api/v1/jobs", &wanted()).await.status, 201, "without a key it is another");
    assert_eq!(database.number(JOBS).await, 2);
    let shown = site.json(&format!("/api/v1/jobs/{}", job(&first))).await;
    assert_eq!((&shown["job"]["benchmark"], &shown["ahead"]), (&json!("browse"), &json!(0)), "{shown}");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_in_words() {
    let database = database().await;
    let site = Site::start(&database).await;
    for (field, value, words) in [
        ("kind", json!("experiment"), "new-test or new-master"),
        ("kind", json!("nonsense"), "unknown variant"),
        ("project", json!("else"), "shop, blog"),
        ("project", Value::Null, "say which"),
        ("benchmark", json!("else"), "browse"),
        ("revision", json!("main"), "not a revision"),
        ("revision", json!(format!("{}+dirty.abc", "a".repeat(40))), "full commit SHAs"),
        ("base", json!("b".repeat(40)), "leave `base` out"),
        ("rounds", json!(0), "1 to 100"),
        ("key", json!("two words"), "64 letters"),
        ("revision", Value::Null, "either `revision` or `pull`"),
        ("pull", json!(7), "either `revision` or `pull`"),
        ("surprise", json!(1), "unknown field"),
    ] {
        let mut body = wanted();
        body[field] = value;
        let answer = site.post("/api/v1/jobs", &body).await;
        assert_eq!((answer.status, code(&answer).as_str()), (400, "bad-request"), "{body}: {answer:?}");
        assert!(answer.text.contains(words), "{body}: {answer:?}");
    }
    let long = site.post("/api/v1/jobs", &json!({ "kind": "x".repeat(100_000) })).await;
    assert_eq!((long.status, code(&long).as_str()), (413, "too-long"));
    assert_eq!(database.number(JOBS).await, 0);
}

#[tokio::test]
async fn a_job_is_cancelled_and_asked_for_again() {
    let database = database().await;
    let site = Site::start(&database).await;
    let job = order(&site, samples::request(), Priority::Automatic, "push").await;
    let cancel = format!("/api/v1/jobs/{job}/cancel");
    let told = |answer: Answered| serde_json::from_str::<Value>(&answer.text).unwrap()["result"].clone();
    assert_eq!(told(site.post(&cancel, &json!({})).await), "cancelled");
    assert_eq!(told(site.post(&cancel, &json!({})).await), "finished-before");
    let state = site.store.job(job).await.unwrap().state;
    assert!(matches!(state, JobState::Finished { outcome: Outcome::Cancelled, .. }), "{state:?}");
    let again = site.post(&format!("/api/v1/jobs/{job}/retry"), &json!({})).await;
    assert_eq!(again.status, 201, "{again:?}");
    assert_eq!(site.post(&format!("/api/v1/jobs/{job}/retry"), &json!({})).await.status, 200, "it waits already");
    for path in ["/api/v1/jobs/999/retry", "/api/v1/jobs/999/cancel", "/api/v1/jobs/abc/retry"] {
        let answer = site.post(path, &json!({})).await;
        assert_eq!((answer.status, code(&answer).as_str()), (404, "not-found"), "{path}: {answer:?}");
    }
}
