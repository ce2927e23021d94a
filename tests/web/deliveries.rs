//! Deliveries: whose they are, whether they are kept, and how often.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::jobs::soon;
use crate::harness::postgres::{TestDatabase, database};
use crate::harness::site::{BLOG_SECRET, PREVIOUS_SECRET, SECRET, Site, opened, signature};

const ROWS: &str = "SELECT count(*) FROM deliveries";

async fn rows(database: &TestDatabase) -> i64 {
    database.number(ROWS).await
}

#[tokio::test]
async fn a_signed_delivery_is_kept_before_it_is_answered_and_wakes_the_manager() {
    let database = database().await;
    let site = Site::start(&database).await;
    let woken = site.wake.notified();
    let answer = site.deliver("pull_request", "d-1", &opened()).await;
    assert_eq!((answer.status, rows(&database).await), (200, 1), "{answer:?}");
    soon(woken).await;
    let document = "SELECT (document->'event'->'pull'->'pull'->>'number')::bigint FROM deliveries WHERE id = 'd-1'";
    assert_eq!(database.number(document).await, 7);
    site.stop().await;
}

#[tokio::test]
async fn the_secret_before_is_good_as_well() {
    let database = database().await;
    let site = Site::start(&database).await;
    let body = opened().to_string();
    let answer = site.send(site.delivery("pull_request", "d-1", PREVIOUS_SECRET, body.as_bytes())).await;
    assert_eq!((answer.status, rows(&database).await), (200, 1), "{answer:?}");
}

/// A1.
#[tokio::test]
async fn what_is_not_signed_over_its_very_bytes_leaves_no_row() {
    let database = database().await;
    let site = Site::start(&database).await;
    let body = opened().to_string();
    let (good, again) = (signature(SECRET, body.as_bytes()), serde_json::to_string_pretty(&opened()).unwrap());
    let sha1 = format!("sha1={}", &good[7..47]);
    for (name, header, status) in [
        ("none", None, 401),
        ("empty", Some(String::new()), 400),
        ("short", Some(good[..good.len() - 2].to_owned()), 400),
        ("SHA-1", Some(sha1), 400),
        ("no hexadecimal", Some(format!("sha256={}", "x".repeat(64))), 400),
        ("of another secret", Some(signature("somebody-else's", body.as_bytes())), 401),
        ("of an empty secret", Some(signature("", body.as_bytes())), 401),
        ("over re-serialised JSON", Some(signature(SECRET, again.as_bytes())), 401),
        ("of another project's secret", Some(signature(BLOG_SECRET, body.as_bytes())), 401),
    ] {
        let mut request = site.unsigned("pull_request", "d-1", body.as_bytes());
        if let Some(header) = header {
            request = request.header("x-hub-signature-256", header);
        }
        let answer = site.send(request).await;
        assert_eq!(answer.status, status, "{name}: {answer:?}");
    }
    // SHA-1 in the old header, as it once was.
    let old = site.unsigned("pull_request", "d-1", body.as_bytes()).header("x-hub-signature", "sha1=00");
    assert_eq!(site.send(old).await.status, 401);
    assert_eq!(rows(&database).await, 0);
}

/// A4.
#[tokio::test]
async fn an_unknown_repository_is_ignored_and_counted() {
    let database = database().await;
    let site = Site::start(&database).await;
    let mut payload = opened();
    payload["repository"]["full_name"] = json!("Team/unknown");
    let answer = site.deliver("pull_request", "d-1", &payload).await;
    assert_eq!((answer.status, rows(&database).await), (200, 0), "{answer:?}");
    assert!(answer.text.contains("Team/unknown is no repository of this manager"), "{answer:?}");
    let metrics = site.get("/metrics").await.text;
    assert!(metrics.contains("loadmark_webhooks_total{event=\"pull_request\",outcome=\"ignored\"}"), "{metrics}");
}

#[tokio::test]
async fn one_manager_serves_several_repositories_each_with_its_own_secret() {
    let database = database().await;
    let site = Site::start(&database).await;
    let mut payload = opened();
    payload["repository"]["full_name"] = json!("team/BLOG");
    let body = payload.to_string();
    let wrong = site.send(site.delivery("pull_request", "d-1", SECRET, body.as_bytes())).await;
    assert_eq!((wrong.status, rows(&database).await), (401, 0), "{wrong:?}");
    let right = site.send(site.delivery("pull_request", "d-1", BLOG_SECRET, body.as_bytes())).await;
    assert_eq!((right.status, rows(&database).await), (200, 1), "{right:?}");
}

#[tokio::test]
async fn what_means_no_work_is_acknowledged_without_a_row() {
    let database = database().await;
    let site = Site::start(&database).await;
    let mut edited = opened();
    edited["action"] = json!("edited");
    let ping = json!({ "zen": "Design for failure.", "hook_id": 1 });
    for (event, payload) in [("ping", &ping), ("star", &opened()), ("pull_request", &edited)] {
        let answer = site.deliver(event, "d-1", payload).await;
        assert_eq!(answer.status, 200, "{event}: {answer:?}");
    }
    assert_eq!(rows(&database).await, 0);
    let metrics = site.get("/metrics").await.text;
    assert!(metrics.contains("{event=\"other\",outcome=\"ignored\"}"), "{metrics}");
}

/// F15.
#[tokio::test]
async fn the_same_delivery_fifty_times_at_once_is_one_row_and_fifty_answers() {
    let database = database().await;
    let site = Site::start(&database).await;
    let payload = opened();
    let answers = join_all((0..50).map(|_| site.deliver("pull_request", "d-1", &payload))).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| answer.text.contains("\"accepted\"")).count(), 1, "{answers:?}");
    assert_eq!(rows(&database).await, 1);
}

/// A2's half: another id is another delivery, kept for the manager to see that it asks for the same.
#[tokio::test]
async fn a_replay_under_a_new_id_is_a_delivery_of_its_own() {
    let database = database().await;
    let site = Site::start(&database).await;
    for id in ["d-1", "d-2"] {
        assert_eq!(site.deliver("pull_request", id, &opened()).await.status, 200);
    }
    assert_eq!(rows(&database).await, 2);
}

#[tokio::test]
async fn a_delivery_without_its_headers_is_refused() {
    let database = database().await;
    let site = Site::start(&database).await;
    let body = opened().to_string();
    for (event, id) in [("", "d-1"), ("pull_request", ""), ("pull_request", "two words"), ("PULL request", "d-1")] {
        let answer = site.send(site.delivery(event, id, SECRET, body.as_bytes())).await;
        assert_eq!(answer.status, 400, "{event:?} {id:?}: {answer:?}");
    }
    assert_eq!(rows(&database).await, 0);
}

#[tokio::test]
async fn no_answer_tells_a_secret() {
    let database = database().await;
    let site = Site::start(&database).await;
    let body = opened().to_string();
    let answer = site.send(site.delivery("pull_request", "d-1", "wrong-secret", body.as_bytes())).await;
    let pages = [answer.text, site.get("/metrics").await.text, site.get("/").await.text];
    assert!(pages.iter().all(|page| !page.contains("canary")), "{pages:?}");
    let _: Value = serde_json::from_str(&pages[0]).unwrap();
}
