//! The load generator against services that behave, stall, refuse, hang, lie and break off.

mod agent;
mod bad_targets;
mod grpc;
mod health;
mod pacing;
mod reflection;
mod rude;
mod service;
mod tails;
mod turns;

use loadmark::domain::load::{Arrivals, Ledger, LoadSpec, Phase, PhaseRecord, RequestRecord, RequestSpec};
use loadmark::domain::plan::Stage;
use loadmark::domain::units::Span;
use loadmark::load::{Generator, LoadError, run_plan};
use serde_json::json;

use self::service::Service;

fn request(name: &str, url: String) -> RequestSpec {
    serde_json::from_value(json!({ "name": name, "url": url })).unwrap()
}

/// A gRPC request; `grpc` has what a call has.
fn call(name: &str, url: String, grpc: serde_json::Value) -> RequestSpec {
    serde_json::from_value(json!({ "name": name, "url": url, "grpc": grpc })).unwrap()
}

fn spec(requests: Vec<RequestSpec>, rate: u32, seconds: u32) -> LoadSpec {
    LoadSpec {
        requests,
        warm_up: None,
        stages: vec![Stage { rate, seconds }],
        arrivals: Arrivals::Even,
        seed: 5,
        connections: 64,
        workers: 2,
        timeout: Span::seconds(5),
        queue: 1_000,
    }
}

async fn run(spec: LoadSpec) -> PhaseRecord {
    Generator::new(spec).unwrap().run(Phase::Stage(0)).await.unwrap()
}

/// Everything adds up, in all and by request, and each latency has as many values as it must.
fn assert_balanced(record: &PhaseRecord) {
    let sum = record.requests.iter().fold(Ledger::default(), |sum, request| sum.plus(&request.ledger));
    assert_eq!(sum, record.ledger);
    for RequestRecord { ledger, response, lag, service, .. } in &record.requests {
        assert!(ledger.is_balanced(), "{ledger:?}");
        let timed = ledger.ok + ledger.http_error + ledger.grpc_error + ledger.wrong_answer + ledger.timeout;
        assert_eq!((response.count, lag.count), (timed, ledger.scheduled - ledger.unsent), "{ledger:?}");
        assert!(service.count <= timed, "{ledger:?}");
    }
    let in_slices: u64 = record.slices.iter().map(|slice| slice.count).sum();
    assert_eq!(in_slices, record.requests.iter().map(|request| request.response.count).sum::<u64>());
}

#[tokio::test]
async fn every_kind_of_end_is_told_apart_and_the_ledger_balances() {
    let service = Service::start().await;
    let paths = ["ok", "missing", "lie", "never", "garbage", "close", "hush", "cut"];
    let mut requests: Vec<_> = paths.iter().map(|path| request(path, service.url(&format!("/{path}")))).collect();
    requests[2].expect_body = Some("the truth".to_owned());
    let unused = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    requests.push(request("refused", format!("http://{unused}/")));
    // Connections to spare: those that never get an answer must not keep the others waiting.
    let spec = LoadSpec { timeout: Span::millis(400), connections: 400, ..spec(requests, 200, 1) };
    let record = run(spec).await;
    assert_balanced(&record);
    assert_eq!(record.ledger.scheduled, 200);
    let Ledger { ok, http_error, wrong_answer, timeout, connection_error, .. } = record.ledger;
    assert_eq!(ok + http_error + wrong_answer + timeout + connection_error, 200);
    for RequestRecord { name, ledger, .. } in &record.requests {
        let expected = match name.as_str() {
            "ok" | "close" | "hush" => ledger.ok,
            "missing" => ledger.http_error,
            "lie" => ledger.wrong_answer,
            "never" => ledger.timeout,
            _ => ledger.connection_error,
        };
        assert!(ledger.scheduled > 0);
        assert_eq!(expected, ledger.scheduled, "{name}: {ledger:?}");
    }
}

