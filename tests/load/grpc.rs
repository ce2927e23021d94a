//! Calls to gRPC services that answer, deny, hang, break off and lie.

use loadmark::domain::grpc::GrpcCode;
use loadmark::domain::load::{Ledger, LoadSpec, Phase, RequestRecord, RequestSpec};
use loadmark::domain::plan::Stage;
use loadmark::domain::units::Span;
use loadmark::load::Generator;
use serde_json::json;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::health::{Health, Reflection};
use super::rude::{GATHERING, METHODS, Rude, descriptors};
use super::{assert_balanced, call, run, spec};

/// A call of one of the rude service's methods.
fn rude(service: &Rude, method: &str) -> RequestSpec {
    call(method, service.url(), json!({ "method": format!("load.v1.Rude/{method}"), "descriptors": descriptors() }))
}

#[tokio::test]
async fn a_real_server_sees_what_was_specified_and_its_codes_are_counted() {
    let service = Health::start(Reflection::V1).await;
    let check = |name: &str, more: serde_json::Value| {
        let mut grpc = json!({ "method": "grpc.health.v1.Health/Check", "deadline": "2s" });
        grpc.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        call(name, service.url(), grpc)
    };
    let absent = json!({ "message": "{\"service\": \"absent\"}" });
    let requests = vec![
        check("ok", json!({ "metadata": { "x-tenant": "demo", "trace-bin": "AQI=" } })),
        check("absent", absent.clone()),
        RequestSpec { name: "expected".to_owned(), ..check("absent", absent) },
    ];
    let mut spec = spec(requests, 60, 1);
    spec.requests[2].grpc.as_mut().unwrap().expect_code = vec![GrpcCode::NotFound];
    let generator = Generator::new(spec).unwrap();
    let record = generator.run(Phase::Stage(0)).await.unwrap();
    assert_balanced(&record);
    let [ok, absent, expected] = &record.requests[..] else { panic!("three requests") };
    for (RequestRecord { ledger, grpc_codes, .. }, count, code) in [
        (ok, ok.ledger.ok, GrpcCode::Ok),
        (absent, absent.ledger.grpc_error, GrpcCode::NotFound),
        (expected, expected.ledger.ok, GrpcCode::NotFound),
    ] {
        assert!(count > 0);
        assert_eq!((count, grpc_codes.get(&code)), (ledger.scheduled, Some(&count)), "{ledger:?} {grpc_codes:?}");
        assert_eq!(grpc_codes.len(), 1);
    }
    let seen = service.seen();
    assert_eq!(seen.len(), 60);
    let tenants = seen.iter().filter(|metadata| metadata.get("x-tenant").is_some_and(|tenant| tenant == "demo"));
    assert_eq!(tenants.count() as u64, ok.ledger.ok);
    let with_bytes = seen.iter().find_map(|metadata| metadata.get_bin("trace-bin"));
    assert_eq!(with_bytes.unwrap().to_bytes().unwrap().as_ref(), [1, 2]);
    for metadata in &seen {
        let left: u64 = metadata.get("grpc-timeout").unwrap().to_str().unwrap().trim_end_matches('u').parse().unwrap();
        assert!((1..=2_000_000).contains(&left), "{left}");
    }
    let metrics = generator.metrics();
    let line = format!(
        "loadmark_load_grpc_status_total{{request=\"absent\",code=\"NOT_FOUND\"}} {}\n",
        absent.ledger.scheduled
    );
    assert!(metrics.contains(&line), "{metrics}");
}

#[tokio::test]
async fn every_kind_of_end_of_a_call_is_told_apart_and_the_ledger_balances() {
    let service = Rude::start().await;
    let requests = METHODS.iter().map(|method| rude(&service, method)).collect();
    let record = run(LoadSpec { timeout: Span::millis(400), ..spec(requests, 200, 1) }).await;
    assert_balanced(&record);
    assert_eq!(record.ledger.scheduled, 200);
    for RequestRecord { name, ledger, .. } in &record.requests {
        let expected = match name.as_str() {
            "Answer" => ledger.ok,
            "Deny" => ledger.grpc_error,
            "Hang" => ledger.timeout,
            "NoMessage" | "Twice" => ledger.wrong_answer,
            "Page" | "Plain" => ledger.http_error,
            _ => ledger.connection_error,
        };
        assert!(ledger.scheduled > 0);
        assert_eq!(expected, ledger.scheduled, "{name}: {ledger:?}");
    }
}

