//! Health and metrics, with a database that is there and one that is not.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use loadmark::database::Database;
use loadmark::domain::settings::Secret;

use crate::harness::engine::docker;
use crate::harness::jobs::soon;
use crate::harness::postgres::{database, image};
use crate::harness::site::{Site, opened};

#[tokio::test]
async fn a_server_with_its_database_is_healthy_and_ready_and_counts() {
    let database = database().await;
    let site = Site::start(&database).await;
    assert_eq!(site.get("/-/healthy").await.status, 200);
    let ready = site.get("/-/ready").await;
    assert_eq!(ready.status, 200, "{ready:?}");
    site.deliver("pull_request", "d-1", &opened()).await;
    let answer = site.fetch("/metrics").await;
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    let text = answer.text().await.unwrap();
    for line in [
        "loadmark_queue_jobs{state=\"queued\"} 0",
        "loadmark_deliveries_open 1",
        "loadmark_database_up 1",
        "loadmark_build_info{version=",
    ] {
        assert!(text.contains(line), "no {line} in\n{text}");
    }
}

#[tokio::test]
async fn a_database_of_another_version_is_not_ready() {
    let database = database().await;
    let site = Site::start(&database).await;
    database
        .execute(
            "UPDATE _sqlx_migrations SET version = 999999 WHERE version = (SELECT max(version) FROM _sqlx_migrations)",
        )
        .await;
    assert_eq!(site.get("/-/ready").await.status, 503);
}

/// A Postgres of its own at a port that outlives it; gone with the test.
struct Server {
    container: String,
    port: u16,
}

impl Server {
    fn start() -> Self {
        // Free a moment ago; another taker makes `docker run` fail, and this test with it.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let container = docker(&[
            "run",
            "--detach",
            "--label",
            "loadmark.test=1",
            "--publish",
            &format!("127.0.0.1:{port}:5432"),
            "--env",
            "POSTGRES_HOST_AUTH_METHOD=trust",
            &image(),
        ]);
        Self { container: container[0].clone(), port }
    }

    /// Once it answers by TCP, which it does only after its first start's preparations.
    async fn connect(&self) -> Database {
        let url = Secret(format!("postgres://postgres@127.0.0.1:{}/postgres", self.port));
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            match Database::connect(&url, None).await {
                Ok(store) => return store,
                Err(error) => assert!(Instant::now() < deadline, "{error}"),
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        docker(&["rm", "--force", "--volumes", &self.container]);
    }
}

/// F20's HTTP half.
#[tokio::test]
async fn without_its_database_it_is_healthy_not_ready_and_takes_no_webhook() {
    let server = Server::start();
    let site = Site::over(server.connect().await, true).await;
    assert_eq!(site.deliver("pull_request", "d-1", &opened()).await.status, 200);
    docker(&["kill", &server.container]);
    assert_eq!(site.get("/-/healthy").await.status, 200);
    let began = Instant::now();
    assert_eq!(site.get("/-/ready").await.status, 503);
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    let refused = site.deliver("pull_request", "d-2", &opened()).await;
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(began.elapsed() < Duration::from_secs(13), "GitHub waits 10 s for an answer: {:?}", began.elapsed());
    let metrics = site.get("/metrics").await.text;
    assert!(metrics.contains("loadmark_database_up 0") && !metrics.contains("loadmark_queue_jobs"), "{metrics}");
    assert!(metrics.contains("loadmark_failures_total{of=\"postgres\"}"), "{metrics}");
    let page = site.get("/").await;
    assert_eq!(page.status, 503, "{page:?}");

    docker(&["start", &server.container]);
    let store = server.connect().await;
    soon(async { while site.get("/-/ready").await.status != 200 {} }).await;
    assert!(store.has_delivery("d-1").await.unwrap(), "what was accepted is kept");
    assert!(!store.has_delivery("d-2").await.unwrap());
    assert_eq!(site.deliver("pull_request", "d-2", &opened()).await.status, 200);
}
