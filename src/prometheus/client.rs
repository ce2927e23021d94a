//! The client: instant queries at a time in milliseconds, and TSDB snapshots.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use prometheus_http_query::response::{ActiveTarget, Data, MetricMetadata, MetricType, RangeVector};
use prometheus_http_query::{Client, Error};
use serde::Deserialize;

use super::error::PrometheusError;

/// A Prometheus server.
#[derive(Clone)]
pub struct Prometheus {
    client: Client,
    address: SocketAddr,
    limit: Duration,
}

/// One sample of an instant vector.
#[derive(Clone, PartialEq, Debug)]
pub struct Sample {
    /// All labels, `__name__` among them.
    pub labels: BTreeMap<String, String>,
    /// NaN and infinities included, as Prometheus gave it.
    pub value: f64,
}

/// One series of a range vector.
#[derive(Clone, PartialEq, Debug)]
pub struct Track {
    /// All labels, `__name__` among them.
    pub labels: BTreeMap<String, String>,
    /// Times in milliseconds since the Unix epoch, with values; in order.
    pub points: Vec<(i64, f64)>,
}

/// What kind a metric is, by its target's word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MetricKind {
    /// It only grows.
    Counter,
    /// Its buckets and its count only grow.
    Histogram,
    /// Its count only grows.
    Summary,
    /// It may go either way.
    Other,
    /// Its target does not say.
    Unknown,
}

/// What an instant query gave.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    /// Samples; possibly none.
    Vector(Vec<Sample>),
    /// A number without labels.
    Scalar(f64),
    /// A range vector: no answer to an instant query of ours.
    Matrix,
}