#[tokio::test]
async fn a_body_without_end_is_a_wrong_answer_and_is_not_read_on() {
    let service = Service::start().await;
    let requests = vec![request("huge", service.url("/huge"))];
    let record = run(LoadSpec { workers: 1, timeout: Span::seconds(60), ..spec(requests, 1, 1) }).await;
    assert_balanced(&record);
    assert_eq!(record.ledger.wrong_answer, 1, "{:?}", record.ledger);
}

#[tokio::test]
async fn a_timeout_is_recorded_at_its_limit_even_if_it_never_got_a_connection() {
    let service = Service::start().await;
    let requests = vec![request("never", service.url("/never"))];
    let limit = 300_000_000;
    // Twice as many in a millisecond as the timers tell apart: some expire in the queue.
    let spec = LoadSpec { timeout: Span::millis(300), connections: 1, workers: 1, ..spec(requests, 2_000, 1) };
    let record = run(spec).await;
    assert_balanced(&record);
    assert_eq!(record.ledger.timeout, 2_000, "{:?}", record.ledger);
    let never = &record.requests[0];
    // Every value is at the limit or more; the histogram rounds to 3 digits.
    assert!(never.response.p50_ns >= limit && never.response.mean_ns >= limit as f64 * 0.999, "{:?}", never.response);
    assert_eq!(never.queue_wait.count, 2_000);
    assert!(never.service.count < 2_000, "{:?}", never.service);
    assert!(record.drained_unix_ns > record.scheduled_end_unix_ns);
}

#[tokio::test]
async fn what_finds_the_queue_full_overflows() {
    let service = Service::start().await;
    let requests = vec![request("never", service.url("/never"))];
    let stuck = LoadSpec { queue: 3, connections: 2, workers: 1, timeout: Span::seconds(2), ..spec(requests, 100, 1) };
    let record = run(stuck).await;
    assert_balanced(&record);
    assert_eq!((record.ledger.timeout, record.ledger.overflow), (5, 95), "{:?}", record.ledger);
}

#[tokio::test]
async fn requests_are_sent_as_specified() {
    let service = Service::start().await;
    let specified = json!({
        "name": "buy", "url": service.url("/buy?n=1"), "method": "POST",
        "headers": { "x-shop": "loadmark", "host": "shop.example" }, "body": "{\"n\":1}", "expect_status": [200],
        "expect_body": "ok",
    });
    let requests = vec![serde_json::from_value(specified).unwrap()];
    let record = run(LoadSpec { workers: 1, ..spec(requests, 2, 1) }).await;
    assert_eq!(record.ledger.ok, 2);
    let seen = service.seen();
    assert_eq!((seen[0].line.as_str(), seen[0].body.as_str()), ("POST /buy?n=1 HTTP/1.1", "{\"n\":1}"));
    for header in ["x-shop: loadmark", "host: shop.example", "content-length: 7"] {
        assert!(seen[0].headers.contains(&header.to_owned()), "{:?}", seen[0]);
    }
    assert_eq!(seen.len(), 2);
}

#[tokio::test]
async fn the_same_seed_sends_the_same_sequence_in_proportion_to_the_weights() {
    let sequence = async |seed| {
        let service = Service::start().await;
        let mut requests: Vec<_> = ["/a", "/b"].iter().map(|path| request(path, service.url(path))).collect();
        requests[1].weight = 3;
        // One connection: the service sees the order of the schedule.
        let record = run(LoadSpec { seed, workers: 1, connections: 1, ..spec(requests, 400, 1) }).await;
        assert_balanced(&record);
        // 300 expected, 5 standard deviations are 43.
        assert!(record.requests[1].ledger.ok.abs_diff(300) < 43, "{:?}", record.requests[1].ledger);
        service.seen().into_iter().map(|seen| seen.line).collect::<Vec<_>>()
    };
    let (first, again, other) = tokio::join!(sequence(5), sequence(5), sequence(6));
    assert_eq!(first.len(), 400);
    assert_eq!(first, again);
    assert_ne!(first, other);
}

