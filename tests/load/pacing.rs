//! The schedule is kept whatever the service does, and latency counts from it; figures reach Prometheus unchanged.

use std::collections::BTreeMap;

use loadmark::domain::load::{Arrivals, LoadSpec, Phase};
use loadmark::domain::units::Span;
use loadmark::load::Generator;

use super::service::{STALL, Service};
use super::{assert_balanced, request, run, spec};

#[tokio::test]
async fn the_window_and_the_number_of_requests_are_exactly_as_planned() {
    let service = Service::start().await;
    let record = run(spec(vec![request("r", service.url("/ok"))], 333, 2)).await;
    assert_balanced(&record);
    assert_eq!((record.ledger.scheduled, record.ledger.ok), (666, 666));
    assert_eq!(record.scheduled_end_unix_ns - record.started_unix_ns, 2_000_000_000);
    assert!(record.drained_unix_ns >= record.scheduled_end_unix_ns);
    let slices: Vec<_> = record.slices.iter().map(|slice| (slice.second, slice.count)).collect();
    assert_eq!(slices, [(0, 333), (1, 333)]);
}

#[tokio::test]
async fn poisson_arrivals_are_all_accounted_for() {
    let service = Service::start().await;
    let requests = vec![request("r", service.url("/ok"))];
    let record = run(LoadSpec { arrivals: Arrivals::Poisson, ..spec(requests, 400, 1) }).await;
    assert_balanced(&record);
    assert_eq!(record.ledger.ok, record.ledger.scheduled);
    // 400 expected, 5 standard deviations are 100.
    assert!(record.ledger.scheduled.abs_diff(400) < 100, "{:?}", record.ledger);
}

#[tokio::test]
async fn a_stall_of_the_service_counts_for_all_who_would_have_come_meanwhile() {
    let service = Service::start().await;
    let requests = vec![request("stall", service.url("/stall"))];
    let record = run(LoadSpec { connections: 4, ..spec(requests, 500, 2) }).await;
    assert_balanced(&record);
    assert_eq!(record.ledger.ok, 1_000, "{:?}", record.ledger);
    let stall_ns = STALL.as_nanos() as u64;
    let stalled = &record.requests[0];
    // Of 1,000 requests, 500 fall into the stall, evenly: the worst hundredth of all wait for 98 % of it and more.
    assert!(stalled.response.p99_ns > stall_ns * 9 / 10, "{:?}", stalled.response);
    assert!(stalled.response.p90_ns > stall_ns * 6 / 10, "{:?}", stalled.response);
    // Only the 4 requests that were under way see it in their service time, the others in their queue wait.
    assert!(stalled.service.p99_ns < stall_ns / 2, "{:?}", stalled.service);
    assert!(stalled.service.max_ns > stall_ns * 9 / 10, "{:?}", stalled.service);
    assert!(stalled.queue_wait.p99_ns > stall_ns / 2, "{:?}", stalled.queue_wait);
    // The schedule went on meanwhile.
    assert!(stalled.lag.p99_ns < stall_ns / 2, "{:?}", stalled.lag);
}

/// The samples of an exposition, by name and labels as written.
pub(super) fn samples(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect()
}

#[tokio::test]
async fn metrics_hold_what_the_record_holds() {
    let service = Service::start().await;
    let requests = vec![request("ok", service.url("/ok")), request("never", service.url("/never"))];
    let spec = LoadSpec { timeout: Span::millis(300), connections: 200, ..spec(requests, 100, 1) };
    let generator = Generator::new(spec).unwrap();
    let before = samples(&generator.metrics());
    assert_eq!(before[r#"loadmark_load_scheduled_total{request="ok"}"#], 0.0);
    let record = generator.run(Phase::Stage(0)).await.unwrap();
    let text = generator.metrics();
    let after = samples(&text);
    assert!(text.ends_with("# EOF\n") && text.contains("# TYPE loadmark_load_response_seconds histogram"), "{text}");
    for seen in &record.requests {
        let of = |name: &str| after[&format!("loadmark_load_{name}{{request=\"{}\"}}", seen.name)];
        assert_eq!(of("scheduled_total"), seen.ledger.scheduled as f64);
        assert_eq!(of("response_seconds_count"), seen.response.count as f64);
        assert_eq!(of("service_seconds_count"), seen.service.count as f64);
        assert_eq!(of("lag_seconds_count"), seen.lag.count as f64);
        let mean = of("response_seconds_sum") / of("response_seconds_count");
        assert!((mean * 1e9 / seen.response.mean_ns - 1.0).abs() < 0.001, "{mean} {:?}", seen.response);
        for (outcome, count) in seen.ledger.ends() {
            let name = format!("loadmark_load_requests_total{{request=\"{}\",outcome=\"{outcome}\"}}", seen.name);
            assert_eq!(after[&name], count as f64, "{name}");
        }
    }
    let bucket = |le: &str| after[&format!("loadmark_load_response_seconds_bucket{{le=\"{le}\",request=\"never\"}}")];
    assert_eq!((bucket("0.0001"), bucket("60.0")), (0.0, bucket("+Inf")));
    let active = after["loadmark_load_active_seconds_total"];
    assert!((active - record.load_seconds()).abs() < 1e-6, "{active} {}", record.load_seconds());
    assert_eq!(after["loadmark_load_planned_rate"], 0.0);
}

#[tokio::test]
async fn the_planned_rate_and_the_live_counts_are_seen_while_a_phase_runs() {
    let service = Service::start().await;
    let generator = Generator::new(spec(vec![request("r", service.url("/ok"))], 200, 2)).unwrap();
    let watch = async {
        let mut rate = 0.0;
        let mut live = 0.0;
        while rate == 0.0 || live == 0.0 {
            let samples = samples(&generator.metrics());
            rate = samples["loadmark_load_planned_rate"];
            live = generator.status().rate;
            tokio::task::yield_now().await;
        }
        (rate, live)
    };
    let (record, (rate, live)) = tokio::join!(generator.run(Phase::Stage(0)), watch);
    assert_eq!(rate, 200.0);
    assert!(live > 0.0 && generator.status().p99_ns > 0);
    assert_eq!(generator.status().ledger, record.unwrap().ledger);
}
