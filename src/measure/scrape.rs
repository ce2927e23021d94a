//! Waiting for scrapes: that every target is scraped, and the bounds of windows.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::error::MeasureError;
use crate::domain::flow::{Endpoints, RoundId, ScrapeTarget};
use crate::prometheus::{Answer, Prometheus, Sample};

/// How often Prometheus is asked while waiting.
const POLL: Duration = Duration::from_millis(50);

/// A round's Prometheus with the targets that it must scrape.
#[derive(Clone)]
pub struct Scraper {
    pub(super) prometheus: Prometheus,
    pub(super) selector: String,
    pub(super) targets: Vec<ScrapeTarget>,
}

impl Scraper {
    /// The Prometheus of a stack that is up; `query_limit` bounds each call.
    ///
    /// # Errors
    /// The client can't be built.
    pub fn new(endpoints: &Endpoints, round: &RoundId, query_limit: Duration) -> Result<Self, MeasureError> {
        let address: SocketAddr = endpoints.prometheus;
        let prometheus = Prometheus::new(address, query_limit)?;
        Ok(Self { prometheus, selector: round.selector(), targets: endpoints.targets.clone() })
    }

    /// The Prometheus over the samples that were kept of a round: nothing is scraped.
    ///
    /// # Errors
    /// The client can't be built.
    pub fn over_kept(address: SocketAddr, round: &RoundId, query_limit: Duration) -> Result<Self, MeasureError> {
        let prometheus = Prometheus::new(address, query_limit)?;
        Ok(Self { prometheus, selector: round.selector(), targets: Vec::new() })
    }

    /// Waits until an expression answers something other than 0.
    ///
    /// # Errors
    /// It does not within `limit`, or is refused.
    pub async fn wait_true(&self, promql: &str, limit: Duration) -> Result<(), MeasureError> {
        let deadline = Instant::now() + limit;
        loop {
            let answer = match self.prometheus.query(promql, None).await {
                Ok(answer) if is_true(&answer) => return Ok(()),
                Ok(answer) => format!("{answer:?}"),
                // It may not listen yet.
                Err(crate::prometheus::PrometheusError::Request { operation, .. }) => format!("failed to {operation}"),
                Err(error) => return Err(error.into()),
            };
            if Instant::now() > deadline {
                return Err(MeasureError::NotTrue { promql: promql.to_owned(), limit, answer });
            }
            sleep(POLL).await;
        }
    }

    /// The present by the clock of Prometheus, in milliseconds since the Unix epoch: what its scrapes are compared
    /// with. This process may be on another clock.
    ///
    /// # Errors
    /// It does not answer within `limit`.
    pub async fn now_ms(&self, limit: Duration) -> Result<i64, MeasureError> {
        let deadline = Instant::now() + limit;
        loop {
            match self.prometheus.query("time()", None).await {
                Ok(answer) => return time_of(&answer).ok_or(MeasureError::NoTime { answer: format!("{answer:?}") }),
                Err(error) if Instant::now() > deadline => return Err(error.into()),
                // It may not listen yet.
                Err(_) => sleep(POLL).await,
            }
        }
    }

    /// The first time, in milliseconds since the Unix epoch, at which every target has been scraped with success
    /// by a scrape that began after `quiet_since_ms`.
    ///
    /// # Errors
    /// A target is not scraped within `limit`.
    pub async fn boundary(&self, quiet_since_ms: i64, limit: Duration) -> Result<i64, MeasureError> {
        let deadline = Instant::now() + limit;
        loop {
            let scrapes = self.scrapes().await;
            let late = match &scrapes {
                Ok(scrapes) => late_targets(&self.targets, scrapes, quiet_since_ms),
                Err(_) => Vec::new(),
            };
            match scrapes {
                Ok(scrapes) if late.is_empty() => {
                    return Ok(scrapes.values().map(|scrape| scrape.at_ms).max().unwrap_or(quiet_since_ms));
                }
                Ok(_) if Instant::now() > deadline => return Err(self.not_scraped(&late, limit).await),
                Err(error) if Instant::now() > deadline => return Err(error),
                Ok(_) | Err(_) => sleep(POLL).await,
            }
        }
    }

    /// With what Prometheus itself says of each target.
    async fn not_scraped(&self, late: &[Late<'_>], limit: Duration) -> MeasureError {
        let errors = self.prometheus.scrape_errors().await.unwrap_or_default();
        let describe = |late: &Late<'_>| {
            let Late { target, what } = late;
            let why = errors.get(&target.instance).map_or_else(String::new, |error| format!(": {error}"));
            format!("{} (http://{}{}) {what}{why}", target.instance, target.address, target.path)
        };
        let targets = late.iter().map(describe).collect::<Vec<_>>().join("; ");
        MeasureError::NotScraped { targets, limit }
    }