#[tokio::test]
async fn connections_are_kept_and_a_closed_idle_one_is_reopened() {
    let service = Service::start().await;
    let few = |path: &str| {
        let requests = vec![request("r", service.url(path))];
        LoadSpec { connections: 2, workers: 1, ..spec(requests, 40, 1) }
    };
    assert_eq!(run(few("/ok")).await.ledger.ok, 40);
    assert_eq!(service.connections(), 2);
    assert_eq!(run(few("/hush")).await.ledger.ok, 40);
    assert_eq!(service.connections(), 42);
}

#[tokio::test]
async fn the_warm_up_is_recorded_apart_and_warms_the_connections_of_the_stages() {
    let service = Service::start().await;
    let requests = vec![request("r", service.url("/ok"))];
    let stage = |rate| Stage { rate, seconds: 1 };
    let plan = LoadSpec {
        warm_up: Some(stage(30)),
        stages: vec![stage(50), stage(70)],
        connections: 2,
        ..spec(requests, 1, 1)
    };
    let told = std::cell::RefCell::new(Vec::new());
    let generator = Generator::new(plan.clone()).unwrap();
    let record = run_plan(&generator, |status| told.borrow_mut().push(status.clone())).await.unwrap();
    let ran: Vec<_> = record.phases.iter().map(|phase| (phase.phase, phase.ledger.ok)).collect();
    assert_eq!(ran, [(Phase::WarmUp, 30), (Phase::Stage(0), 50), (Phase::Stage(1), 70)]);
    assert_eq!(service.connections(), 2);
    assert_eq!((record.schema.as_str(), &record.spec), ("loadmark.load/1", &plan));
    let written = serde_json::to_string(&record).unwrap();
    let read: loadmark::domain::load::LoadRecord = serde_json::from_str(&written).unwrap();
    assert_eq!(read.phases[2].requests[0].response.histogram, record.phases[2].requests[0].response.histogram);
    let told = told.into_inner();
    assert!(told.iter().any(|status| status.running == Some(Phase::Stage(1))), "{told:?}");
    let last = told.last().unwrap();
    assert_eq!((last.running, last.done.len(), last.ledger.ok), (None, 3, 70));
}

#[tokio::test]
async fn one_phase_runs_at_a_time_and_a_dropped_one_is_given_up() {
    let service = Service::start().await;
    let requests = vec![request("never", service.url("/never")), request("ok", service.url("/ok"))];
    let generator = Generator::new(LoadSpec {
        stages: vec![Stage { rate: 500, seconds: 600 }, Stage { rate: 100, seconds: 1 }],
        timeout: Span::millis(200),
        ..spec(requests, 1, 1)
    });
    let generator = generator.unwrap();
    {
        let mut first = std::pin::pin!(generator.run(Phase::Stage(0)));
        let under_way = async {
            while generator.status().ledger.timeout == 0 {
                tokio::task::yield_now().await
            }
        };
        tokio::select! { _ = &mut first => panic!("ended"), () = under_way => {} }
        let busy = generator.run(Phase::Stage(1)).await.unwrap_err();
        assert!(matches!(busy, LoadError::Busy { asked: Phase::Stage(1), running: Phase::Stage(0) }), "{busy}");
    }
    let next = generator.run(Phase::Stage(1)).await.unwrap();
    assert_balanced(&next);
    assert_eq!((next.ledger.scheduled, next.ledger.ok + next.ledger.timeout), (100, 100), "{:?}", next.ledger);
    assert_eq!(generator.record().phases, [next]);
    let unknown = generator.run(Phase::WarmUp).await.unwrap_err().to_string();
    assert!(unknown.contains("2 stages (from 0) and no warm-up"), "{unknown}");
}
