//! What the generator does when a specification leaves it to the service to say what a method takes.

use loadmark::domain::load::{LoadSpec, Phase, RequestSpec};
use loadmark::domain::units::Span;
use loadmark::load::Generator;
use serde_json::json;
use tokio::net::TcpListener;

use super::health::{Health, Reflection};
use super::rude::{Rude, descriptors};
use super::service::Service;
use super::{assert_balanced, call, spec};

/// What the first phase fails with.
async fn refusal(request: RequestSpec) -> String {
    let spec = LoadSpec { timeout: Span::millis(900), ..spec(vec![request], 10, 1) };
    let generator = Generator::new(spec).unwrap();
    let refused = generator.run(Phase::Stage(0)).await.unwrap_err().to_string();
    // The phase was never begun.
    assert_eq!((generator.status().running, generator.record().phases.len()), (None, 0));
    refused
}

fn check(url: String) -> RequestSpec {
    call("check", url, json!({ "method": "grpc.health.v1.Health/Check" }))
}

#[tokio::test]
async fn the_older_version_does_as_well() {
    let service = Health::start(Reflection::V1Alpha).await;
    let generator = Generator::new(spec(vec![check(service.url())], 20, 1)).unwrap();
    let record = generator.run(Phase::Stage(0)).await.unwrap();
    assert_balanced(&record);
    assert_eq!(record.ledger.ok, 20, "{:?}", record.ledger);
}

#[tokio::test]
async fn a_service_that_does_not_tell_is_named_with_request_method_reason_and_remedy() {
    let (silent, rude, http) = (Health::start(Reflection::None).await, Rude::start().await, Service::start().await);
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let cases = [
        (silent.url(), "does not offer reflection, neither v1 nor v1alpha"),
        (rude.url(), "its answer has no files"),
        (http.url(""), "the connection failed"),
        (format!("http://{unused}"), "the connection failed"),
    ];
    for (url, reason) in cases {
        let said = refusal(check(url.clone())).await;
        let service = url.trim_start_matches("http://");
        let whom = format!(
            "learn from {service} by server reflection what `grpc.health.v1.Health/Check` takes, for the request `check`"
        );
        for part in [whom.as_str(), reason, "give the request its `proto` file"] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}

#[tokio::test]
async fn a_service_that_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let said = refusal(check(format!("http://{}", listener.local_addr().unwrap()))).await;
    assert!(said.contains("no answer within 900ms"), "{said}");
}

#[tokio::test]
async fn a_call_that_does_not_fit_is_refused_whoever_tells() {
    let service = Health::start(Reflection::V1).await;
    let cases = [
        (
            "grpc.health.v1.Health/Chek",
            "{}",
            "`requests[0].grpc.method` is `grpc.health.v1.Health/Chek`, which the service does not have; it has: `Check`, `",
        ),
        ("grpc.health.v1.Health/Watch", "{}", "which streams"),
        (
            "grpc.health.v1.Health/Check",
            "{\"sevice\": 1}",
            "`requests[0].grpc.message` is no `grpc.health.v1.HealthCheckRequest` in JSON",
        ),
    ];
    for (method, message, expected) in cases {
        let said = refusal(call("check", service.url(), json!({ "method": method, "message": message }))).await;
        assert!(said.contains(expected), "{said}");
    }
    let said = refusal(call("no", service.url(), json!({ "method": "shop.v1.Inventory/Reserve" }))).await;
    assert!(said.contains("learn from") && said.contains("shop.v1.Inventory"), "{said}");
    let told = |method: &str| {
        let grpc = json!({ "method": method, "descriptors": descriptors() });
        Generator::new(spec(vec![call("told", service.url(), grpc)], 1, 1)).unwrap_err().to_string()
    };
    assert!(told("load.v1.Rude/Anser").contains("which the service does not have"));
    assert!(told("load.v1.Rude/Watch").contains("which streams"));
    assert!(told("load.v1.Polite/Answer").contains("there is no service `load.v1.Polite`; there are: `load.v1.Rude`"));
}
