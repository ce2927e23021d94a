//! Measuring against a Prometheus that scrapes itself: its answers, and that nothing waits for ever.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use loadmark::domain::flow::{Endpoints, RoundId, ScrapeTarget};
use loadmark::domain::ids::{InstanceId, RunId};
use loadmark::domain::limit::{Direction, Unit};
use loadmark::domain::load::LoadRecord;
use loadmark::domain::query::Query;
use loadmark::domain::run::{Arm, Window};
use loadmark::domain::settings::PrometheusSettings;
use loadmark::measure::{Held, MeasureError, Scraper, Span, collect, find_faults};
use time::OffsetDateTime;

use crate::harness::engine::docker;
use crate::harness::samples;

const IMAGES: [&str; 2] = ["loadmark-local/prometheus:2.53", "prom/prometheus:v2.53.5"];
const INTERVAL: Duration = Duration::from_millis(250);
/// The container is its own target, which it finds by its own clock up to 5 s after its start.
const FOUND: Duration = Duration::from_secs(20);

/// Removed when dropped.
struct Server {
    name: String,
    _folder: tempfile::TempDir,
    scraper: Scraper,
}

impl Server {
    fn start() -> Self {
        let round = RoundId {
            instance: InstanceId::random(),
            run: RunId::random(),
            round: 1,
            attempt: 1,
            arm: Arm::Candidate,
            revision: samples::revision('a'),
        };
        let labels: Vec<String> = round.metric_labels().map(|(name, value)| format!("{name}: \"{value}\"")).to_vec();
        let config = format!(
            "global: {{scrape_interval: 250ms, scrape_timeout: 250ms}}\nscrape_configs:\n  - job_name: self\n    \
             static_configs: [{{targets: ['localhost:9090'], labels: {{{}, service: self, instance: self-1}}}}]\n",
            labels.join(", ")
        );
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("prometheus.yml");
        std::fs::write(&file, config).unwrap();
        readable(folder.path(), 0o755);
        readable(&file, 0o644);
        let name = format!("loadmark-test-prometheus-{}", round.run.short());
        let volume = format!("{}:/etc/prometheus/prometheus.yml:ro", file.display());
        let image = IMAGES.into_iter().find(|image| !docker(&["image", "ls", "--quiet", image]).is_empty());
        let image = image.expect("a Prometheus image is here: `make test` builds or pulls one");
        let run = ["run", "--detach", "--rm", "--name", &name, "--label", "loadmark.test=1", "--volume", &volume];
        let served = ["--publish", "127.0.0.1::9090", image, "--config.file=/etc/prometheus/prometheus.yml"];
        docker(&[&run[..], &served, &["--storage.tsdb.path=/prometheus"]].concat());
        let port = docker(&["port", &name, "9090/tcp"])[0].rsplit(':').next().unwrap().parse().unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let target = ScrapeTarget {
            service: "self".to_owned(),
            instance: "self-1".to_owned(),
            address: "localhost:9090".to_owned(),
            path: "/metrics".to_owned(),
        };
        let endpoints = Endpoints { prometheus: address, generator: address, targets: vec![target] };
        let scraper = Scraper::new(&endpoints, &round, Duration::from_secs(10)).unwrap();
        Self { name, _folder: folder, scraper }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        docker(&["rm", "--force", "--volumes", &self.name]);
    }
}

