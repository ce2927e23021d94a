//! The generator's control server, as the controlling side and Prometheus use it.

use std::net::SocketAddr;

use loadmark::domain::load::{LoadRecord, LoadSpec, LoadStatus, Phase, PhaseOrder, Probe, ProbeAnswer};
use loadmark::domain::plan::Stage;
use loadmark::load::{LoadError, METRICS_CONTENT_TYPE, serve};
use reqwest::{Client, Method, Response, StatusCode};
use serde::Serialize;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::health::{Health, Reflection};
use super::service::Service;
use super::{call, request, spec};

/// A generator behind its control server.
pub(super) struct Agent {
    address: SocketAddr,
    client: Client,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), LoadError>>,
}

impl Agent {
    pub(super) async fn start(spec: LoadSpec) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(serve(spec, listener, "token".to_owned(), stopped));
        Self { address, client: Client::builder().no_proxy().build().unwrap(), stop, served }
    }

    async fn ask(&self, method: Method, path: &str, token: &str, body: impl Into<reqwest::Body>) -> Response {
        let request = self.client.request(method, format!("http://{}{path}", self.address));
        request.header("authorization", format!("Bearer {token}")).body(body).send().await.unwrap()
    }

    pub(super) async fn get(&self, path: &str) -> Response {
        self.ask(Method::GET, path, "token", "").await
    }

    pub(super) async fn post(&self, path: &str, body: &impl Serialize) -> Response {
        self.ask(Method::POST, path, "token", serde_json::to_vec(body).unwrap()).await
    }

    async fn probe(&self, probe: Probe) -> ProbeAnswer {
        self.post("/probe", &probe).await.json().await.unwrap()
    }

    /// Asks for the status until nothing runs.
    pub(super) async fn wait(&self) -> LoadStatus {
        loop {
            let status: LoadStatus = self.get("/status").await.json().await.unwrap();
            if status.running.is_none() {
                return status;
            }
        }
    }

    pub(super) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.served.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_phase_is_ordered_followed_and_recorded() {
    let service = Service::start().await;
    let requests = vec![request("r", service.url("/ok"))];
    let spec = LoadSpec { warm_up: Some(Stage { rate: 20, seconds: 1 }), ..spec(requests, 60, 1) };
    let agent = Agent::start(spec).await;
    for (phase, ok) in [(Phase::WarmUp, 20), (Phase::Stage(0), 60)] {
        let ordered = agent.post("/run", &PhaseOrder::now(phase)).await;
        assert_eq!(ordered.status(), StatusCode::ACCEPTED);
        assert_eq!(ordered.json::<LoadStatus>().await.unwrap().running, Some(phase));
        assert_eq!(agent.post("/run", &PhaseOrder::now(phase)).await.status(), StatusCode::CONFLICT);
        let status = agent.wait().await;
        assert_eq!((status.done.last(), status.ledger.ok), (Some(&phase), ok));
    }
    let record: LoadRecord = agent.get("/record").await.json().await.unwrap();
    assert_eq!(record.phases.iter().map(|phase| phase.ledger.ok).collect::<Vec<_>>(), [20, 60]);
    let metrics = agent.ask(Method::GET, "/metrics", "", "").await;
    assert_eq!(metrics.headers()["content-type"], METRICS_CONTENT_TYPE);
    assert!(metrics.text().await.unwrap().contains("loadmark_load_scheduled_total{request=\"r\"} 80\n"));
    agent.stop().await;
}

