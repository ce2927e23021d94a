//! The API's answers, held against its own description.

use jsonschema::Validator;
use loadmark::domain::job::JobRequest;
use loadmark::domain::order::Priority;
use serde_json::{Value, json};

use super::pages::order;
use crate::harness::postgres::database;
use crate::harness::site::Site;
use crate::harness::{samples, stored};

/// The schema of an operation's answer.
fn schema(description: &Value, method: &str, path: &str, status: u16) -> Validator {
    let operation = &description["paths"][path][method];
    let response = &operation["responses"][status.to_string()];
    let response = match response["$ref"].as_str() {
        Some(to) => description.pointer(&to[1..]).unwrap(),
        None => response,
    };
    let mut schema = response["content"]["application/json"]["schema"].clone();
    assert!(schema.is_object(), "{method} {path} tells nothing of {status}");
    schema["components"] = description["components"].clone();
    jsonschema::validator_for(&schema).unwrap()
}

#[tokio::test]
async fn answers_are_as_they_are_described() {
    let database = database().await;
    let site = Site::start(&database).await;
    let description = site.json("/api/v1/openapi.json").await;
    let run = stored::run(&site.store, &samples::request(), &[samples::round(1, 2)], |_| {}).await;
    let job = order(&site, samples::request(), Priority::Automatic, "push").await;
    let check = |method: &str, path: &str, status: u16, answer: &str| {
        let answer: Value = serde_json::from_str(answer).unwrap();
        let faults: Vec<_> =
            schema(&description, method, path, status).iter_errors(&answer).map(|e| e.to_string()).collect();
        assert!(faults.is_empty(), "{method} {path}: {faults:?}\n{answer:#}");
    };
    for (path, asked) in [
        ("/api/v1/openapi.json", "/api/v1/openapi.json".to_owned()),
        ("/api/v1/queue", "/api/v1/queue".to_owned()),
        ("/api/v1/jobs", "/api/v1/jobs?limit=1".to_owned()),
        ("/api/v1/jobs/{id}", format!("/api/v1/jobs/{job}")),
        ("/api/v1/jobs/{id}", format!("/api/v1/jobs/{}", run.job)),
        ("/api/v1/jobs/{id}", "/api/v1/jobs/999".to_owned()),
        ("/api/v1/jobs/{id}/report", format!("/api/v1/jobs/{job}/report")),
        ("/api/v1/runs", "/api/v1/runs?project=shop&state=complete".to_owned()),
        ("/api/v1/runs", "/api/v1/runs?state=odd".to_owned()),
        ("/api/v1/runs/{id}", format!("/api/v1/runs/{}", run.id)),
        ("/api/v1/jobs", "/api/v1/jobs?limit=0".to_owned()),
        ("/api/v1/jobs", "/api/v1/jobs?stat=queued".to_owned()),
    ] {
        let answer = site.get(&asked).await;
        check("get", path, answer.status, &answer.text);
    }
    let wanted = json!({ "kind": "new-test", "project": "blog", "revision": "b".repeat(40), "rounds": 2 });
    for (path, asked, body) in [
        ("/api/v1/jobs", "/api/v1/jobs".to_owned(), wanted),
        ("/api/v1/jobs", "/api/v1/jobs".to_owned(), json!({})),
        ("/api/v1/jobs/{id}/retry", format!("/api/v1/jobs/{job}/retry"), json!({})),
        ("/api/v1/jobs/{id}/cancel", format!("/api/v1/jobs/{job}/cancel"), json!({})),
        ("/api/v1/jobs/{id}/cancel", "/api/v1/jobs/999/cancel".to_owned(), json!({})),
    ] {
        let answer = site.post(&asked, &body).await;
        check("post", path, answer.status, &answer.text);
    }
}

#[tokio::test]
async fn pages_of_jobs_follow_each_other_in_every_list() {
    let database = database().await;
    let site = Site::start(&database).await;
    let mut jobs = Vec::new();
    for (digit, priority) in
        [('a', Priority::Automatic), ('b', Priority::Master), ('c', Priority::Automatic), ('d', Priority::Scheduled)]
    {
        let request = JobRequest { revision: samples::revision(digit), ..samples::request() };
        jobs.push(order(&site, request, priority, "push").await);
    }
    let [a, b, c, d] = jobs[..] else { panic!("four jobs") };
    let ids = |page: &Value| {
        page["jobs"].as_array().unwrap().iter().map(|job| job["id"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    let walk = async |query: &str| {
        let (mut found, mut after) = (Vec::new(), String::new());
        loop {
            let page = site.json(&format!("/api/v1/jobs?limit=3{query}{after}")).await;
            found.extend(ids(&page));
            match page["next"].as_i64() {
                Some(next) => after = format!("&after={next}"),
                None => return found,
            }
        }
    };
    assert_eq!(walk("").await, [d.0, c.0, b.0, a.0]);
    assert_eq!(walk("&state=queued").await, [b.0, a.0, c.0, d.0]);
    for job in [c, a, d, b] {
        site.store.cancel(job).await.unwrap();
    }
    assert_eq!(walk("&state=finished").await, [b.0, d.0, a.0, c.0]);
    assert_eq!(walk("&state=running").await, [0_i64; 0]);
    assert_eq!(walk("&state=finished&project=blog").await, [0_i64; 0]);
}
