//! Targets that are not there, refuse, keep silent or answer with garbage: over HTTP and gRPC, each ends in time and in
//! its own entry of the ledger.

use loadmark::domain::load::{Ledger, LoadSpec, RequestSpec};
use loadmark::domain::units::Span;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::rude::{Rude, descriptors};
use super::service::Service;
use super::{assert_balanced, call, request, run, spec};

/// The same target over both protocols.
fn both(url: &str) -> Vec<RequestSpec> {
    let grpc = json!({ "method": "load.v1.Rude/Answer", "descriptors": descriptors() });
    vec![request("http", format!("{url}/")), call("grpc", url.to_owned(), grpc)]
}

/// What ends at once does so long before, on however busy a host.
const LONG: Span = Span::millis(10_000);

/// Loads a target, and checks that all its requests end as `expected` counts.
async fn assert_ends(requests: Vec<RequestSpec>, timeout: Span, expected: impl Fn(&Ledger) -> u64) {
    let record = run(LoadSpec { timeout, ..spec(requests, 40, 1) }).await;
    assert_balanced(&record);
    for request in &record.requests {
        assert!(request.ledger.scheduled > 0);
        assert_eq!(expected(&request.ledger), request.ledger.scheduled, "{}: {:?}", request.name, request.ledger);
    }
    // The drain is bounded by the time-out and what timers add to it.
    assert!(record.drained_unix_ns - record.scheduled_end_unix_ns < 5_000_000_000);
}

#[tokio::test]
async fn a_host_that_can_not_be_reached_and_a_port_that_refuses_are_connection_errors() {
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    // TCP has no broadcast: the system itself says that there is no way.
    for url in [format!("http://{unused}"), "http://255.255.255.255:9".to_owned()] {
        assert_ends(both(&url), LONG, |ledger| ledger.connection_error).await;
    }
}

#[tokio::test]
async fn a_target_that_accepts_and_never_answers_times_out() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = both(&format!("http://{}", listener.local_addr().unwrap()));
    assert_ends(silent, Span::millis(500), |ledger| ledger.timeout).await;
}

#[tokio::test]
async fn bytes_of_no_protocol_are_connection_errors() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut open = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(b"garbage\xff, neither one nor the other\r\n\r\n").await.unwrap();
            open.push(stream);
        }
    });
    assert_ends(both(&url), LONG, |ledger| ledger.connection_error).await;
}

#[tokio::test]
async fn each_protocol_is_a_connection_error_to_a_server_of_the_other() {
    let (http, grpc) = (Service::start().await, Rude::start().await);
    let [_, call] = <[_; 2]>::try_from(both(&http.url(""))).unwrap();
    assert_ends(vec![call], LONG, |ledger| ledger.connection_error).await;
    let [request, _] = <[_; 2]>::try_from(both(&grpc.url())).unwrap();
    assert_ends(vec![request], LONG, |ledger| ledger.connection_error).await;
}