#[tokio::test]
async fn what_is_not_allowed_or_not_understood_is_refused() {
    let service = Service::start().await;
    let agent = Agent::start(spec(vec![request("r", service.url("/ok"))], 10, 1)).await;
    for path in ["/run", "/status", "/record", "/probe", "/other"] {
        let refused = agent.ask(Method::GET, path, "guess", "").await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    let run = |body: &str| agent.ask(Method::POST, "/run", "token", body.to_owned());
    let unknown = run(&json!({ "phase": { "stage": 1 } }).to_string()).await;
    assert_eq!(unknown.status(), StatusCode::BAD_REQUEST);
    let said: serde_json::Value = unknown.json().await.unwrap();
    assert!(said["error"].as_str().unwrap().contains("has 1 stages"), "{said}");
    assert_eq!(run("{\"phase\": \"warm_up\"}").await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(run("nonsense").await.status(), StatusCode::BAD_REQUEST);
    assert_eq!(run(&"x".repeat(100_000)).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(agent.get("/run").await.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(agent.get("/other").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(agent.wait().await.done, []);
    assert!(service.seen().is_empty());
    agent.stop().await;
}

#[tokio::test]
async fn probes_say_what_they_saw() {
    let service = Service::start().await;
    let agent = Agent::start(spec(vec![request("r", service.url("/ok"))], 10, 1)).await;
    let address = service.url("").trim_start_matches("http://").to_owned();
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let cases = [
        (Probe::Http(service.url("/ok")), true, "200 OK"),
        (Probe::Http(service.url("/missing")), false, "404 Not Found"),
        (Probe::Http(service.url("/never")), false, "no answer within 2s"),
        (Probe::Http(format!("http://{unused}/")), false, "refused"),
        (Probe::Http("ftp://x/".to_owned()), false, "http://HOST:PORT/PATH"),
        (Probe::Tcp(address), true, "accepts connections"),
        (Probe::Tcp(unused.to_string()), false, "refused"),
    ];
    for (probe, ok, detail) in cases {
        let answer = agent.probe(probe.clone()).await;
        assert!(answer.ok == ok && answer.detail.contains(detail), "{probe:?}: {answer:?}");
    }
    agent.stop().await;
}

#[tokio::test]
async fn a_stopped_agent_stops_its_load() {
    let service = Service::start().await;
    let agent = Agent::start(spec(vec![request("r", service.url("/ok"))], 100, 600)).await;
    assert_eq!(agent.post("/run", &PhaseOrder::now(Phase::Stage(0))).await.status(), StatusCode::ACCEPTED);
    while service.seen().is_empty() {
        tokio::task::yield_now().await;
    }
    agent.stop().await;
    // The plan is on for minutes more; only a generator that is gone closes its connections.
    while service.open() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_service_that_does_not_tell_what_a_method_takes_ends_the_order_with_the_reason() {
    let service = Health::start(Reflection::None).await;
    let check = call("check", service.url(), json!({ "method": "grpc.health.v1.Health/Check" }));
    let agent = Agent::start(spec(vec![check], 10, 1)).await;
    let refused = agent.post("/run", &PhaseOrder::now(Phase::Stage(0))).await;
    assert_eq!(refused.status(), StatusCode::BAD_GATEWAY);
    let said: serde_json::Value = refused.json().await.unwrap();
    assert!(said["error"].as_str().unwrap().contains("does not offer reflection"), "{said}");
    assert_eq!(agent.wait().await.done, []);
    agent.stop().await;
}

#[tokio::test]
async fn a_scrape_of_containers_is_answered_by_the_controlling_side_or_fails() {
    let agent = Agent::start(spec(vec![request("r", "http://127.0.0.1:1/".to_owned())], 1, 1)).await;
    let scrape = |seconds: &str| {
        let request = agent.client.get(format!("http://{}/metrics/containers", agent.address));
        tokio::spawn(request.header("x-prometheus-scrape-timeout-seconds", seconds).send())
    };
    let answered = scrape("30");
    let turn: u64 = agent.get("/relay").await.json().await.unwrap();
    let posted = agent.ask(Method::POST, &format!("/relay/{turn}"), "token", "node_load1 0.5\n").await;
    assert_eq!(posted.status(), StatusCode::NO_CONTENT);
    let answered = answered.await.unwrap().unwrap();
    assert_eq!(answered.status(), StatusCode::OK);
    assert_eq!(answered.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(answered.text().await.unwrap(), "node_load1 0.5\n");

    let late = agent.ask(Method::POST, &format!("/relay/{turn}"), "token", "node_load1 0.5\n").await;
    assert_eq!(late.status(), StatusCode::GONE);
    assert_eq!(scrape("0.05").await.unwrap().unwrap().status(), StatusCode::GATEWAY_TIMEOUT);
    for path in ["/relay", "/relay/1"] {
        let strange = agent.ask(Method::GET, path, "guess", "").await;
        assert_eq!(strange.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
    agent.stop().await;
}
