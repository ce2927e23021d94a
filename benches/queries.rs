//! 200 queries over a window: asked as a round asks them, and one after the other, in turn.
//!
//! Arguments: a run's folder of kept samples (`.../runs/RUN`), the round's window as `T0_MS:T1_MS`, the image of
//! Prometheus, and how many turns. Prints one line a turn: seconds of ours, seconds one after the other.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for scripts/bench.sh")]

use std::path::Path;
use std::time::{Duration, Instant};

use loadmark::docker::Engine;
use loadmark::domain::flow::RoundId;
use loadmark::domain::ids::{InstanceId, RunId};
use loadmark::domain::query::Query;
use loadmark::domain::run::{Arm, Window};
use loadmark::domain::settings::PrometheusSettings;
use loadmark::host;
use loadmark::measure::{Collected, Scraper, collect};
use loadmark::stack::{HostReader, Stacks};
use serde_json::json;

/// The forms that shipped query sets have, over the metrics of the service that the tests measure.
const FORMS: [&str; 5] = [
    "histogram_quantile(0.5, sum by (le, endpoint) (D(http_request_duration_seconds_bucket)))",
    "histogram_quantile(0.99, sum by (le, endpoint) (D(http_request_duration_seconds_bucket)))",
    "sum by (endpoint) (D(http_request_duration_seconds_sum)) / sum by (endpoint) (D(http_request_duration_seconds_count))",
    "sum by (endpoint) (D(http_requests_total)) / {{load_seconds}}",
    "sum by (request) (D(loadmark_load_scheduled_total))",
];
const QUERIES: usize = 200;
const LIMIT: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [folder, window, image, turns] = arguments.as_slice() else {
        panic!("FOLDER T0:T1 IMAGE TURNS, not {arguments:?}")
    };
    let run: RunId = Path::new(folder).file_name().unwrap().to_str().unwrap().parse().unwrap();
    let archive = std::fs::read(Path::new(folder).join("round-1/tsdb.tar.gz")).unwrap();
    let reader = HostReader { container: host::container_usage, counters: host::counters };
    let stacks = Stacks::new(Engine::connect().await.unwrap(), InstanceId::random(), reader);
    let round = RoundId {
        instance: stacks.instance(),
        run,
        round: 1,
        attempt: 1,
        arm: Arm::Candidate,
        revision: "0".repeat(40).parse().unwrap(),
    };
    let samples = stacks.open_samples(image, &round, archive).await;
    let measured = match &samples {
        Ok(samples) => {
            let scraper = Scraper::over_kept(samples.address(), &round, LIMIT).unwrap();
            measure(&scraper, read_window(window), turns.parse().unwrap()).await
        }
        Err(error) => Err(error.to_string()),
    };
    stacks.remove_run(run).await.unwrap();
    measured.unwrap();
}

async fn measure(scraper: &Scraper, window: Window, turns: u32) -> Result<(), String> {
    scraper.wait_true("vector(1)", LIMIT).await.map_err(|error| error.to_string())?;
    let queries: Vec<Query> = (0..QUERIES).map(query).collect();
    let ours = PrometheusSettings::default();
    let one_by_one = PrometheusSettings { concurrency: 1, ..ours.clone() };
    // The first time, the server reads the samples from its disk.
    collect(scraper, &queries, &[window], &one_by_one).await.map_err(|error| error.to_string())?;
    for _ in 0..turns {
        let mut seconds = Vec::new();
        for settings in [&ours, &one_by_one] {
            let began = Instant::now();
            let collected = collect(scraper, &queries, &[window], settings).await.map_err(|error| error.to_string())?;
            seconds.push(began.elapsed().as_secs_f64());
            check(&collected)?;
        }
        println!("{:.4} {:.4}", seconds[0], seconds[1]);
    }
    Ok(())
}

/// A query that answers nothing would be answered fast.
fn check(collected: &Collected) -> Result<(), String> {
    match collected.missing.first() {
        None if collected.measurements.len() >= QUERIES => Ok(()),
        None => Err(format!("{QUERIES} queries gave {} values", collected.measurements.len())),
        Some(missing) => Err(format!("{}: {}", missing.query, missing.reason)),
    }
}

fn query(number: usize) -> Query {
    let form = FORMS[number % FORMS.len()];
    serde_json::from_value(json!({
        "name": format!("query_{number}"), "help": "", "unit": "seconds", "direction": "lower",
        "promql": format!("{form} + {number}"), "quantiles": [], "labels": ["endpoint", "request"], "primary": false,
        "limit": null, "quantile_limits": [],
    }))
    .unwrap()
}

fn read_window(text: &str) -> Window {
    let (t0, t1) = text.split_once(':').unwrap();
    let (t0_ms, t1_ms): (i64, i64) = (t0.parse().unwrap(), t1.parse().unwrap());
    Window { stage: 0, t0_ms, t1_ms, load_seconds: (t1_ms - t0_ms) as f64 / 1000.0 }
}