#[tokio::test]
async fn a_deadline_of_its_own_ends_a_call_before_the_timeout() {
    let service = Rude::start().await;
    let mut requests = vec![rude(&service, "Hang"), rude(&service, "Answer")];
    requests[0].grpc.as_mut().unwrap().deadline = Some(Span::millis(200));
    let record = run(LoadSpec { timeout: Span::seconds(60), ..spec(requests, 100, 1) }).await;
    assert_balanced(&record);
    let [hang, answer] = &record.requests[..] else { panic!("two requests") };
    assert_eq!((hang.ledger.timeout, answer.ledger.ok), (hang.ledger.scheduled, answer.ledger.scheduled));
    // Recorded at the deadline or later, and far from the load's time-out; the histogram rounds to 3 digits.
    assert!(hang.response.mean_ns >= 199e6 && hang.response.max_ns < 30_000_000_000, "{:?}", hang.response);
}

#[tokio::test]
async fn calls_share_connections() {
    let service = Rude::start().await;
    let requests = vec![rude(&service, "Gather")];
    // As many calls as are answered at once, over fewer connections than calls.
    let gather = LoadSpec { connections: 2, workers: 1, ..spec(requests, GATHERING as u32, 1) };
    let record = run(gather).await;
    assert_balanced(&record);
    assert_eq!((record.ledger.ok, service.connections()), (GATHERING as u64, 2), "{:?}", record.ledger);
}

#[tokio::test]
async fn a_connection_that_is_sent_away_is_replaced_and_no_call_is_lost() {
    let service = Rude::moody().await;
    let requests = vec![rude(&service, "Answer")];
    let record = run(LoadSpec { connections: 1, workers: 1, ..spec(requests, 60, 1) }).await;
    assert_balanced(&record);
    assert_eq!(record.ledger.ok, 60, "{:?}", record.ledger);
    assert!(service.connections() > 2, "{}", service.connections());
}

#[tokio::test]
async fn a_call_that_was_refused_unseen_is_sent_once_more() {
    let service = Rude::start().await;
    let record = run(LoadSpec { connections: 1, workers: 1, ..spec(vec![rude(&service, "Refuse")], 20, 1) }).await;
    assert_balanced(&record);
    assert_eq!((record.ledger.ok, service.refuse_calls()), (20, 21), "{:?}", record.ledger);
}

#[tokio::test]
async fn a_connection_that_breaks_ends_its_calls_and_the_next_one_serves() {
    let service = Rude::start().await;
    let stage = Stage { rate: 20, seconds: 1 };
    let requests = vec![rude(&service, "Fall"), rude(&service, "Answer")];
    let plan = LoadSpec { stages: vec![stage, stage], connections: 1, workers: 1, ..spec(requests, 1, 1) };
    let record = run(plan).await;
    assert_balanced(&record);
    let [fall, answer] = &record.requests[..] else { panic!("two requests") };
    assert_eq!(fall.ledger.connection_error, fall.ledger.scheduled, "{:?}", fall.ledger);
    assert!(answer.ledger.ok > 0, "{:?}", answer.ledger);
    let Ledger { ok, connection_error, .. } = answer.ledger;
    assert_eq!(ok + connection_error, answer.ledger.scheduled, "{:?}", answer.ledger);
    assert!(service.connections() > 1);
}

#[tokio::test]
async fn an_answer_without_end_is_a_wrong_answer_and_is_not_read_on() {
    let service = Rude::start().await;
    let requests = vec![rude(&service, "Huge"), rude(&service, "Answer")];
    let record = run(LoadSpec { connections: 1, workers: 1, timeout: Span::seconds(60), ..spec(requests, 4, 1) }).await;
    assert_balanced(&record);
    let [huge, answer] = &record.requests[..] else { panic!("two requests") };
    assert_eq!((huge.ledger.wrong_answer, answer.ledger.ok), (huge.ledger.scheduled, answer.ledger.scheduled));
    assert!(huge.ledger.scheduled > 0);
}

#[tokio::test]
async fn a_connection_over_which_nothing_comes_is_replaced() {
    let service = Rude::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut request = rude(&service, "Answer");
    request.url = format!("http://{}", listener.local_addr().unwrap());
    let behind = service.url().trim_start_matches("http://").to_owned();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let (_silent, _) = listener.accept().await.unwrap();
        loop {
            let (mut near, _) = listener.accept().await.unwrap();
            let mut far = TcpStream::connect(&behind).await.unwrap();
            tokio::spawn(async move { drop(copy_bidirectional(&mut near, &mut far).await) });
        }
    });
    let record =
        run(LoadSpec { connections: 1, workers: 1, timeout: Span::millis(300), ..spec(vec![request], 40, 1) }).await;
    assert_balanced(&record);
    let Ledger { ok, timeout, .. } = record.ledger;
    // The first ones, until the first of them times out.
    assert!(ok > 0 && timeout > 0 && ok + timeout == 40, "{:?}", record.ledger);
}