    /// Keeps all samples so far in a snapshot on the server's disk; its name is the answer.
    ///
    /// # Errors
    /// Prometheus refuses or does not answer.
    pub async fn snapshot(&self) -> Result<String, MeasureError> {
        Ok(self.prometheus.snapshot().await?)
    }

    /// The last scrape of each target, by service and instance.
    async fn scrapes(&self) -> Result<BTreeMap<(String, String), Scrape>, MeasureError> {
        let up = format!("up{{{}}}", self.selector);
        let at = format!("timestamp({up})");
        let (at, up) = tokio::try_join!(self.prometheus.query(&at, None), self.prometheus.query(&up, None))?;
        let mut scrapes = BTreeMap::new();
        for sample in samples(at) {
            scrapes.insert(key(&sample), Scrape { at_ms: milliseconds(sample.value), up: false });
        }
        for sample in samples(up) {
            if let Some(scrape) = scrapes.get_mut(&key(&sample)) {
                scrape.up = sample.value == 1.0;
            }
        }
        Ok(scrapes)
    }
}

/// Prometheus gives seconds as a float; its times are whole milliseconds.
fn milliseconds(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}

/// What `time()` answered: a scalar; nothing else is a time.
fn time_of(answer: &Answer) -> Option<i64> {
    match answer {
        Answer::Scalar(seconds) => Some(milliseconds(*seconds)),
        Answer::Vector(_) | Answer::Matrix => None,
    }
}

#[derive(Clone, Copy, Debug)]
struct Scrape {
    at_ms: i64,
    up: bool,
}

fn key(sample: &Sample) -> (String, String) {
    let label = |name: &str| sample.labels.get(name).cloned().unwrap_or_default();
    (label("service"), label("instance"))
}

pub(super) fn samples(answer: Answer) -> Vec<Sample> {
    match answer {
        Answer::Vector(samples) => samples,
        Answer::Scalar(_) | Answer::Matrix => Vec::new(),
    }
}

fn is_true(answer: &Answer) -> bool {
    match answer {
        Answer::Vector(samples) => !samples.is_empty() && samples.iter().all(|sample| sample.value != 0.0),
        Answer::Scalar(value) => *value != 0.0,
        Answer::Matrix => false,
    }
}

/// A target without a scrape that would do.
#[derive(Debug)]
struct Late<'a> {
    target: &'a ScrapeTarget,
    what: &'static str,
}

fn late_targets<'a>(
    targets: &'a [ScrapeTarget],
    scrapes: &BTreeMap<(String, String), Scrape>,
    quiet_since_ms: i64,
) -> Vec<Late<'a>> {
    let late = |target: &'a ScrapeTarget| {
        let what = match scrapes.get(&(target.service.clone(), target.instance.clone())) {
            None => "was never scraped",
            Some(scrape) if !scrape.up => "can't be scraped",
            Some(scrape) if scrape.at_ms <= quiet_since_ms => "was not scraped again",
            Some(_) => return None,
        };
        Some(Late { target, what })
    };
    targets.iter().filter_map(late).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(instance: &str) -> ScrapeTarget {
        ScrapeTarget {
            service: "shop".to_owned(),
            instance: instance.to_owned(),
            address: "shop:8080".to_owned(),
            path: "/metrics".to_owned(),
        }
    }

    #[test]
    fn a_boundary_needs_every_target_up_and_scraped_after_the_quiet_began() {
        let targets = [target("shop-1"), target("shop-2"), target("shop-3"), target("shop-4")];
        let scrape = |name: &str, at_ms, up| (("shop".to_owned(), name.to_owned()), Scrape { at_ms, up });
        let scrapes =
            BTreeMap::from([scrape("shop-1", 101, true), scrape("shop-2", 100, true), scrape("shop-3", 101, false)]);
        let late = late_targets(&targets, &scrapes, 100);
        let seen: Vec<_> = late.iter().map(|late| (late.target.instance.as_str(), late.what)).collect();
        assert_eq!(
            seen,
            [("shop-2", "was not scraped again"), ("shop-3", "can't be scraped"), ("shop-4", "was never scraped")]
        );
    }

    #[test]
    fn a_condition_is_true_when_all_its_samples_are() {
        let sample = |value| Sample { labels: BTreeMap::new(), value };
        assert!(is_true(&Answer::Vector(vec![sample(1.0), sample(2.0)])));
        assert!(!is_true(&Answer::Vector(vec![sample(1.0), sample(0.0)])));
        assert!(!is_true(&Answer::Vector(vec![])));
        assert!(is_true(&Answer::Scalar(1.0)) && !is_true(&Answer::Scalar(0.0)));
    }
}
