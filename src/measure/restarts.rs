//! Whether a counter went back, or a process started anew, between two times.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::try_join;

use super::error::MeasureError;
use super::scrape::{Scraper, samples};
use super::validity::Span;
use crate::domain::fault::Fault;
use crate::prometheus::{MetricKind, Sample};

/// Linux computes the start of a process from a boot time that may jump by a second as the clock is slewed.
const START_JITTER_SECONDS: f64 = 1.5;
/// How much of a window is searched for resets at a time.
const SCRAPES_A_QUESTION: u32 = 100;

pub(super) async fn faults(scraper: &Scraper, span: Span, interval: Duration) -> Result<Vec<Fault>, MeasureError> {
    let (prometheus, length) = (&scraper.prometheus, span.length(interval));
    let kinds = prometheus.metric_kinds().await?;
    let started = format!("process_start_time_seconds{{{}}}[{length}]", scraper.selector);
    let moved = format!("max_over_time({started}) - min_over_time({started}) > {START_JITTER_SECONDS}");
    let counters = counters(&kinds, &scraper.selector);
    let (reset, moved) = try_join!(count_resets(scraper, &counters, span, interval), async {
        Ok(prometheus.query(&moved, Some(span.to_ms)).await?)
    })?;
    let reset = reset.into_iter().map(|(target, counters)| Fault::CountersReset { target, counters });
    let moved =
        samples(moved).iter().map(|sample| Fault::ProcessRestarted { target: target(sample) }).collect::<Vec<_>>();
    Ok(moved.into_iter().chain(reset).collect())
}

fn target(sample: &Sample) -> String {
    sample.labels.get("instance").cloned().unwrap_or_default()
}

/// How often counters of each target went back. Asked part by part: a server bounds how many samples a question may
/// touch, and a window may last a day.
async fn count_resets(
    scraper: &Scraper,
    counters: &str,
    span: Span,
    interval: Duration,
) -> Result<BTreeMap<String, u64>, MeasureError> {
    let mut found = BTreeMap::new();
    for part in span.parts(interval.saturating_mul(SCRAPES_A_QUESTION)) {
        let (promql, at_ms) = resets(counters, part, interval);
        for sample in samples(scraper.prometheus.query(&promql, Some(at_ms)).await?) {
            *found.entry(target(&sample)).or_default() += sample.value as u64;
        }
    }
    Ok(found)
}

/// How many counters of each target went back, and the time at which to ask. `resets` drops the metrics' names, without
/// which series of one target are alike, so they are kept in a label; that takes a subquery. At half the interval it
/// sees every scrape, and asked a step late, the last one too.
fn resets(counters: &str, span: Span, interval: Duration) -> (String, i64) {
    let step = (interval / 2).max(Duration::from_millis(1));
    let step_ms = i64::try_from(step.as_millis()).unwrap_or(i64::MAX);
    let later = Span { to_ms: span.to_ms.saturating_add(step_ms), ..span };
    let length = later.length(interval);
    let named = format!("label_replace({{{counters}}}, \"loadmark_metric\", \"$1\", \"__name__\", \"(.+)\")");
    (format!("count by (instance) (resets({named}[{length}:{step_ms}ms]) > 0)"), later.to_ms)
}

/// Matchers for every counter of a round: those that their targets declare, and those without a word that are named
/// like one.
fn counters(kinds: &BTreeMap<String, Vec<MetricKind>>, selector: &str) -> String {
    let (mut grow, mut may_fall) = (vec![".+_total".to_owned(), ".+_bucket".to_owned()], Vec::new());
    for (name, kinds) in kinds {
        match kinds.as_slice() {
            // OpenMetrics' counters are declared without the suffix that their samples have.
            [MetricKind::Counter] if !name.ends_with("_total") => grow.push(format!("{name}(_total)?")),
            [MetricKind::Histogram | MetricKind::Summary] => grow.push(format!("{name}_count")),
            [MetricKind::Counter | MetricKind::Unknown] => {}
            _ if name.ends_with("_total") || name.ends_with("_bucket") => may_fall.push(name.clone()),
            _ => {}
        }
    }
    let but = if may_fall.is_empty() { String::new() } else { format!(",__name__!~\"{}\"", may_fall.join("|")) };
    format!("__name__=~\"{}\"{but},{selector}", grow.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_grows_is_asked_for_by_its_declared_kind() {
        let kinds = [
            ("requests_total", vec![MetricKind::Counter]),
            ("loadmark_requests", vec![MetricKind::Counter]),
            ("latency_seconds", vec![MetricKind::Histogram]),
            ("thread_count", vec![MetricKind::Other]),
            ("memory_total", vec![MetricKind::Other]),
            ("disputed_total", vec![MetricKind::Counter, MetricKind::Other]),
            ("plain_total", vec![MetricKind::Unknown]),
        ];
        let kinds = kinds.map(|(name, kinds)| (name.to_owned(), kinds)).into();
        assert_eq!(
            counters(&kinds, "run=\"r\""),
            "__name__=~\".+_total|.+_bucket|latency_seconds_count|loadmark_requests(_total)?\",\
             __name__!~\"disputed_total|memory_total\",run=\"r\""
        );
    }
}