fn readable(path: &std::path::Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn now_ms() -> i64 {
    i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap()
}

fn query(name: &str, promql: &str, quantiles: &[f64]) -> Query {
    Query {
        name: name.to_owned(),
        help: String::new(),
        unit: Unit::Seconds,
        direction: Direction::Lower,
        promql: serde_json::from_value(promql.into()).unwrap(),
        quantiles: quantiles.to_vec(),
        labels: vec!["handler".to_owned()],
        primary: Some(true),
        limit: None,
        quantile_limits: Vec::new(),
        warn: None,
        improvement: None,
        required: false,
        nullable: false,
        muted: None,
        total: None,
        series: Vec::new(),
        decidable: Vec::new(),
    }
}

#[tokio::test]
async fn a_self_scraping_prometheus_is_measured() {
    let server = Server::start();
    let scraper = &server.scraper;
    scraper.wait_true("sum(up) == 1", FOUND).await.unwrap();
    let t0_ms = scraper.boundary(now_ms(), FOUND).await.unwrap();
    let t1_ms = scraper.boundary(t0_ms, FOUND).await.unwrap();
    assert!(t1_ms > t0_ms);
    let window = Window { stage: 0, t0_ms, t1_ms, load_seconds: 1.0 };
    buckets_are_found(scraper, &window).await;
    shares_know_of_how_many_they_are(scraper, &window).await;
    a_restless_round_is_invalid_only_for_its_faults(scraper, &window).await;
    a_clock_that_was_set_back_hangs_nothing(scraper).await;
}

/// The bucket of a quantile holds its value, in whatever unit that is.
async fn buckets_are_found(scraper: &Scraper, window: &Window) {
    let histogram = "sum by (le, handler) (prometheus_http_request_duration_seconds_bucket{ {{selector}} } @ {{t1}})";
    let queries = [
        query("seconds", &format!("histogram_quantile({{{{quantile}}}}, {histogram}) > 0"), &[0.5, 0.9]),
        query("thousands", &format!("1000 * histogram_quantile(0.9, {histogram}) > 0"), &[]),
        query("mean", "sum by (handler) (prometheus_http_request_duration_seconds_sum{ {{selector}} })", &[]),
    ];
    let found = collect(scraper, &queries, &[*window], &PrometheusSettings::default()).await.unwrap();
    assert!(found.missing.is_empty(), "{:?}", found.missing);
    let of = |name: &'static str| found.measurements.iter().filter(move |one| one.key.query == name);
    assert!(of("seconds").count() >= 2 && of("thousands").count() >= 1 && of("mean").count() >= 1, "{found:?}");
    for one in of("seconds").chain(of("thousands")) {
        let bucket = one.bucket.unwrap_or_else(|| panic!("{one:?}"));
        let holds = one.value >= bucket.lower - 1e-9 && bucket.upper.is_none_or(|upper| one.value <= upper + 1e-9);
        assert!(holds, "{one:?}");
    }
    assert!(of("mean").all(|one| one.bucket.is_none()));
}

/// By the labels of their series; a total that fits none is told, and the shares are kept.
async fn shares_know_of_how_many_they_are(scraper: &Scraper, window: &Window) {
    let requests = "sum by (handler) (prometheus_http_requests_total{ {{selector}} } @ {{t1}})";
    let share = |name: &str, total: &str| Query {
        total: Some(serde_json::from_value(total.into()).unwrap()),
        unit: Unit::Ratio,
        ..query(name, &format!("0 * {requests}"), &[])
    };
    let queries = [
        share("known", requests),
        query("plain", &format!("0 * {requests}"), &[]),
        share("whole", "sum(prometheus_http_requests_total{ {{selector}} } @ {{t1}})"),
        share("silent", "nothing_of_the_kind"),
        share(
            "several",
            "{ __name__=~\"prometheus_http_(requests_total|response_size_bytes_count)\",{{selector}} } @ {{t1}}",
        ),
    ];
    let found = collect(scraper, &queries, &[*window], &PrometheusSettings::default()).await.unwrap();
    let of = |name: &'static str| found.measurements.iter().filter(move |one| one.key.query == name);
    let asked = &of("known").find(|one| one.key.labels["handler"] == "/api/v1/query").unwrap().total;
    let asked = asked.expect("a share of so many queries");
    assert!(asked >= 1.0 && asked.fract() == 0.0, "{asked}");
    assert!(of("known").all(|one| one.total.is_some() && one.value == 0.0));
    for name in ["plain", "whole", "silent", "several"] {
        assert!(
            of(name).count() == of("known").count() && of(name).all(|one| one.total.is_none()),
            "{name}: {found:?}"
        );
    }
    let reasons: Vec<_> = found.missing.iter().map(|one| (one.query.as_str(), one.reason.as_str())).collect();
    let expected = [
        ("whole", "its `total` fits none of its series: both must keep the same labels"),
        ("silent", "its `total`: it gave nothing"),
        ("several", "its `total`: it gave several values for a series; aggregate them by the labels of the query"),
    ];
    assert_eq!(reasons, expected);
}

/// Nothing of it went back; what is not there was never scraped.
async fn a_restless_round_is_invalid_only_for_its_faults(scraper: &Scraper, window: &Window) {
    let load: LoadRecord = samples::load_record();
    let held = |from_ms| Held {
        windows: &[],
        span: Span { from_ms, to_ms: window.t1_ms },
        load: &load,
        interval: INTERVAL,
        max_lag: Duration::from_secs(1),
        request_count: None,
    };
    let found = find_faults(scraper, held(window.t0_ms)).await.unwrap();
    assert_eq!((found.faults, found.notes), (vec![], vec![]));
    // Before its start there were no scrapes.
    let early = find_faults(scraper, held(window.t0_ms - 60_000)).await.unwrap().faults;
    assert_eq!(early.len(), 1, "{early:?}");
    assert!(early[0].to_string().starts_with("no scrape of self-1 for "), "{early:?}");
}

/// As if the load had ended in an hour: no scrape will be later for a long time, and the wait ends by its own limit.
async fn a_clock_that_was_set_back_hangs_nothing(scraper: &Scraper) {
    let limit = Duration::from_millis(500);
    let waited = tokio::time::timeout(FOUND, scraper.boundary(now_ms() + 3_600_000, limit)).await;
    let error = waited.expect("it ends").unwrap_err();
    assert!(matches!(&error, MeasureError::NotScraped { .. }), "{error}");
    assert!(error.to_string().contains("self-1 (http://localhost:9090/metrics) was not scraped again"), "{error}");
}