impl Prometheus {
    /// A server at an address; nothing is sent yet. Each call may take `limit`.
    ///
    /// # Errors
    /// The HTTP client can't be built.
    pub fn new(address: SocketAddr, limit: Duration) -> Result<Self, PrometheusError> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| PrometheusError::Request {
            operation: format!("set up a client for Prometheus at {address}"),
            source,
        };
        let http = reqwest::Client::builder().no_proxy().timeout(limit).build().map_err(|e| failed(e.into()))?;
        let client = Client::from(http, &format!("http://{address}")).map_err(|e| failed(e.into()))?;
        Ok(Self { client, address, limit })
    }

    /// Asks an expression at a time, in milliseconds since the Unix epoch; none: now.
    ///
    /// # Errors
    /// It is refused, or the server does not answer.
    pub async fn query(&self, promql: &str, at_ms: Option<i64>) -> Result<Answer, PrometheusError> {
        self.ask(promql, at_ms).await.map(answer)
    }

    async fn ask(&self, promql: &str, at_ms: Option<i64>) -> Result<Data, PrometheusError> {
        let limit = i64::try_from(self.limit.as_millis()).unwrap_or(i64::MAX);
        let mut request = self.client.query(promql).timeout(limit);
        if let Some(at_ms) = at_ms {
            // `at` takes whole seconds only.
            request = request.query("time", format!("{}.{:03}", at_ms.div_euclid(1000), at_ms.rem_euclid(1000)));
        }
        match request.post().await {
            Ok(result) => Ok(result.into_inner().0),
            Err(Error::Prometheus(error)) => {
                Err(PrometheusError::Refused { promql: promql.to_owned(), message: error.to_string() })
            }
            Err(error) if has_other_shape(&error) => {
                let message = "its answer holds no plain numbers, but native histograms or a text".to_owned();
                Err(PrometheusError::Refused { promql: promql.to_owned(), message })
            }
            Err(error) => Err(self.failed("ask", error)),
        }
    }

    /// Every sample of a range vector, `metric[30s]`, that ends at a time in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// It is refused, or the server does not answer.
    pub async fn tracks(&self, promql: &str, at_ms: i64) -> Result<Vec<Track>, PrometheusError> {
        match self.ask(promql, Some(at_ms)).await? {
            Data::Matrix(series) => Ok(series.into_iter().map(track).collect()),
            Data::Vector(_) | Data::Scalar(_) => Ok(Vec::new()),
        }
    }

    /// The kinds of the metrics that are scraped, by name; of several where targets disagree.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn metric_kinds(&self) -> Result<BTreeMap<String, Vec<MetricKind>>, PrometheusError> {
        let found = self.client.metric_metadata().get().await;
        let found = found.map_err(|error| self.failed("ask for the metadata of", error))?;
        // An entry for each text of help: those of one kind are one.
        let kinds = |metadata: Vec<MetricMetadata>| {
            let mut kinds: Vec<MetricKind> = metadata.iter().map(|one| kind(one.metric_type())).collect();
            kinds.dedup();
            kinds
        };
        Ok(found.into_iter().map(|(name, metadata)| (name, kinds(metadata))).collect())
    }

    /// The last error of each target that has one, by its label `instance`.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn scrape_errors(&self) -> Result<BTreeMap<String, String>, PrometheusError> {
        let targets = self.client.targets(None).await.map_err(|error| self.failed("list the targets of", error))?;
        let error_of = |target: &ActiveTarget| {
            let instance = target.labels().get("instance")?.clone();
            (!target.last_error().is_empty()).then(|| (instance, target.last_error().to_owned()))
        };
        Ok(targets.active().iter().filter_map(error_of).collect())
    }

    /// Writes all samples, the newest included, to a snapshot; its folder's name under `snapshots/` is the answer.
    /// The server must run with `--web.enable-admin-api`.
    ///
    /// # Errors
    /// The server refuses or does not answer.
    pub async fn snapshot(&self) -> Result<String, PrometheusError> {
        #[derive(Deserialize)]
        struct Reply {
            data: Name,
        }
        #[derive(Deserialize)]
        struct Name {
            name: String,
        }
        let url = format!("http://{}/api/v1/admin/tsdb/snapshot", self.address);
        let sent = self.client.inner().post(url).send().await.and_then(reqwest::Response::error_for_status);
        let reply = match sent {
            Ok(response) => response.json::<Reply>().await,
            Err(error) => Err(error),
        };
        reply.map(|reply| reply.data.name).map_err(|error| self.failed("take a snapshot of", error))
    }

    fn failed(&self, verb: &str, error: impl std::error::Error + Send + Sync + 'static) -> PrometheusError {
        PrometheusError::Request {
            operation: format!("{verb} Prometheus at {}", self.address),
            source: Box::new(error),
        }
    }
}

/// Whether an answer came whole, as JSON that the client has no type for.
fn has_other_shape(error: &Error) -> bool {
    let of_request = std::error::Error::source(error);
    of_request.and_then(std::error::Error::source).is_some_and(<dyn std::error::Error>::is::<serde_json::Error>)
}

fn answer(data: Data) -> Answer {
    match data {
        Data::Vector(samples) => Answer::Vector(
            samples
                .into_iter()
                .map(|sample| {
                    let (labels, sample) = sample.into_inner();
                    Sample { labels: labels.into_iter().collect(), value: sample.value() }
                })
                .collect(),
        ),
        Data::Scalar(sample) => Answer::Scalar(sample.value()),
        Data::Matrix(_) => Answer::Matrix,
    }
}

fn track(series: RangeVector) -> Track {
    let (labels, samples) = series.into_inner();
    // Seconds as a float; Prometheus' times are whole milliseconds.
    let point = |sample: &prometheus_http_query::response::Sample| {
        ((sample.timestamp() * 1000.0).round() as i64, sample.value())
    };
    Track { labels: labels.into_iter().collect(), points: samples.iter().map(point).collect() }
}

fn kind(named: MetricType) -> MetricKind {
    match named {
        MetricType::Counter => MetricKind::Counter,
        MetricType::Histogram => MetricKind::Histogram,
        MetricType::Summary => MetricKind::Summary,
        MetricType::Gauge | MetricType::GaugeHistogram | MetricType::Info | MetricType::Stateset => MetricKind::Other,
        MetricType::Unknown => MetricKind::Unknown,
    }
}
