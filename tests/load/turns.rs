//! Two generators that share the time in slices, as those of twin stacks do.

use std::collections::BTreeSet;

use loadmark::domain::load::{LoadRecord, LoadSpec, LoadStatus, Phase, PhaseOrder, PhaseRecord, Turn, TurnSide};
use loadmark::domain::units::Span;
use reqwest::StatusCode;

use super::agent::Agent;
use super::pacing::samples;
use super::service::Service;
use super::{assert_balanced, request, spec};

/// In a second from now: time for both orders, however busy this host is.
async fn soon(agent: &Agent) -> u64 {
    let status: LoadStatus = agent.get("/status").await.json().await.unwrap();
    status.now_unix_ns + 1_000_000_000
}

fn order(side: TurnSide, start_unix_ns: u64) -> PhaseOrder {
    let turn = Turn { side, slice_seconds: 1 };
    PhaseOrder { phase: Phase::Stage(0), start_unix_ns: Some(start_unix_ns), turn: Some(turn) }
}

async fn held(agent: &Agent) -> PhaseRecord {
    agent.wait().await;
    let record: LoadRecord = agent.get("/record").await.json().await.unwrap();
    record.phases.into_iter().next_back().expect("a phase was held")
}

#[tokio::test]
async fn both_hold_their_whole_load_and_neither_in_the_others_slices() {
    let services = [Service::start().await, Service::start().await];
    let [first, second] = services.each_ref().map(|service| {
        Agent::start(LoadSpec { connections: 4, ..spec(vec![request("r", service.url("/ok"))], 150, 4) })
    });
    let (first, second) = (first.await, second.await);
    let start = soon(&first).await;
    for (agent, side) in [(&first, TurnSide::First), (&second, TurnSide::Second)] {
        assert_eq!(agent.post("/run", &order(side, start)).await.status(), StatusCode::ACCEPTED);
    }
    let (baseline, candidate) = tokio::join!(held(&first), held(&second));
    let seconds = |record: &PhaseRecord| record.slices.iter().map(|slice| slice.second).collect::<Vec<_>>();
    assert_eq!((seconds(&baseline), seconds(&candidate)), (vec![0, 3, 4, 7], vec![1, 2, 5, 6]));
    for (record, agent, length) in [(&baseline, &first, 8), (&candidate, &second, 7)] {
        assert_balanced(record);
        assert_eq!((record.ledger.scheduled, record.ledger.ok), (600, 600));
        assert_eq!((record.started_unix_ns, record.scheduled_end_unix_ns), (start, start + length * 1_000_000_000));
        assert!(record.slices.iter().all(|slice| slice.count == 150), "{:?}", record.slices);
        // Four seconds of load, whatever the time that went by: that is what rates are of.
        assert!((4.0..5.0).contains(&record.load_seconds()), "{}", record.load_seconds());
        let metrics = samples(&agent.get("/metrics").await.text().await.unwrap());
        let active = metrics["loadmark_load_active_seconds_total"];
        assert!((active - record.load_seconds()).abs() < 1e-6, "{active} {}", record.load_seconds());
    }
    let all: BTreeSet<u32> = seconds(&baseline).into_iter().chain(seconds(&candidate)).collect();
    assert_eq!(all.len(), 8);
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn who_waits_times_out_in_the_others_slices_as_well() {
    let service = Service::start().await;
    let requests = vec![request("never", service.url("/never"))];
    let spec = LoadSpec { timeout: Span::millis(400), connections: 1, workers: 1, ..spec(requests, 100, 2) };
    let agent = Agent::start(spec).await;
    assert_eq!(agent.post("/run", &order(TurnSide::First, soon(&agent).await)).await.status(), StatusCode::ACCEPTED);
    let record = held(&agent).await;
    assert_balanced(&record);
    assert_eq!(record.ledger.timeout, 200, "{:?}", record.ledger);
    // The pause of 2 s would be in the latencies of those who waited when it began.
    assert!(record.requests[0].response.max_ns < 1_400_000_000, "{:?}", record.requests[0].response);
    // What ran on after the end was load as well; into the pause it was what such a request takes anyway.
    assert!((2.3..3.1).contains(&record.load_seconds()), "{}", record.load_seconds());
    agent.stop().await;
}

#[tokio::test]
async fn an_order_that_comes_too_late_is_refused() {
    let service = Service::start().await;
    let agent = Agent::start(spec(vec![request("r", service.url("/ok"))], 10, 1)).await;
    let late = order(TurnSide::First, soon(&agent).await - 2_000_000_000);
    let refused = agent.post("/run", &late).await;
    assert_eq!(refused.status(), StatusCode::GONE);
    let said: serde_json::Value = refused.json().await.unwrap();
    assert!(said["error"].as_str().unwrap().contains("too late for its start"), "{said}");
    assert_eq!(agent.wait().await.done, []);
    agent.stop().await;
}
